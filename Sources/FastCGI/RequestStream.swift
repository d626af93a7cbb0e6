private import CFastCGI
import Glibc

/// Reads requests' records from connections, and lets nothing pass that a web server does not send.
///
/// libfcgi reads what comes before the body, and no byte of it that was not checked here: it trusts
/// lengths, writes more than it has room for where FCGI_GET_VALUES names a variable often, takes padding
/// for a record, and waits for ever for a peer that does not read what it answers. The records of the
/// body it never sees.
///
/// A thread has one for all its requests. Every record is whole in memory before it is looked at.
final class RequestStream: InputStream {
    /// The most bytes of the records before a body. nginx sends up to a tenth of a megabyte with the
    /// limits it has by default: a line of 8 KB in seven parameters, and 32 KB of header fields.
    static let headLimit = 256 << 10
    /// Records of other requests and of none, between those of one request.
    private static let foreignLimit = 32
    /// Bytes a second at which a body has to come on the whole, once `WorkerPool.patience` is over.
    private static let slowestBody = 1 << 10

    private static let readSize = 64 << 10
    /// What a record fits in that begins within the limit.
    private static let capacity = (headLimit + RecordHeader.longestRecord + readSize) & ~0xfff

    /// What is before a body.
    struct Head {
        let requestID: UInt16
        let keepsConnection: Bool
        /// Its records, until more is read.
        var records = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    enum Arrival {
        case head(Head)
        /// Nothing of a request is there: it may come later.
        case nothing
        /// The web server ended the connection.
        case end
    }

    private let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    private let headPatience: Int
    private var descriptor: Int32 = -1
    /// What was read and not looked at yet is `position..<end` of the memory. Before a body, what was
    /// looked at stays where it is.
    private var position = 0
    private var end = 0

    private var head: Head?
    /// Whether nothing of a request had come when there was last something to be read.
    private var isIdle = false
    private var foreignRecords = 0
    /// When the time for the head is over; set when it has to be waited for.
    private var deadline: Int?

    /// What is still to be handed out of the last STDIN record.
    private var content = 0..<0
    private var bodyBegan: Int?
    private var bodyBytes = 0
    private var isBodyFinished = true

    /// Whether the body ended otherwise than by its end.
    private(set) var isBroken = false
    /// Why it did, where the web server did what it may not.
    private(set) var refusal: Refusal?

    /// - Parameter headPatience: seconds in which everything before a body has to have come.
    init(headPatience: Int) { self.headPatience = headPatience }

    deinit { memory.deallocate() }

    /// Begins with another connection.
    func open(_ descriptor: Int32) {
        self.descriptor = descriptor
        position = 0
        end = 0
    }

    /// Whether something came behind the last request.
    var hasMore: Bool { position < end }

    // MARK: Before the body

    /// Reads a request up to its body.
    func nextHead() throws(Refusal) -> Arrival {
        moveToFront()
        head = nil
        foreignRecords = 0
        deadline = nil
        var parameters = ParameterLengths()
        while true {
            guard let record = try nextRecord() else { return isIdle ? .nothing : .end }
            if try isForeign(record) {
                remove(record.recordLength, at: position)
                continue
            }
            guard position + record.recordLength <= Self.headLimit else { throw .headTooLong }
            if var head {
                guard record.type == RecordType.params else {
                    if record.type == RecordType.abortRequest { return .end }
                    throw .type(record.type)
                }
                try parameters.take(bytes(of: record))
                keep(record)
                if record.contentLength == 0 {
                    try parameters.finish()
                    beginBody()
                    head.records = UnsafeRawBufferPointer(start: memory, count: position)
                    return .head(head)
                }
            } else {
                head = try begin(record)
                keep(record)
            }
        }
    }

    /// Reads FCGI_BEGIN_REQUEST (§5.1).
    private func begin(_ record: RecordHeader) throws(Refusal) -> Head {
        guard record.contentLength == 8 else { throw .length(type: record.type) }
        let body = bytes(of: record)
        let role = UInt16(body[0]) << 8 | UInt16(body[1])
        guard role == 1 else {
            try send(ForeignRecord.unknownRole(record.requestID))
            throw .role(role)
        }
        return Head(requestID: record.requestID, keepsConnection: body[2] & 1 != 0)
    }

    // MARK: Body

