/// TEXT values (RFC 5545 §3.3.11).
enum TextValue {
    /// Escapes backslash, semicolon, comma and line breaks; other controls but TAB are left out,
    /// since no content line may hold them.
    static func escape(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + 8)
        var previousWasCR = false
        for byte in text.utf8 {
            switch byte {
            case ASCII.backslash, ASCII.semicolon, ASCII.comma:
                escaped.append(ASCII.backslash)
                escaped.append(byte)
            case ASCII.lf where previousWasCR:
                break
            case ASCII.lf, ASCII.cr:
                escaped.append(ASCII.backslash)
                escaped.append(UInt8(ascii: "n"))
            case 0..<0x20 where byte != ASCII.tab, 0x7F:
                break
            default:
                escaped.append(byte)
            }
            previousWasCR = byte == ASCII.cr
        }
        return String(decoding: escaped, as: UTF8.self)
    }

    /// A backslash before anything that needs none stands for itself: producers forget to escape
    /// paths.
    static func unescape(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.contains(ASCII.backslash) else { return ASCII.decode(bytes) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            guard byte == ASCII.backslash, index + 1 < bytes.endIndex else {
                text.append(byte)
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "n"), UInt8(ascii: "N"): text.append(ASCII.lf)
            case ASCII.backslash, ASCII.semicolon, ASCII.comma, ASCII.quote, ASCII.colon:
                text.append(bytes[index + 1])
            default: text += [byte, bytes[index + 1]]
            }
            index += 2
        }
        return ASCII.decode(text[...])
    }

    /// Splits at commas that no backslash precedes.
    static func split(_ bytes: [UInt8], at separator: UInt8) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < bytes.count {
            if bytes[index] == ASCII.backslash {
                index += 2
                continue
            }
            if bytes[index] == separator {
                parts.append(bytes[start..<index])
                start = index + 1
            }
            index += 1
        }
        parts.append(bytes[min(start, bytes.count)...])
        return parts
    }

    /// Undoes quoted-printable (RFC 2045 §6.7), which vCalendar 1.0 used.
    static func decodeQuotedPrintable(_ bytes: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == ASCII.equals, index + 2 < bytes.count,
                let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
            {
                let byte = high << 4 | low
                if byte != ASCII.cr { decoded.append(byte) }
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

extension Property {
    /// The value as TEXT, unescaped; of a list, all of it.
    package var text: String {
        TextValue.unescape(textBytes[...])
    }

    /// The value as a list of TEXT, each unescaped (CATEGORIES, RESOURCES).
    package var textList: [String] {
        TextValue.split(textBytes, at: ASCII.comma).map(TextValue.unescape)
    }

    /// The fields of a structured value, each unescaped (GEO, REQUEST-STATUS).
    package var fields: [String] {
        TextValue.split(textBytes, at: ASCII.semicolon).map(TextValue.unescape)
    }

    /// The value as INTEGER (RFC 5545 §3.3.8), blanks around it allowed; one that is beyond 32 bits is
    /// the nearest that is not.
    package var integer: Int? {
        Int(ASCII.decode(ASCII.trim(rawSlice))).map { Int(Int32(clamping: $0)) }
    }

    /// As vCalendar 1.0 wrote text with line breaks.
    var isQuotedPrintable: Bool {
        parameter("ENCODING").map { $0.uppercased() == "QUOTED-PRINTABLE" } ?? false
    }

    private var textBytes: [UInt8] {
        isQuotedPrintable ? TextValue.decodeQuotedPrintable(rawBytes) : rawBytes
    }
}

extension ASCII {
    /// Without blanks at either end.
    static func trim(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        trim(bytes[...])
    }

    static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var slice = bytes
        while let byte = slice.first, byte <= space { slice = slice.dropFirst() }
        while let byte = slice.last, byte <= space { slice = slice.dropLast() }
        return slice
    }
}
