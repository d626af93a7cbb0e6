/// Collations of text-match (RFC 4791 §7.5).
enum Collation: String, CaseIterable, Sendable {
    case asciiCasemap = "i;ascii-casemap"
    case octet = "i;octet"

    /// Whether `text` stands anywhere in `value`.
    func contains(_ value: String, _ text: String) -> Bool {
        let pattern = text.utf8.map(fold)
        guard let first = pattern.first else { return true }
        let bytes = value.utf8.map(fold)
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
