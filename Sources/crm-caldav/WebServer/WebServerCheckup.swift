import CRMStore
import CalDAV
import Outgoing
import RemoteSync

/// Looks at an installation from outside, as a client does: whatever the web server in front keeps from
/// us, or changes on the way, is a fault that clients show as an endless question for the password, as
/// calendars that stay empty or as changes that are lost.
///
/// Everything that is asked changes nothing: without a password the answer is a refusal, and what
/// matters is whose. All of our answers bear the field DAV.
struct WebServerCheckup {
    struct Finding {
        var check: String
        var level: CheckFinding.Level
        var message: String
        var cures: [String] = []
    }

    /// Ends with a slash.
    private let base: WebAddress
    private let credentials: Credentials?
    private let http: HTTPClient
    private let tell: (Finding) -> Void
    /// Of the last answer that had one.
    private var server: String?
    private var isClean = true

    /// An answer may be as large as what a client would be sent.
    private static let answerLimit = 16 << 20

    init(
        _ address: WebAddress, _ credentials: Credentials?, _ http: HTTPClient,
        tell: @escaping (Finding) -> Void
    ) {
        var base = address
        if base.path.utf8.last != UInt8(ascii: "/") { base.path += "/" }
        self.base = base
        self.credentials = credentials
        self.http = http
        self.tell = tell
    }

    /// - Returns: whether nothing is wrong.
    mutating func run() -> Bool {
        do throws(TransportError) {
            guard try reachesUs() else { return false }
            try checkEncryption()
            try checkMethods()
            try checkAuthorization()
            try checkPrefix()
            try checkEncodedNames()
            try checkSizes()
            try checkExpectation()
            try checkWellKnown()
            if credentials != nil { try checkSignedIn() }
        } catch {
            report(
                "connection", .problem, "\(base.text): \(error.reason)",
                error.kind == .certificate
                    ? [
                        "install the whole chain of certificates: clients refuse what is not trusted"
                    ]
                    : [])
        }
        return isClean
    }

    // MARK: Asking

    private mutating func ask(
        _ method: String, _ address: WebAddress, fields: [(String, String)] = [],
        body: [UInt8] = [], signingIn: Bool = false
    ) throws(TransportError) -> HTTPResponse {
        var request = HTTPRequest(method, address)
        for (name, value) in fields { request.set(name, value) }
        request.body = body
        let answer = try http.send(
            request, as: signingIn ? credentials : nil, limit: Self.answerLimit)
        server = answer.field("server") ?? server
        return answer
    }

    private func below(_ path: String) -> WebAddress {
        var address = base
        address.path += path
        return address
    }

    /// Where an object would be, in a calendar that nobody has.
    private func nowhere(_ name: String) -> WebAddress { below("calendars/nobody/none/\(name)") }

    private mutating func report(
        _ check: String, _ level: CheckFinding.Level, _ message: String, _ cures: [String] = []
    ) {
        if level == .problem { isClean = false }
        tell(Finding(check: check, level: level, message: message, cures: cures))
    }

    private mutating func report(_ check: String, _ fault: WebServerFault, _ message: String) {
        report(check, .problem, message, fault.cure(of: server, below: base.path))
    }

    // MARK: What is asked without a password

    /// Whether there is any use in asking more.
    private mutating func reachesUs() throws(TransportError) -> Bool {
        let answer = try ask("OPTIONS", base)
        if answer.isOurs {
            let software = server.map { " (\($0))" } ?? ""
            report("path", .good, "\(base.text) leads to crm-caldav\(software)")
            return true
        }
        switch answer.status {
        case 300..<400:
            let target = answer.field("location") ?? "nowhere"
            report(
                "path", .redirects,
                "\(base.text) is redirected to \(target): give clients the address that answers")
        case 401:
            report("path", .ownSignIn, "the web server itself asks for a password")
        case 500...:
            report("path", .gateway, "the web server does not reach the program: \(answer.status)")
        default:
            report(
                "path", .path,
                "\(base.text) is answered by something else, with \(answer.status): that path does not"
                    + " lead to crm-caldav")
        }
        return false
    }

    private mutating func checkEncryption() throws(TransportError) {
        guard base.scheme == "https" else {
            if !base.isPrivate {
                report(
                    "encryption", .problem,
                    "passwords and calendars cross the network readable for all: use https")
            }
            return
        }
        report("encryption", .good, "https, with a certificate that is trusted")
        guard let plain = WebAddress("http://\(base.host)\(base.path)") else { return }
        // Whether the other port answers at all is nobody's fault.
        guard let answer = try? ask("OPTIONS", plain), answer.isOurs else { return }
        report(
            "encryption", .note,
            "the same is there without encryption, at \(plain.text): redirect it to https")
    }

