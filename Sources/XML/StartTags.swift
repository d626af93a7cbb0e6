/// Looks at the bytes of a document before libxml2 does.
///
/// libxml2 compares each attribute of an element with all others before it hands any of them out,
/// which takes seconds for tens of thousands; and what it would refuse anyway need not be parsed.
enum StartTags {
    /// What makes a document one that is not parsed at all.
    static func fault(in bytes: [UInt8], limits: XMLLimits) -> XMLError? {
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while let start = bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
                let rest = bytes[start...]
                // Nearly all are tags: one byte tells.
                let isMarked = rest.dropFirst().first.map { $0 == mark || $0 == question } ?? false
                func begins(_ text: String) -> Bool { isMarked && rest.starts(with: text.utf8) }
                if begins("<!--") {
                    index = end(of: "-->", in: bytes, from: start + 4)
                } else if begins("<![CDATA[") {
                    index = end(of: "]]>", in: bytes, from: start + 9)
                } else if begins("<?") {
                    index = end(of: "?>", in: bytes, from: start + 2)
                } else if begins("<!DOCTYPE") {
                    return XMLError(.documentType, message: "a document type declaration")
                } else {
                    guard let next = endOfTag(in: bytes, from: start + 1, limits) else {
                        return XMLError(
                            .tooLarge,
                            message: "more than \(limits.attributes) attributes in an element")
                    }
                    index = next
                }
            }
            return nil
        }
    }

    private static let mark = UInt8(ascii: "!")
    private static let question = UInt8(ascii: "?")

    /// The index after a tag; nil where it has more equal signs than attributes are allowed.
    private static func endOfTag(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ limits: XMLLimits
    ) -> Int? {
        var quote: UInt8?
        var count = 0
        for index in start..<bytes.count {
            let byte = bytes[index]
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: ">"): return index + 1
            case UInt8(ascii: "="):
                count += 1
                if count > limits.attributes { return nil }
            default: break
            }
        }
        return bytes.count
    }

    private static func end(
        of mark: StaticString, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
    ) -> Int {
        let mark = UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
        var index = start
        while index + mark.count <= bytes.count {
            if bytes[index..<(index + mark.count)].elementsEqual(mark) {
                return index + mark.count
            }
            index += 1
        }
        return bytes.count
    }
}