    private func beginBody() {
        isBodyFinished = false
        isBroken = false
        refusal = nil
        content = 0..<0
        bodyBegan = nil
        bodyBytes = 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        while count < buffer.count, !isBodyFinished {
            guard !content.isEmpty else {
                nextContent()
                continue
            }
            let step = min(content.count, buffer.count - count)
            UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + step]).copyMemory(
                from: UnsafeRawBufferPointer(start: memory + content.lowerBound, count: step))
            count += step
            content = content.lowerBound + step..<content.upperBound
        }
        return count
    }

    /// Goes on to the next record, or to the body's end.
    private func nextContent() {
        do throws(Refusal) {
            guard let record = try nextRecord() else { return breakOff(nil) }
            let start = position + RecordHeader.size
            let isForeign = try isForeign(record)
            position += record.recordLength
            if isForeign { return }
            switch record.type {
            case RecordType.stdin:
                content = start..<start + record.contentLength
                bodyBytes += record.contentLength
                isBodyFinished = record.contentLength == 0
            case RecordType.abortRequest:
                breakOff(nil)
            default:
                throw .type(record.type)
            }
        } catch {
            breakOff(error)
        }
    }

    private func breakOff(_ refusal: Refusal?) {
        self.refusal = refusal
        isBroken = true
        isBodyFinished = true
    }

    // MARK: Records

    /// The record at `position`, of which every byte has come; nil: the connection's end, or nothing of
    /// a request has come yet.
    private func nextRecord() throws(Refusal) -> RecordHeader? {
        while true {
            if end - position >= RecordHeader.size {
                let header = try RecordHeader(memory + position)
                if end - position >= header.recordLength { return header }
            }
            guard try readMore() else { return nil }
        }
    }

    private func bytes(of record: RecordHeader) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: memory + position + RecordHeader.size, count: record.contentLength)
    }

    /// Whether a record belongs to another request or to none; it was answered, then, where it wants an
    /// answer (§4, §5.5), and is to be passed over (§3.3).
    private func isForeign(_ record: RecordHeader) throws(Refusal) -> Bool {
        let isBegin = record.type == RecordType.beginRequest
        let isManagement = record.requestID == 0
        if isBegin, isManagement { throw .type(record.type) }
        if let head {
            if record.requestID == head.requestID { return false }
        } else if isBegin {
            return false
        }
        foreignRecords += 1
        guard foreignRecords <= Self.foreignLimit else { throw .tooManyForeignRecords }
        if isManagement {
            try send(ForeignRecord.answer(to: record.type, bytes(of: record)))
        } else if isBegin {
            try send(ForeignRecord.cannotMultiplex(record.requestID))
        }
        return true
    }

    /// Goes past a record that libfcgi is to read, without its padding: libfcgi takes that of
    /// FCGI_BEGIN_REQUEST for the next record.
    private func keep(_ record: RecordHeader) {
        let contentEnd = RecordHeader.size + record.contentLength
        if record.paddingLength > 0 {
            var header = record
            header.paddingLength = 0
            header.store(at: memory + position)
            remove(record.paddingLength, at: position + contentEnd)
        }
        position += contentEnd
    }

    private func remove(_ count: Int, at start: Int) {
        memmove(memory + start, memory + start + count, end - start - count)
        end -= count
    }

    private func moveToFront() {
        guard position > 0 else { return }
        if position < end { memmove(memory, memory + position, end - position) }
        end -= position
        position = 0
    }

    // MARK: The connection

    /// An answer of a few bytes: who does not take even these is no web server.
    private func send(_ bytes: [UInt8]) throws(Refusal) {
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        let sent = bytes.withUnsafeBytes { bytes in
            retryingInterrupts { Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) }
        }
        guard sent == bytes.count else { throw .answerNotRead }
    }

    /// Reads what is there, and waits for it where a request has begun; false: the connection's end, or
    /// nothing of a request is there.
    private func readMore() throws(Refusal) -> Bool {
        if !isBodyFinished { moveToFront() }
        isIdle = false
        while true {
            let size = min(Self.capacity - end, Self.readSize)
            let count = retryingInterrupts {
                recv(descriptor, memory + end, size, Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                end += count
                return true
            }
            guard count < 0, errno == EAGAIN else { return false }
            isIdle = head == nil && position == end
            if isIdle { return false }
            try waitForInput()
        }
    }

    private func waitForInput() throws(Refusal) {
        let limit = timeLimit()
        guard limit > 0 else { throw .tooSlow }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = retryingInterrupts {
            poll(&entry, 1, Int32(truncatingIfNeeded: limit))
        }
        if ready == 0 { throw .tooSlow }
    }

    /// Milliseconds that the web server may be silent for now.
    private func timeLimit() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
        guard !isBodyFinished else {
            let deadline = deadline ?? now + headPatience * 1000
            self.deadline = deadline
            return deadline - now
        }
        let began = bodyBegan ?? now
        bodyBegan = began
        let patience = WorkerPool.patience * 1000
        return min(patience, began + patience + bodyBytes * 1000 / Self.slowestBody - now)
    }
}
