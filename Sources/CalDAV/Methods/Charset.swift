import WebDAV

/// What the bytes of a text mean (RFC 5545 §3.1.4): UTF-8, unless Content-Type says otherwise.
enum Charset: Sendable {
    case utf8, windows1252, latin9, utf16, utf16LittleEndian, utf16BigEndian

    /// - Parameter name: lower case, of the IANA registry.
    init?(named name: String) {
        guard let row = Charset.names.first(where: { $0.names.contains(name) }) else { return nil }
        self = row.charset
    }

    private static let names: [(charset: Charset, names: [String])] = [
        (.utf8, ["utf-8", "utf8", "us-ascii", "ascii"]),
        // What calls itself ISO-8859-1 mostly is this, which has characters in place of controls.
        (.windows1252, ["iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252"]),
        (.latin9, ["iso-8859-15", "latin9", "latin-9"]),
        (.utf16, ["utf-16"]),
        (.utf16LittleEndian, ["utf-16le"]),
        (.utf16BigEndian, ["utf-16be"]),
    ]

    /// The text in UTF-8.
    /// - Throws: `valid-calendar-data` for bytes that the charset does not have.
    func utf8(_ bytes: [UInt8]) throws(RequestError) -> [UInt8] {
        let text: [UInt8]?
        switch self {
        case .utf8: text = String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
        case .windows1252: text = Charset.utf8(bytes) { Charset.windows1252Only[$0] }
        case .latin9: text = Charset.utf8(bytes) { Charset.latin9Only[$0] }
        case .utf16: text = Charset.utf8(ofUTF16: bytes, isBigEndian: nil)
        case .utf16LittleEndian: text = Charset.utf8(ofUTF16: bytes, isBigEndian: false)
        case .utf16BigEndian: text = Charset.utf8(ofUTF16: bytes, isBigEndian: true)
        }
        guard let text else {
            throw RequestError(
                .validCalendarData, "The bytes are not of the charset that Content-Type says.")
        }
        return text
    }

    /// - Parameter other: what a byte means that does not have its own number; nil: its number.
    private static func utf8(_ bytes: [UInt8], _ other: (UInt8) -> UInt16?) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            guard byte >= 0x80 else {
                text.append(byte)
                continue
            }
            let scalar = Unicode.Scalar(other(byte) ?? UInt16(byte)) ?? "\u{FFFD}"
            text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
        return text
    }

    /// - Parameter isBigEndian: nil: as the byte order mark says, else yes (RFC 2781 §4.3).
    private static func utf8(ofUTF16 bytes: [UInt8], isBigEndian: Bool?) -> [UInt8]? {
        guard bytes.count.isMultiple(of: 2) else { return nil }
        var isBigEndian = isBigEndian ?? true
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        for index in stride(from: 0, to: bytes.count, by: 2) {
            let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
            let unit = isBigEndian ? first << 8 | second : second << 8 | first
            if index == 0, unit == 0xFEFF { continue }
            if index == 0, unit == 0xFFFE {
                isBigEndian.toggle()
                continue
            }
            units.append(unit)
        }
        return String(validating: units, as: UTF16.self).map { Array($0.utf8) }
    }

    /// Bytes of Windows-1252 that are not of ISO-8859-1.
    private static let windows1252Only: [UInt8: UInt16] = [
        0x80: 0x20AC, 0x82: 0x201A, 0x83: 0x0192, 0x84: 0x201E, 0x85: 0x2026, 0x86: 0x2020,
        0x87: 0x2021, 0x88: 0x02C6, 0x89: 0x2030, 0x8A: 0x0160, 0x8B: 0x2039, 0x8C: 0x0152,
        0x8E: 0x017D, 0x91: 0x2018, 0x92: 0x2019, 0x93: 0x201C, 0x94: 0x201D, 0x95: 0x2022,
        0x96: 0x2013, 0x97: 0x2014, 0x98: 0x02DC, 0x99: 0x2122, 0x9A: 0x0161, 0x9B: 0x203A,
        0x9C: 0x0153, 0x9E: 0x017E, 0x9F: 0x0178,
    ]

    /// Bytes of ISO-8859-15 that are not of ISO-8859-1.
    private static let latin9Only: [UInt8: UInt16] = [
        0xA4: 0x20AC, 0xA6: 0x0160, 0xA8: 0x0161, 0xB4: 0x017D, 0xB8: 0x017E, 0xBC: 0x0152,
        0xBD: 0x0153, 0xBE: 0x0178,
    ]
}
