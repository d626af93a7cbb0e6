import FastCGI
import WebDAV

/// Sends a `Response` in CGI form (RFC 3875 §6).
struct ResponseWriter {
    let exchange: Exchange
    /// Whether the request was HEAD, whose answer has no content (RFC 9110 §9.3.2).
    let isHead: Bool
    /// Bytes of a streamed body that are held back in case it ends within them.
    let holdsBack: Int

    /// Bytes of content that were written.
    private(set) var contentBytes = 0

    init(_ exchange: Exchange, isHead: Bool, holdsBack: Int) {
        self.exchange = exchange
        self.isHead = isHead
        self.holdsBack = holdsBack
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
            guard !isHead else { return try exchange.write((head + "\r\n").utf8) }
            let sink = Sink(exchange, head: head, addsLength: !hasLength, holdsBack: holdsBack)
            defer { contentBytes = sink.count }
            try body(sink)
            try sink.end()
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

    /// Passes a streamed body on; one that ends early goes out with its length.
    private final class Sink: BodySink {
        private let exchange: Exchange
        private let head: String
        private let addsLength: Bool
        private let holdsBack: Int
        private var held: [UInt8] = []
        private var hasBegun = false
        private(set) var count = 0

        init(_ exchange: Exchange, head: String, addsLength: Bool, holdsBack: Int) {
            self.exchange = exchange
            self.head = head
            self.addsLength = addsLength
            self.holdsBack = holdsBack
        }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            count += bytes.count
            if !hasBegun {
                if count <= holdsBack { return held.append(contentsOf: bytes) }
                try begin("")
            }
            try exchange.write(bytes)
        }

        func end() throws {
            if !hasBegun { try begin(addsLength ? "Content-Length: \(count)\r\n" : "") }
        }

        private func begin(_ field: String) throws {
            hasBegun = true
            try exchange.write((head + field + "\r\n").utf8)
            try exchange.write(held)
            held = []
        }
    }
}
