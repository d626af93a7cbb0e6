import Testing
import WebDAV

@Suite("If header field, RFC 4918 §10.4")
struct IfHeaderTests {
    /// Judges a field where the request's own resource has ETag `e` and no token, and `/c/` has
    /// token `t`.
    private func isFulfilled(_ field: String) throws -> Bool {
        try IfHeader(headerField: field).isFulfilled { resource, state in
            switch (resource, state) {
            case (nil, .etag("e")), ("/c/", .token("t")): true
            default: false
            }
        }
    }

    @Test(arguments: [
        (#"(["e"])"#, true), (#"(["x"])"#, false), (#"([W/"e"])"#, true), ("(<t>)", false),
        ("(Not <t>)", true), (#"(["e"] Not <t>)"#, true), (#"(["e"] <t>)"#, false),
        (#"(["x"]) (["e"])"#, true), ("</c/> (<t>)", true), ("</c/> (<u>)", false),
        (#"</c/> (<u>) (<t>)"#, true), (#"</c/>(["e"])"#, false), (#"( ["e"] )"#, true),
        ("(Not <DAV:no-lock>)", true), (#"(["e-gzip"])"#, true),
    ])
    func judged(field: String, holds: Bool) throws {
        #expect(try isFulfilled(field) == holds)
    }

    @Test(
        "what the grammar does not allow is 400",
        arguments: [
            "", "()", "(", "(<t>", "(<t)", "<t>", "t", "(Not)", "(Not", "([\"e\"", "([])",
            "(<t>) x",
            "([*])",
        ])
    func refused(field: String) {
        #expect(throws: RequestError.self) { try isFulfilled(field) }
    }
}
