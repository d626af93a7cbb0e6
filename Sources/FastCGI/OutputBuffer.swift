import Glibc

/// The web server or its client is no longer there, or took nothing for too long.
package struct ConnectionLost: Error, Equatable {
    /// `errno` of the write.
    package let code: Int32
}

/// Collects an answer and sends it in as few writes as possible.
///
/// libfcgi's own stream writes every 8 KiB. This one frames up to 64 KiB as one STDOUT record
/// (FastCGI 1.0 §3.3), and ends a short answer in the very write that carries it. A thread owns
/// one for all its requests.
final class OutputBuffer {
    enum Framing {
        case fastCGI(requestID: UInt16)
        case plain
    }

    /// The most content a record may carry (65,535), cut to a multiple of 8 so that a full record
    /// needs no padding.
    private static let capacity = 65_528
    private static let recordHeader = RecordHeader.size
    /// Padding, the STDOUT record of length 0, FCGI_END_REQUEST.
    private static let trailer = 7 + recordHeader + 2 * recordHeader

    private let memory: UnsafeMutableRawPointer
    private var count = 0
    private var descriptor: Int32 = -1
    private var framing = Framing.plain

    /// Whether anything has left this process, so that the answer can no longer be another.
    private(set) var hasSent = false

    /// Content bytes that were sent, without framing.
    private(set) var sent = 0

    init() {
        memory = .allocate(
            byteCount: Self.recordHeader + Self.capacity + Self.trailer, alignment: 8)
    }

    deinit { memory.deallocate() }

    func begin(descriptor: Int32, framing: Framing) {
        self.descriptor = descriptor
        self.framing = framing
        discard()
        hasSent = false
        sent = 0
    }

    /// Forgets what was not yet sent.
    func discard() { count = 0 }

    /// Whether `size` more bytes would be kept back for now.
    func hasRoom(for size: Int) -> Bool { size <= Self.capacity - count }

    func append(_ bytes: UnsafeRawBufferPointer) throws(ConnectionLost) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if count == Self.capacity { try send(isLast: false) }
            let piece = rest.prefix(Self.capacity - count)
            UnsafeMutableRawBufferPointer(
                start: memory + Self.recordHeader + count, count: piece.count
            ).copyMemory(from: UnsafeRawBufferPointer(rebasing: piece))
            count += piece.count
            rest = rest.dropFirst(piece.count)
        }
    }

    /// Sends what is left and says that the answer is whole.
    func finish() throws(ConnectionLost) { try send(isLast: true) }

    private func send(isLast: Bool) throws(ConnectionLost) {
        sent += count
        switch framing {
        case .plain:
            try write(from: Self.recordHeader, to: Self.recordHeader + count)
        case .fastCGI(let requestID):
            // Without content there is no record: one of length 0 would be the end of the stream.
            var start = Self.recordHeader
            var end = start + count
            if count > 0 {
                let padding = -count & 7
                putHeader(
                    at: 0, RecordType.stdout, requestID, length: count, padding: padding)
                memset(memory + end, 0, padding)
                start = 0
                end += padding
            }
            if isLast {
                putHeader(at: end, RecordType.stdout, requestID, length: 0)
                putHeader(at: end + 8, RecordType.endRequest, requestID, length: 8)
                // Application status 0, FCGI_REQUEST_COMPLETE, reserved.
                memset(memory + end + 16, 0, 8)
                end += Self.trailer - 7
            }
            try write(from: start, to: end)
        }
        count = 0
    }

    /// Says that the answer is broken.
    ///
    /// FastCGI has no word for it, and nginx takes the connection's end without FCGI_END_REQUEST
    /// for the end of an answer that has no Content-Length. A record of no known version (zeros) is
    /// an error to every web server.
    func breakOff() {
        discard()
        guard hasSent, case .fastCGI = framing else { return }
        memset(memory, 0, Self.recordHeader)
        try? write(from: 0, to: Self.recordHeader)
    }

    private func putHeader(
        at offset: Int, _ type: UInt8, _ requestID: UInt16, length: Int, padding: Int = 0
    ) {
        RecordHeader(type, requestID: requestID, contentLength: length, paddingLength: padding)
            .store(at: memory + offset)
    }

    private func write(from start: Int, to end: Int) throws(ConnectionLost) {
        var offset = start
        while offset < end {
            hasSent = true
            let written = retryingInterrupts { write(memory + offset, end - offset) }
            if written > 0 {
                offset += written
            } else if written == 0 || errno != EAGAIN || !isWritable() {
                throw ConnectionLost(code: errno)
            }
        }
    }

    private func write(_ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
        switch framing {
        case .plain: Glibc.write(descriptor, bytes, count)
        case .fastCGI: Glibc.send(descriptor, bytes, count, Int32(MSG_DONTWAIT))
        }
    }

    /// Waits until the web server has read something; false where it takes too long for it.
    private func isWritable() -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let ready = retryingInterrupts {
            poll(&entry, 1, Int32(WorkerPool.patience) * 1000)
        }
        if ready == 0 { errno = EAGAIN }
        return ready > 0
    }
}
