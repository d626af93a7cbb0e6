/// Collations of text-match (RFC 4791 §7.5).
enum Collation: String, CaseIterable, Sendable {
    case asciiCasemap = "i;ascii-casemap"
    case octet = "i;octet"

    /// Whether `text` stands in `value` as the match type says.
    func matches(_ value: String, _ text: String, _ type: MatchType) -> Bool {
        let pattern = text.utf8.map(fold)
        let bytes = value.utf8.map(fold)
        return switch type {
        case .equals: bytes == pattern
        case .startsWith: bytes.starts(with: pattern)
        case .endsWith: bytes.suffix(pattern.count).elementsEqual(pattern)
        case .contains: Collation.contains(bytes, pattern)
        }
    }

    private static func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
        guard let first = pattern.first else { return true }
        guard bytes.count >= pattern.count else { return false }
        for start in 0...(bytes.count - pattern.count) where bytes[start] == first {
            if bytes[start..<(start + pattern.count)].elementsEqual(pattern) { return true }
        }
        return false
    }

    private func fold(_ byte: UInt8) -> UInt8 {
        guard self == .asciiCasemap, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) else {
            return byte
        }
        return byte | 0x20
    }
}

/// The attribute `match-type` (RFC 6352 §10.5.4): where in a value a text has to stand.
enum MatchType: String, Sendable {
    case equals
    case contains
    case startsWith = "starts-with"
    case endsWith = "ends-with"
}
