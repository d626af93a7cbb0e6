import FastCGI
import WebDAV

/// Sends a `Response` in CGI form (RFC 3875 §6).
struct ResponseWriter {
    let exchange: Exchange
    /// Whether the request was HEAD, whose answer has no content (RFC 9110 §9.3.2).
    let isHead: Bool

    /// Bytes of content that were written.
    private(set) var contentBytes = 0

    init(_ exchange: Exchange, isHead: Bool) {
        self.exchange = exchange
        self.isHead = isHead
    }

    /// - Throws: `ConnectionLost`, or what a streamed body threw.
    mutating func write(_ response: Response) throws {
        contentBytes = 0
        var head = "Status: \(response.status.code) \(response.status.reason)\r\n"
        for (name, value) in response.fields {
            head += "\(name): \(Self.oneLine(value))\r\n"
        }
        let hasLength = response.fields.contains { $0.name.lowercased() == "content-length" }
        switch response.body {
        case .empty:
            if !hasLength, !isHead, Self.mayHaveContent(response.status) {
                head += "Content-Length: 0\r\n"
            }
            try exchange.write((head + "\r\n").utf8)
        case .bytes(let bytes):
            if !hasLength { head += "Content-Length: \(bytes.count)\r\n" }
            try exchange.write((head + "\r\n").utf8)
            guard !isHead else { return }
            contentBytes = bytes.count
            try exchange.write(bytes)
        case .stream(let body):
            try exchange.write((head + "\r\n").utf8)
            guard !isHead else { return }
            let sink = Sink(exchange)
            defer { contentBytes = sink.count }
            try body(sink)
        }
    }

    /// RFC 9110 §6.4.1.
    private static func mayHaveContent(_ status: Status) -> Bool {
        status != .noContent && status != .notModified
    }

    /// A value with a line end in it would be two fields.
    private static func oneLine(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 32 }) else { return value }
        return String(decoding: value.utf8.map { $0 < 32 ? 32 : $0 }, as: UTF8.self)
    }

    private final class Sink: BodySink {
        private let exchange: Exchange
        private(set) var count = 0

        init(_ exchange: Exchange) { self.exchange = exchange }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            count += bytes.count
            try exchange.write(bytes)
        }
    }
}
