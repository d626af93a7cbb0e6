import Glibc

/// IP addresses that begin with the same bits, such as `10.0.0.0/8` or `::1`.
package struct AddressRange: Sendable, Equatable {
    /// As it was written.
    package let text: String
    private let bytes: [UInt8]
    private let bits: Int

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = Self.bytes(of: String(parts[0])) else {
            return nil
        }
        let all = bytes.count * 8
        let bits = parts.count == 2 ? Int(parts[1]) : all
        guard let bits, (0...all).contains(bits) else { return nil }
        self.text = text
        self.bytes = bytes
        self.bits = bits
    }

    /// Ranges with commas between them; nil when one is none.
    @Sendable package static func list(_ text: String) -> [AddressRange]? {
        var ranges: [AddressRange] = []
        for part in text.split(separator: ",") {
            guard let range = AddressRange(String(part.filter { !$0.isWhitespace })) else {
                return nil
            }
            ranges.append(range)
        }
        return ranges
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address) else { return false }
        return contains(other)
    }

    /// - Parameter other: in network order: 4 bytes, or 16.
    func contains(_ other: [UInt8]) -> Bool {
        guard other.count == bytes.count else { return false }
        for (index, (one, other)) in zip(bytes, other).enumerated() {
            let rest = bits - index * 8
            if rest <= 0 { return true }
            let mask = rest >= 8 ? UInt8.max : ~(UInt8.max >> UInt8(rest))
            if (one ^ other) & mask != 0 { return false }
        }
        return true
    }

    /// In network order; an IPv4 address in IPv6 form counts as IPv4. The corresponding C function
    /// is `inet_pton`.
    static func bytes(of address: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, address, &bytes) == 1 { return Array(bytes.prefix(4)) }
        guard inet_pton(AF_INET6, address, &bytes) == 1 else { return nil }
        return unmapped(bytes)
    }

    /// The IPv4 address that an IPv6 address stands for (RFC 4291 §2.5.5.2), or the same.
    static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes.suffix(4)) : bytes
    }
}
