/// Walks over the name-value pairs of a PARAMS stream (FastCGI 1.0 §3.4) and holds their lengths against
/// what is there.
///
/// libfcgi asks for as much memory as a pair's two lengths say, and ends the process where it does not
/// get it; before 2.4.5 their sum may overflow, and the pair is written beyond what was asked for
/// (CVE-2025-23016). So no length gets there that is not that of bytes which have come.
struct ParameterLengths {
    /// The most pairs that a request may have.
    static let limit = 8192

    private enum Part {
        case nameLength, valueLength, bytes
    }

    private var part = Part.nameLength
    /// Bytes of a length of four that are still to come, and its value so far.
    private var lengthBytes = 0
    private var length = 0
    /// Bytes of the pair's name and value that are still to come.
    private var rest = 0
    private var pairs = 0

    /// Takes the next record's content.
    mutating func take(_ content: UnsafeRawBufferPointer) throws(Refusal) {
        var index = 0
        while index < content.count {
            if part == .bytes {
                let step = min(rest, content.count - index)
                index += step
                rest -= step
                if rest == 0 { part = .nameLength }
                continue
            }
            let byte = Int(content[index])
            index += 1
            if lengthBytes > 0 {
                length = length << 8 | byte
                lengthBytes -= 1
            } else if byte & 0x80 != 0 {
                length = byte & 0x7f
                lengthBytes = 3
            } else {
                length = byte
            }
            if lengthBytes == 0 { try endLength() }
        }
    }

    /// One of the two lengths is complete: at most 31 bits, so that their sum is exact.
    private mutating func endLength() throws(Refusal) {
        rest += length
        guard rest <= RequestStream.headLimit else { throw .parameterLength }
        if part == .nameLength {
            part = .valueLength
            return
        }
        pairs += 1
        guard pairs <= Self.limit else { throw .tooManyParameters }
        part = rest == 0 ? .nameLength : .bytes
    }

    /// The stream has ended.
    func finish() throws(Refusal) {
        guard part == .nameLength, lengthBytes == 0 else { throw .parameterLength }
    }
}
