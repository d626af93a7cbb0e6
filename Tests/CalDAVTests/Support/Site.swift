import CalDAV
import Testing
import WebDAV
import XML

/// A server on a `MemoryStore`, with anna (who has a default calendar) and ben.
final class Site {
    let store = MemoryStore()
    var settings = ServerSettings()
    var surfaces: [Surface] = [.federation, .pages, .feeds, .dav]
    private(set) var events: [ServerEvent] = []
    let verifier = FixedVerifier()

    init() throws {
        store.users = [
            UserRecord(
                name: "anna", passwordHash: [], email: "anna@example.org", displayName: "Anna A."),
            UserRecord(name: "ben", passwordHash: [], email: nil, displayName: nil),
        ]
        for user in store.users {
            try store.createCalendar("crm-tasks", of: user.name, with: [])
            store.calendars[store.calendars.count - 1].record.isProtected = true
        }
        store.calls = []
    }

    /// Sends a request of anna's, or of whom `user` says (nil: of nobody).
    func send(
        _ method: String, _ path: String, user: String? = "anna", password: String = "secret",
        query: String? = nil, fields: [(String, String)] = [], body: String? = nil,
        bytes: [UInt8]? = nil
    ) -> Answer {
        var all = HeaderFields()
        if let user {
            let credentials = base64("\(user):\(password)")
            all.append(name: "authorization", value: "Basic \(credentials)")
        }
        for (name, value) in fields { all.append(name: name.lowercased(), value: value) }
        let content = bytes ?? Array((body ?? "").utf8)
        let request = Request(
            method: method, path: path, query: query, basePath: "/caldav/", scheme: "https",
            authority: "example.org", fields: all, clientAddress: "192.0.2.1",
            readBody: { limit throws(BodyError) in
                guard content.count <= limit else { throw .tooLarge }
                return content
            })
        let server = Server(
            settings: settings, verifier: verifier, store: store, surfaces: surfaces
        ) {
            self.events.append($0)
        }
        return Answer(server.respond(to: request), server: server)
    }

    /// Puts an object into anna's default calendar.
    @discardableResult
    func put(_ name: String, _ text: String) -> Answer {
        send("PUT", "calendars/anna/crm-tasks/\(name)", body: text)
    }
}

/// Takes the password `secret` for every user there is.
struct FixedVerifier: PasswordVerifier {
    func verify(
        _ password: [UInt8], for user: UserRecord?, named name: String, from address: String
    ) -> SignInVerdict {
        if password == Array("busy".utf8) { return .busy(retryAfter: 2) }
        if password == Array("locked".utf8) { return .lockedOut(retryAfter: 60) }
        return user != nil && password == Array("secret".utf8) ? .accepted : .refused
    }

    func lockedFor(secret token: String, from address: String) -> Int? {
        token == "locked" ? 60 : nil
    }

    func note(secret token: String, isKnown: Bool, from address: String) {}
}

/// An answer with its body collected.
struct Answer {
    let status: Int
    let fields: [(name: String, value: String)]
    let body: [UInt8]
    let user: String?

    init(_ response: Response, server: Server) {
        var response = response
        var bytes: [UInt8] = []
        user = response.user
        switch response.body {
        case .empty: break
        case .bytes(let all): bytes = all
        case .stream(let write):
            let sink = Collector()
            do {
                try write(sink)
                bytes = sink.bytes
            } catch {
                response = server.response(to: error)
                if case .bytes(let all) = response.body { bytes = all }
            }
        }
        status = response.status.code
        fields = response.fields
        body = bytes
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(field: String) -> String? {
        fields.first { $0.name.lowercased() == field.lowercased() }?.value
    }

    /// The body as XML.
    func xml() throws -> XMLElement { try XMLParser.parse(body) }

    /// The precondition that DAV:error names.
    var precondition: String? { try? xml().elements.first?.name.local }

    /// Each response of a multistatus by its href.
    func responses() throws -> [String: XMLElement] {
        var byHref: [String: XMLElement] = [:]
        for response in try xml().all(.dav("response")) {
            byHref[response.first(.dav("href"))?.text ?? ""] = response
        }
        return byHref
    }

    /// A property in a response of status 200.
    func property(_ name: XMLName, of href: String) throws -> XMLElement? {
        try responses()[href]?.property(name)
    }
}

extension XMLElement {
    /// Inside DAV:response: a property whose propstat has the status.
    func property(_ name: XMLName, status: Int = 200) -> XMLElement? {
        for propstat in all(.dav("propstat")) {
            guard propstat.first(.dav("status"))?.text.contains(" \(status) ") == true else {
                continue
            }
            if let property = propstat.first(.dav("prop"))?.first(name) { return property }
        }
        return nil
    }
}

private final class Collector: BodySink {
    var bytes: [UInt8] = []
    func write(_ piece: UnsafeRawBufferPointer) throws { bytes += piece }
}

func base64(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var output: [UInt8] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits = group.reduce(0) { $0 << 8 | Int($1) }
        bits <<= 8 * (3 - group.count)
        for index in 0..<4 {
            let digit = alphabet[bits >> (18 - 6 * index) & 63]
            output.append(index <= group.count ? digit : UInt8(ascii: "="))
        }
    }
    return String(decoding: output, as: UTF8.self)
}

/// A VCALENDAR around lines, with CRLF.
func calendar(_ lines: String) -> String {
    let all = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n\(lines)\nEND:VCALENDAR\n"
    return all.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
}

/// One event.
func event(_ uid: String, start: String = "20260105T090000Z", more: String = "") -> String {
    calendar(
        "BEGIN:VEVENT\nUID:\(uid)\nDTSTAMP:20260101T000000Z\nDTSTART:\(start)\nDURATION:PT1H\n"
            + "SUMMARY:Event \(uid)\(more.isEmpty ? "" : "\n" + more)\nEND:VEVENT")
}
