/// The characters that a column's character set has.
///
/// In strict mode the server refuses a text with any other; we put a question mark in its place, and
/// the object keeps what was written.
enum Repertoire: Sendable {
    /// utf8mb4 and the UTF-16 and UTF-32 sets.
    case unicode
    /// utf8mb3 and ucs2: U+0000 to U+FFFF.
    case basicPlane
    /// MySQL's latin1, which is Windows code page 1252.
    case windows1252
    case ascii
    /// A set that we know nothing of: all but what no old set has.
    case other

    init(characterSet: String?) {
        switch characterSet {
        case nil, "utf8mb4", "utf16", "utf16le", "utf32", "binary": self = .unicode
        case "utf8", "utf8mb3", "ucs2": self = .basicPlane
        case "latin1": self = .windows1252
        case "ascii": self = .ascii
        default: self = .other
        }
    }

    /// `text` with `?` for each character that the set lacks.
    func degraded(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) || self == .unicode { return text }
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { kept.append(has(scalar) ? scalar : "?") }
        return String(kept)
    }

    private func has(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .unicode: true
        case .basicPlane, .other: scalar.value <= 0xFFFF
        case .windows1252:
            scalar.value < 0x80 || (0xA0...0xFF).contains(scalar.value)
                || Repertoire.between0x80And0x9F.contains(scalar)
        case .ascii: scalar.value < 0x80
        }
    }

    private static let between0x80And0x9F: Set<Unicode.Scalar> = Set(
        "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".unicodeScalars)
}
