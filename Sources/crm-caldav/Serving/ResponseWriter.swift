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
        var head: [UInt8] = []
        head.reserveCapacity(512)
        Self.append("Status", "\(response.status.code) \(response.status.reason)", to: &head)
        for (name, value) in response.fields { Self.append(name, value, to: &head) }
        let hasLength = response.fields.contains {
            $0.name.utf8.count == 14 && $0.name.lowercased() == "content-length"
        }
        switch response.body {
        case .empty:
            if !hasLength, !isHead, Self.mayHaveContent(response.status) {
                Self.append("Content-Length", "0", to: &head)
            }
            try exchange.write(head + Self.lineEnd)
        case .bytes(let bytes):
            if !hasLength { Self.append("Content-Length", String(bytes.count), to: &head) }
            try exchange.write(head + Self.lineEnd)
            guard !isHead else { return }
            contentBytes = bytes.count
            try exchange.write(bytes)
        case .stream(let body):
            guard !isHead else { return try exchange.write(head + Self.lineEnd) }
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

    private static let lineEnd = Array("\r\n".utf8)

    /// Appends a field. A value with a line end in it would be two: there is a space instead.
    private static func append(_ name: String, _ value: String, to head: inout [UInt8]) {
        head.append(contentsOf: name.utf8)
        head.append(UInt8(ascii: ":"))
        head.append(UInt8(ascii: " "))
        let start = head.count
        head.append(contentsOf: value.utf8)
        for index in start..<head.count where head[index] < 32 {
            head[index] = UInt8(ascii: " ")
        }
        head.append(contentsOf: lineEnd)
    }

    /// Passes a streamed body on; one that ends early goes out with its length.
    private final class Sink: BodySink {
        private let exchange: Exchange
        private var head: [UInt8]
        private let addsLength: Bool
        private let holdsBack: Int
        private var held: [UInt8] = []
        private var hasBegun = false
        private(set) var count = 0

        init(_ exchange: Exchange, head: [UInt8], addsLength: Bool, holdsBack: Int) {
            self.exchange = exchange
            self.head = head
            self.addsLength = addsLength
            self.holdsBack = holdsBack
        }

        func write(_ bytes: UnsafeRawBufferPointer) throws {
            count += bytes.count
            if !hasBegun {
                if count <= holdsBack { return held.append(contentsOf: bytes) }
                try begin()
            }
            try exchange.write(bytes)
        }

        func end() throws {
            guard !hasBegun else { return }
            if addsLength { ResponseWriter.append("Content-Length", String(count), to: &head) }
            try begin()
        }

        private func begin() throws {
            hasBegun = true
            try exchange.write(head + ResponseWriter.lineEnd)
            try exchange.write(held)
            held = []
        }
    }
}
