/// Types of records (FastCGI 1.0 §8).
enum RecordType {
    static let beginRequest: UInt8 = 1
    static let abortRequest: UInt8 = 2
    static let endRequest: UInt8 = 3
    static let params: UInt8 = 4
    static let stdin: UInt8 = 5
    static let stdout: UInt8 = 6
    static let getValues: UInt8 = 9
    static let getValuesResult: UInt8 = 10
    static let unknownType: UInt8 = 11
}

/// What a record begins with (FastCGI 1.0 §3.3).
struct RecordHeader {
    static let size = 8
    static let version: UInt8 = 1
    /// The most bytes that a record has: header, content and padding.
    static let longestRecord = size + Int(UInt16.max) + Int(UInt8.max)

    var type: UInt8
    var requestID: UInt16
    var contentLength: Int
    var paddingLength = 0

    /// Bytes of the whole record.
    var recordLength: Int { Self.size + contentLength + paddingLength }

    init(_ type: UInt8, requestID: UInt16, contentLength: Int, paddingLength: Int = 0) {
        self.type = type
        self.requestID = requestID
        self.contentLength = contentLength
        self.paddingLength = paddingLength
    }

    /// Reads the 8 bytes at `bytes`.
    init(_ bytes: UnsafeRawPointer) throws(Refusal) {
        func byte(_ offset: Int) -> UInt8 { bytes.load(fromByteOffset: offset, as: UInt8.self) }
        guard byte(0) == Self.version else { throw .version(byte(0)) }
        type = byte(1)
        requestID = UInt16(byte(2)) << 8 | UInt16(byte(3))
        contentLength = Int(byte(4)) << 8 | Int(byte(5))
        paddingLength = Int(byte(6))
    }

    /// Writes the 8 bytes at `bytes`.
    func store(at bytes: UnsafeMutableRawPointer) {
        let length = UInt16(truncatingIfNeeded: contentLength)
        bytes.storeBytes(of: Self.version, as: UInt8.self)
        bytes.storeBytes(of: type, toByteOffset: 1, as: UInt8.self)
        bytes.storeBytes(of: requestID.bigEndian, toByteOffset: 2, as: UInt16.self)
        bytes.storeBytes(of: length.bigEndian, toByteOffset: 4, as: UInt16.self)
        bytes.storeBytes(
            of: UInt8(truncatingIfNeeded: paddingLength), toByteOffset: 6, as: UInt8.self)
        bytes.storeBytes(of: 0, toByteOffset: 7, as: UInt8.self)
    }
}
