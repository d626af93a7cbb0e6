import Outgoing
import Testing

@Suite("Addresses of other servers, RFC 3986")
struct AddressTests {
    @Test(arguments: [
        ("https://Cloud.Example.org", "https://cloud.example.org/"),
        ("https://h:8443/a b/ü?x#y", "https://h:8443/a%20b/%C3%BC"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1/x"),
        ("https://[::1]:5232/x/", "https://[::1]:5232/x/"),
    ])
    func read(text: String, address: String) {
        #expect(WebAddress(text)?.text == address)
    }

    @Test(arguments: [
        "ftp://h/", "h", "https://", "https://u:p@h/", "https://h:0/", "https://h:x/",
    ])
    func refused(text: String) {
        #expect(WebAddress(text) == nil)
    }

    @Test("an href is a path, an address of the same origin, or nothing")
    func resolved() throws {
        let base = try #require(WebAddress("https://h/cal/"))
        #expect(base.resolving("/x/y.ics")?.text == "https://h/x/y.ics")
        #expect(base.resolving(" a%20b.ics\n")?.text == "https://h/cal/a%20b.ics")
        #expect(base.resolving("https://H:443/z")?.text == "https://h/z")
        #expect(base.resolving("https://other/z") == nil)
        #expect(base.resolving("http://h/z") == nil)
        #expect(base.resolving("//evil/z") == nil)
    }

    @Test("one object has one key, however its server writes it")
    func compared() throws {
        let one = try #require(WebAddress("https://h/dav/a%40b/x%2fy.ics"))
        let other = try #require(WebAddress("https://h/dav/a@b/x%2Fy.ics/"))
        #expect(one.comparisonKey == other.comparisonKey)
        let slash = try #require(WebAddress("https://h/dav/a@b/x/y.ics"))
        #expect(one.comparisonKey != slash.comparisonKey)
    }

    @Test(arguments: [
        ("\"a\"", "a"), ("W/\"a\"", "a"), ("\"a-gzip\"", "a"), ("a", "a"), (" \"x\" ", "x"),
        ("\"-gzip\"", "-gzip"),
    ])
    func entityTags(field: String, tag: String) {
        #expect(ETag.normalized(field) == tag)
    }
}
