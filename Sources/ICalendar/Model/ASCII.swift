import Glibc

/// Work on bytes: everything in iCalendar but its text is ASCII.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lf: UInt8 = 0x0A
    static let cr: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote = UInt8(ascii: "\"")
    static let apostrophe = UInt8(ascii: "'")
    static let comma = UInt8(ascii: ",")
    static let colon = UInt8(ascii: ":")
    static let semicolon = UInt8(ascii: ";")
    static let equals = UInt8(ascii: "=")
    static let backslash = UInt8(ascii: "\\")
    static let caret = UInt8(ascii: "^")
    static let hyphen = UInt8(ascii: "-")

    static func uppercased(_ byte: UInt8) -> UInt8 {
        byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte
    }

    static func uppercasedString<Bytes: RandomAccessCollection<UInt8>>(_ bytes: Bytes) -> String {
        guard bytes.count <= 32, bytes.allSatisfy({ $0 < 0x80 }) else {
            return decode(bytes.map(uppercased)[...])
        }
        return String(unsafeUninitializedCapacity: bytes.count) { buffer in
            for (index, byte) in bytes.enumerated() { buffer[index] = uppercased(byte) }
            return bytes.count
        }
    }

    /// A name fit to be written: upper case, of letters, digits and hyphens (RFC 5545 §3.1).
    static func uppercasedName(_ name: String) -> [UInt8] {
        name.utf8.compactMap { byte in
            let byte = uppercased(byte)
            switch byte {
            case 0x30...0x39, 0x41...0x5A, hyphen, UInt8(ascii: "_"), UInt8(ascii: "."): return byte
            default: return nil
            }
        }
    }

    /// Compares bytes with a text that is given in upper case.
    static func equalIgnoringCase<Bytes: RandomAccessCollection<UInt8>>(
        _ bytes: Bytes, _ from: Int, _ to: Int, _ upper: String
    ) -> Bool where Bytes.Index == Int {
        let expected = upper.utf8
        guard to - from == expected.count, from >= bytes.startIndex, to <= bytes.endIndex else {
            return false
        }
        var index = from
        for byte in expected {
            if uppercased(bytes[index]) != byte { return false }
            index += 1
        }
        return true
    }

    /// First line feed (or other `byte`) at or after an index.
    static func find(_ byte: UInt8, in bytes: [UInt8], from: Int) -> Int? {
        guard from >= 0, from < bytes.count else { return nil }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress,
                let hit = memchr(base + from, Int32(byte), buffer.count - from)
            else { return nil }
            return UnsafeRawPointer(hit) - UnsafeRawPointer(base)
        }
    }

    /// UTF-8, or Windows-1252 where it is none.
    static func decode(_ bytes: ArraySlice<UInt8>) -> String {
        // Most values are ASCII, and validating takes far longer than looking.
        if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(windows1252(byte)) }
        return String(text)
    }

    private static func windows1252(_ byte: UInt8) -> Unicode.Scalar {
        guard byte >= 0x80, byte < 0xA0 else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(windows1252High[Int(byte - 0x80)]) ?? "\u{FFFD}"
    }

    private static let windows1252High: [UInt16] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
    ]

    /// Splits at a separator outside quotes; always at least one part.
    static func split(_ bytes: ArraySlice<UInt8>, at separator: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        var isQuoted = false
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == quote {
                isQuoted.toggle()
            } else if byte == separator, !isQuoted {
                parts.append(bytes[start..<index])
                start = index + 1
            }
        }
        parts.append(bytes[start...])
        return parts
    }

    /// Takes what stands before the next separator outside quotes off a list; nil at its end.
    static func next(
        of list: inout ArraySlice<UInt8>, until separator: UInt8
    ) -> ArraySlice<UInt8>? {
        guard !list.isEmpty else { return nil }
        var isQuoted = false
        var end = list.startIndex
        while end < list.endIndex, isQuoted || list[end] != separator {
            if list[end] == quote { isQuoted.toggle() }
            end += 1
        }
        let part = list[..<end]
        list = list[end...].dropFirst()
        return part
    }

    /// Takes line breaks with the blank that follows out (RFC 5545 §3.1); where the line is
    /// quoted-printable, its soft line breaks too.
    static func unfold(
        _ bytes: [UInt8], _ from: Int, _ to: Int, quotedPrintable: Bool
    ) -> [UInt8] {
        var unfolded: [UInt8] = []
        unfolded.reserveCapacity(to - from)
        var index = from
        while index < to {
            let byte = bytes[index]
            guard byte == lf || byte == cr else {
                unfolded.append(byte)
                index += 1
                continue
            }
            var end = index
            while end < to, bytes[end] == cr { end += 1 }
            if end < to, bytes[end] == lf { end += 1 }
            let hasBreak = bytes[end - 1] == lf
            if end < to, bytes[end] == space || bytes[end] == tab {
                index = end + 1
            } else if quotedPrintable, hasBreak {
                if unfolded.last == equals { unfolded.removeLast() }
                index = end
            } else {
                unfolded += bytes[index..<end]
                index = end
            }
        }
        return unfolded
    }

    static func lineNumber(of offset: Int, in bytes: [UInt8]) -> Int {
        var line = 1
        for byte in bytes.prefix(max(0, offset)) where byte == lf { line += 1 }
        return line
    }
}