    private mutating func checkMethods() throws(TransportError) {
        var stopped: [String] = []
        for method in Method.names where method != "OPTIONS" {
            let answer = try ask(method, base)
            if !answer.hasArrived { stopped.append("\(method) (\(answer.status))") }
        }
        guard stopped.isEmpty else {
            return report(
                "methods", .methods,
                "the web server does not pass \(stopped.joined(separator: ", "))")
        }
        report("methods", .good, "all methods of WebDAV and CalDAV pass")
    }

    private mutating func checkAuthorization() throws(TransportError) {
        // What cannot be a user and a password is refused in words of its own, and counts as no attempt.
        let answer = try ask("PROPFIND", base, fields: [("Authorization", "Basic Og")])
        if answer.says(SignInRefusal.unreadable.rawValue) {
            return report("authorization", .good, "the Authorization field arrives")
        }
        if answer.says(SignInRefusal.missing.rawValue) {
            return report(
                "authorization", .authorization,
                "the web server keeps passwords back: clients would ask for them without end")
        }
        reportErrorBodies()
    }

    private mutating func reportErrorBodies() {
        report(
            "errors", .errorBodies,
            "the web server puts a page of its own in the place of our errors, which tell clients what"
                + " to do")
    }

    private mutating func checkPrefix() throws(TransportError) {
        // The program redirects from there to where it believes to be, whoever asks.
        let answer = try ask("PROPFIND", below(".well-known/caldav"))
        guard answer.isOurs, let target = answer.field("location"),
            let told = base.resolving(target)
        else {
            return report(
                "prefix", .prefix, "the program is not told that it is below \(base.path)")
        }
        guard told.comparisonKey.utf8.elementsEqual(base.comparisonKey.utf8) else {
            return report(
                "prefix", .prefix,
                "the program is told that it is below \(told.path), and clients see \(base.path)")
        }
        report("prefix", .good, "addresses in answers begin with \(base.path)")
    }

    private mutating func checkEncodedNames() throws(TransportError) {
        // What may be done says what kind of place the program takes it for.
        let plain = try ask("OPTIONS", nowhere("a.ics")).field("allow")
        for (name, what) in [
            ("a%20b.ics", "a blank"), ("%C3%A4.ics", "letters beyond ASCII"),
            ("a%25b.ics", "a percent sign"), ("a%2Fb.ics", "a slash"),
            ("a;b=c@d.ics", "punctuation"),
        ] {
            let answer = try ask("OPTIONS", nowhere(name))
            if answer.field("allow") != plain || !answer.isOurs {
                return report(
                    "names", .encodedNames,
                    "names with \(what) do not arrive as they are (\(answer.status)): such events could"
                        + " not be stored")
            }
        }
        report("names", .good, "names with any characters arrive")
    }

    /// Bytes of the bodies that are tried: beyond mod_fcgid's usual limit, beyond nginx's, and about
    /// what we take at most.
    private static let sizes = [140_000, 1_200_000, 10_000_000]

    private mutating func checkSizes() throws(TransportError) {
        if try sizesArrive(at: nowhere("x.ics")), credentials == nil { reportSizes() }
    }

    private mutating func reportSizes() {
        report("size", .good, "bodies of \((Self.sizes.last ?? 0) / 1_000_000) MB arrive")
    }

    /// - Parameter place: where what is sent is refused.
    private mutating func sizesArrive(
        at place: WebAddress, signingIn: Bool = false
    ) throws(TransportError) -> Bool {
        let type = ("Content-Type", "text/calendar; charset=utf-8")
        for size in Self.sizes {
            let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
            var outcome = "the connection broke"
            do throws(TransportError) {
                let answer = try ask(
                    "PUT", place, fields: [type], body: body, signingIn: signingIn)
                if answer.hasArrived { continue }
                outcome = "\(answer.status)"
            } catch  where error.kind == .interrupted {
            }
            report(
                "size", .bodies,
                "a body of \(size / 1000) KB does not arrive (\(outcome)): events with attachments"
                    + " could not be stored")
            return false
        }
        let chunked = try ask(
            "PUT", place, fields: [type, ("Transfer-Encoding", "chunked")],
            body: [UInt8](repeating: UInt8(ascii: "x"), count: 5000), signingIn: signingIn)
        if !chunked.hasArrived {
            report(
                "size", .chunkedBodies,
                "bodies in chunks do not arrive (\(chunked.status)); Apple's clients send such")
        }
        return chunked.hasArrived
    }

