import CalDAV
import Outgoing
import RemoteSync
import Testing
import WebDAV
import XML

@Suite("Answers of other servers")
struct AnswerTests {
    private func multistatus(_ content: String) throws -> RemoteMultistatus {
        let base = try #require(WebAddress("https://h/cal/"))
        let text = "<d:multistatus xmlns:d=\"DAV:\">\(content)</d:multistatus>"
        return try RemoteMultistatus(parsing: Array(text.utf8), from: base, limits: XMLLimits())
    }

    @Test("RFC 4918 §14.24: one response may name several resources by one status")
    func severalHrefs() throws {
        let answer = try multistatus(
            """
            <d:response><d:href>/cal/a.ics</d:href><d:href>/cal/b.ics</d:href>
            <d:status>HTTP/1.1 404 Not Found</d:status></d:response>
            """)
        #expect(answer.resources.map(\.address.path) == ["/cal/a.ics", "/cal/b.ics"])
        #expect(answer.resources.allSatisfy { $0.status == 404 })
    }

    @Test("properties that are not there are none")
    func missingProperties() throws {
        let answer = try multistatus(
            """
            <d:response><d:href>/cal/a.ics</d:href>
            <d:propstat><d:prop><d:getetag>W/"x-gzip"</d:getetag></d:prop>
            <d:status>HTTP/1.1 200 OK</d:status></d:propstat>
            <d:propstat><d:prop><d:resourcetype/></d:prop>
            <d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>
            <d:sync-token>t</d:sync-token>
            """)
        #expect(answer.resources.first?.etag == "x")
        #expect(answer.resources.first?.property(.dav("resourcetype")) == nil)
        #expect(answer.syncToken == "t")
    }

    @Test("a resource of another server is none of the calendar's")
    func foreignOrigin() throws {
        let answer = try multistatus(
            "<d:response><d:href>https://evil/x.ics</d:href></d:response>")
        #expect(answer.resources.isEmpty)
    }

    @Test(
        "what is no multistatus is no answer",
        arguments: [
            "", "<html/>", "<d:multistatus xmlns:d=\"DAV:\"><d:response>", "\u{1}",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><d:multistatus xmlns:d=\"DAV:\"/>",
        ])
    func unintelligible(text: String) throws {
        let base = try #require(WebAddress("https://h/cal/"))
        #expect(throws: RemoteError.self) {
            _ = try RemoteMultistatus(parsing: Array(text.utf8), from: base, limits: XMLLimits())
        }
    }

    @Test(
        "RFC 9110 §10.2.3: seconds or a date",
        arguments: [
            ("120", 120), ("-5", 0), ("99999999", 86_400), ("soon", nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
            ("Sun, 99 Nov 1994 08:48:00 GMT", nil),
        ] as [(String, Int64?)])
    func retryAfter(field: String, seconds: Int64?) {
        let answer = HTTPResponse(status: 503, fields: [("retry-after", field)])
        // 784111777 is the date of RFC 9110 §5.6.7.
        #expect(answer.retryAfter(now: 784_111_777 - 37) == seconds)
    }
}

@Suite("Secrets in a database")
struct SecretTests {
    private let key = SecretKey([UInt8](repeating: 7, count: 32))

    @Test("what was sealed opens with the same key, for the same account", arguments: ["", "pä$$"])
    func opens(secret: String) throws {
        let key = try #require(key)
        let sealed = SealedSecret.seal(secret, key: key, context: "c")
        #expect(try SealedSecret.open(sealed, key: key, context: "c") == secret)
        #expect(SealedSecret.seal(secret, key: key, context: "c") != sealed)
    }

    @Test("another key, another account, a changed byte: nothing opens")
    func closed() throws {
        let key = try #require(key)
        let other = try #require(SecretKey([UInt8](repeating: 8, count: 32)))
        let sealed = SealedSecret.seal("secret", key: key, context: "c")
        #expect(throws: SealedSecret.Unreadable.self) {
            try SealedSecret.open(sealed, key: other, context: "c")
        }
        #expect(throws: SealedSecret.Unreadable.self) {
            try SealedSecret.open(sealed, key: key, context: "d")
        }
        for index in sealed.indices {
            var broken = sealed
            broken[index] ^= 1
            #expect(throws: SealedSecret.Unreadable.self) {
                try SealedSecret.open(broken, key: key, context: "c")
            }
        }
        #expect(throws: SealedSecret.Unreadable.self) {
            try SealedSecret.open([1, 2], key: key, context: "c")
        }
    }
}

@Suite("JSON, RFC 8259")
struct JSONTests {
    @Test("values of all kinds")
    func values() {
        let text =
            #" {"a": [1, -2.5e3, true, false, null], "b": {"c": "x\n\u00e9\ud83d\ude00\/"}} "#
        let value = JSONValue(parsing: Array(text.utf8))
        #expect(
            value?["a"]
                == .array([.number("1"), .number("-2.5e3"), .bool(true), .bool(false), .null]))
        #expect(value?["b"]?["c"]?.string == "x\né😀/")
    }

    @Test(
        "what is none",
        arguments: [
            "", "{", "[1,]", "{\"a\"}", "\"a\nb\"", "nul", "1 2", "-", "{\"a\":1,}",
            String(repeating: "[", count: 100),
        ])
    func refused(text: String) {
        #expect(JSONValue(parsing: Array(text.utf8)) == nil)
    }
}
