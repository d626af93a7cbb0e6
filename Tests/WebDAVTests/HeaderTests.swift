import Testing
import WebDAV

@Suite("Depth header field, RFC 4918 §10.2")
struct DepthTests {
    @Test(
        arguments: [
            ("0", .zero), ("1", .one), ("infinity", .infinity), ("Infinity", .infinity), ("2", nil),
            ("", nil),
        ] as [(String, Depth?)])
    func read(field: String, depth: Depth?) {
        #expect(Depth(headerField: field) == depth)
    }
}

@Suite("If-Match and If-None-Match, RFC 9110 §13.1")
struct EntityTagListTests {
    @Test(
        "tags lose quotes, weakness and what a compressing web server added",
        arguments: [
            ("*", .any), (" * ", .any), ("\"a\"", .tags(["a"])),
            ("\"a\", W/\"b\",\"c,d\"", .tags(["a", "b", "c,d"])),
            ("\"a-gzip\"", .tags(["a"])), ("W/\"a;gzip\"", .tags(["a"])),
            ("\"a-br\"", .tags(["a"])),
            ("abc", .tags(["abc"])), ("\"-gzip\"", .tags(["-gzip"])), ("\"a", .tags(["a"])),
            ("", .tags([])), ("\"\"", .tags([""])),
        ] as [(String, EntityTagList)])
    func read(field: String, list: EntityTagList) {
        #expect(EntityTagList(headerField: field) == list)
    }
}

@Suite("Basic credentials, RFC 7617")
struct BasicCredentialsTests {
    @Test(
        "name and password are split at the first colon",
        arguments: [
            ("Basic YW5uYTpzZWNyZXQ=", "anna", "secret"),
            ("basic  YW5uYTpzZWNyZXQ", "anna", "secret"),
            ("Basic YW5uYTphOmI6", "anna", "a:b:"),
            ("Basic YW5uYTo=", "anna", ""),
        ])
    func split(field: String, name: String, password: String) {
        let credentials = BasicCredentials(headerField: field)
        #expect(credentials?.name == name)
        #expect(credentials?.password == Array(password.utf8))
    }

    @Test("UTF-8 as it is; other bytes are taken for Latin-1")
    func charset() {
        // "j\u{FC}rgen:\u{E4}" in UTF-8, then in Latin-1.
        for field in ["Basic asO8cmdlbjrDpA==", "Basic avxyZ2VuOuQ="] {
            let credentials = BasicCredentials(headerField: field)
            #expect(credentials?.name == "j\u{FC}rgen")
            #expect(credentials?.password == Array("\u{E4}".utf8))
        }
    }

    @Test(
        "anything else is no credentials",
        arguments: [
            "", "Basic", "Basic ", "Bearer YW5uYTpzZWNyZXQ=", "Basic YW5uYQ==", "Basic !!!!",
            "Basic OnNlY3JldA==", "Basic YQBhOmI=",
        ])
    func refused(field: String) {
        #expect(BasicCredentials(headerField: field) == nil)
    }
}

@Suite("Prefer, RFC 8144, and Brief")
struct PreferencesTests {
    @Test(arguments: [
        ("prefer", "return=minimal", true), ("prefer", "respond-async, return=minimal", true),
        ("prefer", "return-minimal", true), ("brief", "t", true), ("brief", "T", true),
        ("brief", "f", false), ("prefer", "return=representation", false),
    ])
    func minimal(name: String, value: String, isMinimal: Bool) {
        var fields = HeaderFields()
        fields.append(name: name, value: value)
        #expect(Preferences(fields).isMinimal == isMinimal)
    }
}

@Suite("Sync tokens, RFC 6578 §4, in the form that Nextcloud's federation takes")
struct SyncTokenTests {
    @Test(
        arguments: [
            ("http://sabre.io/ns/sync/0", 0), ("http://sabre.io/ns/sync/15", 15),
            ("http://sabre.io/ns/sync/2147483647", 2_147_483_647),
        ] as [(String, Int64)])
    func ours(text: String, revision: Int64) {
        #expect(SyncToken(text)?.revision == revision)
        #expect(SyncToken(revision: revision).text == text)
    }

    @Test(arguments: [
        "", "15", "http://sabre.io/ns/sync/", "http://sabre.io/ns/sync/-1",
        "http://sabre.io/ns/sync/+1", "http://sabre.io/ns/sync/2147483648",
        "http://sabre.io/ns/sync/99999999999999999999", "http://sabre.io/ns/sync/1a",
        "http://sabre.io/ns/sync/\u{0661}",
    ])
    func foreign(text: String) {
        #expect(SyncToken(text) == nil)
    }
}

@Suite("Dates in fields and properties")
struct TimestampTests {
    @Test(
        arguments: [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT", "2000-02-28T23:59:59Z"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00Z"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"),
            (.max, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"),
            (.min, "Mon, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00Z"),
        ] as [(Int64, String, String)])
    func written(seconds: Int64, http: String, iso: String) {
        #expect(Timestamp.httpDate(seconds) == http)
        #expect(Timestamp.iso8601(seconds) == iso)
        let whole = min(max(seconds, -62_135_596_800), 253_402_300_799)
        #expect(Timestamp.seconds(ofHTTPDate: http) == whole)
    }

    @Test(
        "the two forms of old are read too, and nothing else is",
        arguments: [
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("", nil), ("now", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil),
            ("Sun, 06 Nov 1994 24:00:00 GMT", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil),
            ("Sun, 06 Nov 99999999999999999999 08:49:37 GMT", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil),
        ] as [(String, Int64?)])
    func read(text: String, seconds: Int64?) {
        #expect(Timestamp.seconds(ofHTTPDate: text) == seconds)
    }
}