    private mutating func checkExpectation() throws(TransportError) {
        let answer = try ask(
            "PUT", nowhere("x.ics"),
            fields: [("Expect", "100-continue"), ("Content-Type", "text/calendar")],
            body: [UInt8](repeating: UInt8(ascii: "x"), count: 2000))
        if !answer.hasArrived {
            report(
                "expect", .expectation,
                "Expect: 100-continue is answered with \(answer.status); Outlook's clients send it")
        }
    }

    private mutating func checkWellKnown() throws(TransportError) {
        guard let place = WebAddress("\(base.origin)/.well-known/caldav") else { return }
        let answer = try ask("PROPFIND", place)
        if answer.isOurs, !(300..<400).contains(answer.status) {
            return report("well-known", .good, "\(place.text) is answered by crm-caldav")
        }
        guard [301, 302, 307, 308].contains(answer.status),
            let target = answer.field("location")
        else {
            return report(
                "well-known", .wellKnown,
                "\(place.text) leads nowhere (\(answer.status)): clients that know only the host find"
                    + " no calendars")
        }
        guard let told = base.resolving(target),
            told.comparisonKey.utf8.elementsEqual(base.comparisonKey.utf8)
        else {
            return report(
                "well-known", .wellKnown, "\(place.text) leads to \(target) and not to \(base.text)"
            )
        }
        report("well-known", .good, "\(place.text) leads here")
    }

    // MARK: What is asked as a user

    private static let question = Array(
        #"<propfind xmlns="DAV:"><prop><current-user-principal/><x xmlns="urn:x-check:"/></prop></propfind>"#
            .utf8)

    private mutating func checkSignedIn() throws(TransportError) {
        let compressed = ("Accept-Encoding", "gzip, deflate")
        let fields = [("Content-Type", "application/xml"), ("Depth", "0"), compressed]
        let answer = try ask(
            "PROPFIND", base, fields: fields, body: Self.question, signingIn: true)
        guard answer.status == 207 else {
            return report(
                "sign-in", .problem, "the sign-in is refused with \(answer.status)",
                answer.status == 401
                    ? [
                        "is the password right? crm-caldav check --user NAME tries it without the web server"
                    ]
                    : [])
        }
        report("sign-in", .good, "the sign-in works")
        // nginx leaves a 207 alone, and compresses what GET brings.
        let page = try ask("GET", base, fields: [compressed], signingIn: true)
        if [answer, page].contains(where: { $0.field("content-encoding") != nil }) {
            report(
                "compression", .compression,
                "the web server compresses answers, and changes the ETags by which clients tell what is"
                    + " new")
        } else {
            report("compression", .good, "answers arrive as they were sent")
        }
        let chunked = try ask(
            "PROPFIND", base, fields: fields + [("Transfer-Encoding", "chunked")],
            body: Self.question, signingIn: true)
        if !chunked.says("urn:x-check:") {
            report(
                "size", .chunkedBodies, "bodies in chunks arrive empty; Apple's clients send such")
        }
        if page.field("age") != nil || answer.field("age") != nil {
            report(
                "storage", .storedAnswers, "answers come from a cache: clients see old calendars")
        }
        try checkSizesSignedIn()
        let refused = try ask(
            "REPORT", base, fields: fields, body: Array("<sync-collection xmlns=\"DAV:\"/>".utf8),
            signingIn: true)
        if !refused.isOurs || refused.body.isEmpty {
            reportErrorBodies()
        }
    }
}

extension WebServerCheckup {
    /// Web servers that pass bodies on as they come see their size only while the program reads: it
    /// does for somebody who may write, and refuses what is no calendar.
    private mutating func checkSizesSignedIn() throws(TransportError) {
        guard let credentials else { return }
        let calendars: [RemoteCalendar]
        do throws(RemoteError) {
            calendars = try CalDAVClient(http, credentials).calendars(from: base)
        } catch {
            return report("calendars", .problem, "\(error)")
        }
        guard let calendar = calendars.first(where: \.isWritable) else { return }
        report("calendars", .good, "\(calendars.count) calendars are found")
        let place = calendar.address.member("crm-caldav-check.ics")
        if try sizesArrive(at: place, signingIn: true) { reportSizes() }
    }
}

extension HTTPResponse {
    /// Whether the program answered, and not something before it.
    fileprivate var isOurs: Bool { field("dav")?.utf8.isEmpty == false }

    /// A page in the place of our challenge is another fault.
    fileprivate var hasArrived: Bool { isOurs || status == 401 }

    fileprivate func says(_ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        let wanted = Array(text.utf8)
        return body.indices.contains { body[$0...].starts(with: wanted) }
    }
}
