/// Character data and attribute values as XML 1.0 §2.2 and §2.4 want them.
package enum XMLEscaping {
    /// Appends text with markup characters as references.
    ///
    /// A carriage return becomes a reference, else the reader would take CR LF for one line feed
    /// (§2.11). What XML cannot hold (control characters, U+FFFE, U+FFFF) and what is not UTF-8
    /// becomes U+FFFD.
    package static func append(
        _ text: UnsafeRawBufferPointer, to buffer: inout [UInt8], inAttribute: Bool
    ) {
        let needsCare = inAttribute ? careInAttribute : careInText
        needsCare.withUnsafeBufferPointer { needsCare in
            var start = 0
            var index = 0
            while index < text.count {
                let byte = text[index]
                guard needsCare[Int(byte)] else {
                    index += 1
                    continue
                }
                let length = byte < 0x80 ? 0 : UTF8Sequence.length(at: index, of: text)
                if length > 0 {
                    index += length
                    continue
                }
                buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<index]))
                buffer.append(contentsOf: references[Int(byte)])
                index += 1
                start = index
            }
            buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<index]))
        }
    }

    /// By byte: whether it cannot be copied without a look.
    private static let careInText: [Bool] = (0..<256).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "\n"), UInt8(ascii: "\t"): false
        case 0..<32, UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), 0x80...: true
        default: false
        }
    }
    private static let careInAttribute: [Bool] = (0..<256).map { byte in
        let isOfAttributes = [UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\"")]
        return careInText[byte] || isOfAttributes.contains(UInt8(byte))
    }

    /// By byte: what stands for it where it needs care and begins no character.
    private static let references: [[UInt8]] = (0..<256).map { byte in
        let reference =
            switch UInt8(byte) {
            case UInt8(ascii: "&"): "&amp;"
            case UInt8(ascii: "<"): "&lt;"
            case UInt8(ascii: ">"): "&gt;"
            case UInt8(ascii: "\r"): "&#13;"
            case UInt8(ascii: "\""): "&quot;"
            case UInt8(ascii: "\n"): "&#10;"
            case UInt8(ascii: "\t"): "&#9;"
            default: "\u{FFFD}"
            }
        return Array(reference.utf8)
    }
}

/// Well-formed sequences of UTF-8 (RFC 3629 §4).
enum UTF8Sequence {
    /// Bytes of the multi-byte character that begins at `index`; 0 where there is none, or one that
    /// XML does not allow (U+FFFE, U+FFFF).
    static func length(at index: Int, of text: UnsafeRawBufferPointer) -> Int {
        let first = text[index]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0x80...0xBF)
            }
        guard length > 0, text.count - index >= length, second.contains(text[index + 1]) else {
            return 0
        }
        for offset in 2..<max(2, length) where text[index + offset] & 0xC0 != 0x80 { return 0 }
        if first == 0xEF, text[index + 1] == 0xBF, text[index + 2] >= 0xBE { return 0 }
        return length
    }
}
