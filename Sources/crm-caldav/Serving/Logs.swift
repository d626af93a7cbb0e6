import WebDAV

/// What is written down of the service: a line a request, and what an operator should know.
struct Logs: Sendable {
    private let access: LogFile
    private let error: LogFile
    private let level: LogLevel

    init(_ settings: ServeSettings) throws(ConfigurationError) {
        access = try LogFile(settings.accessLog)
        error = try LogFile(settings.errorLog)
        level = settings.logLevel
    }

    /// Has files opened anew, after a log rotation moved the old ones away.
    func reopen() {
        do throws(ConfigurationError) {
            try access.reopen()
            try error.reopen()
        } catch {
            event(.error, "a log cannot be opened anew", [("reason", error.description)])
        }
    }

    // MARK: Events

    /// - Parameter context: what varies; never a password, a body, or a secret of an address.
    func event(
        _ level: LogLevel, _ message: String,
        _ context: [(name: StaticString, value: String)] = []
    ) {
        guard level <= self.level else { return }
        var line = JSONLine()
        line.addTime()
        line.add("level", level.rawValue)
        line.add("message", message)
        for (name, value) in context { line.add(name, value) }
        error.append(line.finished())
    }

    // MARK: Requests

    struct Request {
        var method: String
        /// As the client sent it.
        var uri: String
        var user: String?
        var status: Int
        var address: String
        var microseconds: Int
        /// Of the answer's content.
        var bytes: Int
    }

    func request(_ request: Request) {
        guard access.isOn else { return }
        var line = JSONLine()
        line.addTime()
        line.add("method", request.method)
        line.add("uri", Self.masked(request.uri))
        line.add("user", request.user)
        line.add("status", request.status)
        line.add("ip", request.address)
        line.add("milliseconds", milliseconds: request.microseconds)
        line.add("bytes", request.bytes)
        access.append(line.finished())
    }

    /// An address without the secret in it: `feed/TOKEN.ics` is all that a subscription needs.
    static func masked(_ uri: String) -> String {
        let end = uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? uri.endIndex
        let segments = uri[..<end].utf8.split(
            separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        // Decoded: `%66eed` is the same to us.
        guard let place = segments.firstIndex(where: { Href.decode($0) == "feed" }),
            place + 1 < segments.count
        else { return uri }
        // The query stays out too: nobody has to have put the secret in the right place.
        let query = end < uri.endIndex ? "?***" : ""
        return String(uri[..<segments[place].endIndex]) + "/***" + query
    }
}
