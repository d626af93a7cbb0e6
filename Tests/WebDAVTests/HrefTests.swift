import Testing
import WebDAV

@Suite("Paths and hrefs, RFC 3986")
struct HrefTests {
    @Test(
        arguments: [
            ("", []), ("/", []), ("a", ["a"]), ("a/", ["a"]), ("a/b", ["a", "b"]),
            ("a%20b", ["a b"]), ("a+b", ["a+b"]), ("%7Ea", ["~a"]),
            ("j%C3%BCrgen", ["j\u{FC}rgen"]),
            ("a%2Fb/c", ["a/b", "c"]), ("a%0A%09b", ["a\n\tb"]), ("a%25b", ["a%b"]), ("@", ["@"]),
        ] as [(String, [String])])
    func decoded(path: String, segments: [String]) throws {
        #expect(try Href.segments(of: path) == segments)
    }

    @Test(
        "what could lead elsewhere is refused with 400",
        arguments: [
            "a//b", "//", "a/../b", "..", "a/.", "%2e%2e/a", "a%00b", "a\nb", "a%1Bb", "a%7Fb",
            "a%", "a%2",
            "a%zz", "a%FF", "a%C0%AF", "a%ED%A0%80",
        ])
    func refused(path: String) {
        #expect { try Href.segments(of: path) } throws: { error in
            (error as? RequestError)?.status == .badRequest
        }
    }

    @Test("the same bytes are always written the same way")
    func encoded() {
        #expect(
            Href.encode(segment: "a b+c@d~e%f/g\u{E4};=") == "a%20b%2Bc@d~e%25f%2Fg%C3%A4%3B%3D")
    }

    @Test(
        "every segment comes back as it was",
        arguments: [
            "a", "a b", "100%", "a/b", "\u{E4}\u{1F600}", "{x}", "a+b", "a?b#c", "e\u{301}",
        ])
    func roundTrip(segment: String) throws {
        let back = try #require(try Href.segments(of: Href.encode(segment: segment)).first)
        #expect(Array(back.utf8) == Array(segment.utf8))
    }

    @Test(
        arguments: [
            ("/a/b", "/a/b"), ("https://example.org/a", "/a"),
            ("HTTP://example.org:8080/a?b", "/a"),
            ("https://example.org", "/"), ("a/b", nil), ("mailto:a@b", nil), ("", nil),
            ("ftp://x/a", nil),
        ] as [(String, String?)])
    func pathOfHref(href: String, path: String?) {
        #expect(Href.path(of: href).map(String.init) == path)
    }

    @Test(
        arguments: [
            ("/c/a/x.ics", "x.ics"), ("/c/a/x%20y.ics", nil), ("/c/a/x+y.ics", nil), ("/c/a/", nil),
            ("/c/a/..", nil), ("/c/a/x/y", nil), ("/c/a/x?y", nil), ("/c/b/x.ics", nil),
            ("http://host/c/a/x.ics", nil),
        ] as [(String, String?)])
    func aPlainSegmentNeedsNoDecoding(path: String, segment: String?) {
        #expect(Href.plainSegment(of: path, behind: Array("/c/a/".utf8)) == segment)
    }
}
