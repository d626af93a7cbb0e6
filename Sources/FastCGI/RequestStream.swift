import Glibc

/// Reads requests' records from connections, and lets nothing pass that a web server does not send.
///
/// libfcgi reads what comes before the body, and no byte of it that was not checked here: it trusts
/// lengths, writes more than it has room for where FCGI_GET_VALUES names a variable often, takes padding
/// for a record, and waits for ever for a peer that does not read what it answers. The records of the
/// body it never sees.
///
/// A thread has one for all its requests. Every record but those of the body is whole in memory before
/// it is looked at.
final class RequestStream {
    /// The most bytes of the records before a body. nginx sends up to a tenth of a megabyte with the
    /// limits it has by default: a line of 8 KB in seven parameters, and 32 KB of header fields.
    static let headLimit = 256 << 10
    /// Records of other requests and of none, between those of one request.
    private static let foreignLimit = 32
    /// Bytes a second at which a body has to come on the whole, once `WorkerPool.patience` is over.
    static let slowestBody = 1 << 10

    static let readSize = 32 << 10
    /// What a record fits in that begins within the limit.
    static let capacity = (headLimit + RecordHeader.longestRecord + readSize) & ~0xfff

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

    let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    let headPatience: Int
    var descriptor: Int32 = -1
    /// What was read and not looked at yet is `position..<end` of the memory. Before a body, what was
    /// looked at stays where it is.
    var position = 0
    var end = 0

    var head: Head?
    /// Whether nothing of a request had come when there was last something to be read.
    var isIdle = false
    private var foreignRecords = 0
    /// When the time for the head is over; set when it has to be waited for.
    var deadline: Int?

    /// What has come of the body and is to be handed out.
    var content = 0..<0
    /// Bytes of the current STDIN record that are not in `content` yet: its content, then its padding.
    var contentRest = 0
    var paddingRest = 0
    /// Whether it is the empty one, which ends the body.
    var isLastRecord = false
    var bodyBegan: Int?
    var bodyBytes = 0
    /// True before a body too, where what was looked at has to stay in its place.
    var isBodyFinished = true

    /// Whether the body ended otherwise than by its end.
    var isBroken = false
    /// Why it did, where the web server did what it may not.
    var refusal: Refusal?

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
        // The last request's body may have been left unread.
        isBodyFinished = true
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

    // MARK: Records

    /// The header of the record at `position`; nil: the connection's end, or nothing of a request has
    /// come yet.
    func nextHeader() throws(Refusal) -> RecordHeader? {
        while end - position < RecordHeader.size {
            guard try readMore() else { return nil }
        }
        return try RecordHeader(memory + position)
    }

    /// The same, when every byte of the record has come.
    func nextRecord() throws(Refusal) -> RecordHeader? {
        guard let header = try nextHeader() else { return nil }
        while end - position < header.recordLength {
            guard try readMore() else { return nil }
        }
        return header
    }

    private func bytes(of record: RecordHeader) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: memory + position + RecordHeader.size, count: record.contentLength)
    }

    /// Whether a record belongs to another request or to none; it was answered, then, where it wants an
    /// answer (§4, §5.5), and is to be passed over (§3.3).
    func isForeign(_ record: RecordHeader) throws(Refusal) -> Bool {
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

    func moveToFront() {
        guard position > 0 else { return }
        if position < end { memmove(memory, memory + position, end - position) }
        end -= position
        position = 0
    }
}
