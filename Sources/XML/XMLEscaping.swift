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
        var index = 0
        while index < text.count {
            withUnsafeTemporaryAllocation(byteCount: block * longest, alignment: 8) { bytes in
                var piece = Piece(bytes)
                let end = min(text.count, index + block)
                while index < end {
                    index += escape(text, at: index, inAttribute, into: &piece)
                }
                buffer.append(contentsOf: piece.written)
            }
        }
    }

    /// Bytes of text that are escaped at a time.
    private static let block = 1024
    /// Room for each of them: a reference has six bytes at most, and the last character, or word of
    /// eight, may reach beyond the block.
    private static let longest = 7

    /// What was escaped of a block.
    private struct Piece {
        private let bytes: UnsafeMutableRawBufferPointer
        private var count = 0

        init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

        var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }

        /// Appends the first `length` bytes of a word; those behind it are overwritten by what follows.
        mutating func append(_ word: UInt64, length: Int = 8) {
            bytes.storeBytes(of: word, toByteOffset: count, as: UInt64.self)
            count += length
        }

        mutating func append(_ byte: UInt8) {
            bytes[count] = byte
            count += 1
        }

        mutating func append(_ reference: Reference) {
            append(reference.word, length: reference.length)
        }
    }

    /// What stands for a character: eight bytes at most.
    private struct Reference {
        let word: UInt64
        let length: Int

        init(_ text: String) {
            word = text.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }.littleEndian
            length = text.utf8.count
        }

        static let ampersand = Reference("&amp;")
        static let less = Reference("&lt;")
        static let greater = Reference("&gt;")
        static let carriageReturn = Reference("&#13;")
        static let quote = Reference("&quot;")
        static let lineFeed = Reference("&#10;")
        static let tab = Reference("&#9;")
        static let replacement = Reference("\u{FFFD}")
    }

    /// Appends what stands at `index`: bytes that can be copied, eight at most, or one character.
    ///
    /// - Returns: how many bytes of the text that was.
    private static func escape(
        _ text: UnsafeRawBufferPointer, at index: Int, _ inAttribute: Bool, into piece: inout Piece
    ) -> Int {
        if text.count - index >= 8 {
            let word = text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let plain = plainBytes(of: UInt64(littleEndian: word), inAttribute)
            if plain > 0 {
                piece.append(word, length: plain)
                return plain
            }
        }
        let byte = text[index]
        switch byte {
        case UInt8(ascii: "&"): piece.append(.ampersand)
        case UInt8(ascii: "<"): piece.append(.less)
        case UInt8(ascii: ">"): piece.append(.greater)
        case UInt8(ascii: "\r"): piece.append(.carriageReturn)
        case UInt8(ascii: "\"") where inAttribute: piece.append(.quote)
        case UInt8(ascii: "\n") where inAttribute: piece.append(.lineFeed)
        case UInt8(ascii: "\t") where inAttribute: piece.append(.tab)
        case UInt8(ascii: "\n"), UInt8(ascii: "\t"), 0x20..<0x80: piece.append(byte)
        case 0x80...:
            let length = UTF8Sequence.length(at: index, of: text)
            guard length > 0 else { fallthrough }
            for offset in 0..<length { piece.append(text[index + offset]) }
            return length
        default: piece.append(.replacement)
        }
        return 1
    }

    /// How many of a word's bytes, from the lowest, can be copied without a look at each.
    private static func plainBytes(of word: UInt64, _ inAttribute: Bool) -> Int {
        // In each byte's highest bit: below the space, above ASCII, or one of the characters. Above the
        // first byte that has it, it may be set of others too.
        var care = word | (word &- each(0x20))
        care |= zeros(word ^ each(0x26)) | zeros(word ^ each(0x3C)) | zeros(word ^ each(0x3E))
        if inAttribute { care |= zeros(word ^ each(0x22)) }
        return (care & each(0x80)).trailingZeroBitCount / 8
    }

    /// Eight times the byte.
    private static func each(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

    private static func zeros(_ word: UInt64) -> UInt64 { (word &- each(1)) & ~word }
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
