/// What is answered to a record that is not part of the request in hand (FastCGI 1.0 §4, §5.5).
enum ForeignRecord {
    /// We take one request at a time on a connection.
    static func cannotMultiplex(_ requestID: UInt16) -> [UInt8] { end(requestID, status: 1) }

    static func unknownRole(_ requestID: UInt16) -> [UInt8] { end(requestID, status: 3) }

    /// FCGI_END_REQUEST with a protocol status.
    private static func end(_ requestID: UInt16, status: UInt8) -> [UInt8] {
        record(
            RecordHeader(RecordType.endRequest, requestID: requestID, contentLength: 8),
            [0, 0, 0, 0, status, 0, 0, 0])
    }

    /// The answer to a management record, which is one of request 0.
    static func answer(to type: UInt8, _ content: UnsafeRawBufferPointer) -> [UInt8] {
        guard type == RecordType.getValues else {
            return record(
                RecordHeader(RecordType.unknownType, requestID: 0, contentLength: 8),
                [type, 0, 0, 0, 0, 0, 0, 0])
        }
        // Of the variables, the one that we can say something of; the others are left out.
        let name = Array("FCGI_MPXS_CONNS".utf8)
        let isAsked = names(in: content).contains { $0.elementsEqual(name) }
        let values = isAsked ? [UInt8(name.count), 1] + name + [UInt8(ascii: "0")] : []
        let padding = -values.count & 7
        return record(
            RecordHeader(
                RecordType.getValuesResult, requestID: 0, contentLength: values.count,
                paddingLength: padding),
            values + [UInt8](repeating: 0, count: padding))
    }

    /// The names of the pairs, as far as these can be read; long ones are none that we know.
    private static func names(in content: UnsafeRawBufferPointer) -> [Slice<UnsafeRawBufferPointer>]
    {
        var names: [Slice<UnsafeRawBufferPointer>] = []
        var rest = content[...]
        while let nameLength = rest.popFirst(), let valueLength = rest.popFirst(),
            nameLength < 0x80, valueLength < 0x80
        {
            names.append(rest.prefix(Int(nameLength)))
            rest = rest.dropFirst(Int(nameLength) + Int(valueLength))
        }
        return names
    }

    private static func record(_ header: RecordHeader, _ content: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: RecordHeader.size)
        bytes.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { header.store(at: start) }
        }
        return bytes + content
    }
}
