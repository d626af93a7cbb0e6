private import CFastCGI
import Glibc

/// One request and the answer to it, whichever way it came: FastCGI or plain CGI.
///
/// Belongs to the thread that serves it, and is over when the handler returns: a parameter is nil
/// and the body empty after that.
package final class Exchange {
    private var environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    private var input: any InputStream
    private let output: OutputBuffer

    /// Bytes of the body that were taken from the input.
    private var consumed = 0
    private var isInputFinished = false
    private var isAborted = false

    init(
        environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
        input: any InputStream, output: OutputBuffer
    ) {
        self.environment = environment
        self.input = input
        self.output = output
    }

    // MARK: Parameters (RFC 3875 §4.1)

    /// The value of a parameter such as `REQUEST_METHOD`; what is no UTF-8 in it becomes U+FFFD.
    package func parameter(_ name: String) -> String? {
        guard let environment, let value = FCGX_GetParam(name, environment) else { return nil }
        return String(cString: value)
    }

    /// Calls `body` with the bytes of each parameter's name and value, in the order they came.
    ///
    /// The bytes are gone when `body` returns.
    package func forEachParameter(
        _ body: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard var entry = environment else { return }
        while let text = entry.pointee {
            let length = strlen(text)
            text.withMemoryRebound(to: UInt8.self, capacity: length) { bytes in
                let all = UnsafeBufferPointer(start: bytes, count: length)
                guard let equals = all.firstIndex(of: UInt8(ascii: "=")) else { return }
                body(
                    UnsafeBufferPointer(rebasing: all[..<equals]),
                    UnsafeBufferPointer(rebasing: all[(equals + 1)...]))
            }
            entry += 1
        }
    }

    /// CONTENT_LENGTH, where it is a number. A hint: a web server that inflates the body passes on
    /// the client's figure, and a chunked body has none.
    package var contentLength: Int? {
        parameter("CONTENT_LENGTH").flatMap(Int.init).flatMap { $0 >= 0 ? $0 : nil }
    }

    // MARK: Body

    /// Why a request's body could not be had.
    package enum InputError: Error {
        /// Longer than the limit asked for.
        case tooLarge
        /// The client or the web server stopped in the middle.
        case cutShort
    }

    private static let pieceSize = 16 << 10

    /// Reads the whole body; memory grows with what arrives, not with what was announced.
    ///
    /// A second call gives an empty body.
    package func readBody(limit: Int) throws(InputError) -> [UInt8] {
        let announced = contentLength
        if !isInputFinished, let announced, announced > limit { throw .tooLarge }
        var body: [UInt8] = []
        body.reserveCapacity(min(announced ?? 0, Self.pieceSize))
        while !isInputFinished {
            let piece = readPiece { body.append(contentsOf: $0) }
            if body.count > limit { throw .tooLarge }
            if piece < Self.pieceSize { isInputFinished = true }
        }
        if input.isBroken { throw .cutShort }
        if let announced, consumed < announced { throw .cutShort }
        return body
    }

    /// Takes up to `pieceSize` bytes of the body; fewer: it ended.
    private func readPiece(_ body: (UnsafeRawBufferPointer) -> Void) -> Int {
        withUnsafeTemporaryAllocation(byteCount: Self.pieceSize, alignment: 8) { buffer in
            let count = input.read(into: buffer)
            consumed += count
            body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            return count
        }
    }

    /// What is taken of a body that nobody wants, so that a web server which sends all of it before
    /// it listens still hears the answer.
    private static let drainLimit = (bytes: 256 << 20, seconds: 20)

    /// Takes the rest of the body, within limits; a connection whose input did not end is not kept.
    private func finishInput() {
        guard !isInputFinished else { return }
        let limit = consumed + Self.drainLimit.bytes
        let deadline = time(nil) + Self.drainLimit.seconds
        while consumed < limit, time(nil) <= deadline {
            if readPiece({ _ in }) < Self.pieceSize {
                isInputFinished = true
                return
            }
        }
    }

    // MARK: Answer

    /// Sends bytes of the answer: its fields in CGI form (`Status: 207 Multi-Status`), an empty
    /// line, the content.
    ///
    /// Nothing leaves before 64 KiB are together or the handler returns.
    /// - Throws: when the client is no longer there; nothing more needs to be written then.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(ConnectionLost) {
        if !output.hasRoom(for: bytes.count) { finishInput() }
        try output.append(bytes)
    }

    /// The same for bytes in an array or a string's.
    package func write(_ bytes: some Collection<UInt8>) throws(ConnectionLost) {
        let result: Result<Void, ConnectionLost>? = bytes.withContiguousStorageIfAvailable {
            bytes in
            Result { () throws(ConnectionLost) in try write(UnsafeRawBufferPointer(bytes)) }
        }
        if let result { return try result.get() }
        let copy = Array(bytes)
        let copied = copy.withUnsafeBytes { bytes in
            Result { () throws(ConnectionLost) in try write(bytes) }
        }
        try copied.get()
    }

    /// Whether a part of the answer has left, so that it can no longer be another.
    package var hasSent: Bool { output.hasSent }

    /// Forgets what was written and has not left yet.
    package func discard() { output.discard() }

    /// Ends the connection in the middle of the answer, so that the web server takes it for broken
    /// and not for whole.
    package func abort() { isAborted = true }

    /// Ends the exchange; true when the answer went out whole and the input was read to its end, so
    /// that the connection may carry another.
    func conclude() -> Bool {
        defer { environment = nil }
        guard !isAborted else {
            output.breakOff()
            return false
        }
        finishInput()
        do {
            try output.finish()
        } catch {
            return false
        }
        return isInputFinished && !input.isBroken
    }
}

/// Where a request's body comes from.
protocol InputStream: AnyObject {
    /// Fills `buffer`; gives fewer bytes only where the body ends or breaks off.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int

    /// Whether the body ended otherwise than by its end.
    var isBroken: Bool { get }
}
