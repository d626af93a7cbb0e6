/// The Basic scheme of the Authorization header field (RFC 7617).
package struct BasicCredentials: Equatable, Sendable {
    package let name: String
    /// As the client sent them: hashes are of bytes.
    package let password: [UInt8]

    /// Nil for another scheme and for what cannot be read.
    ///
    /// We ask for UTF-8; bytes that are none are taken for Latin-1, which older programs send.
    package init?(headerField: String) {
        let field = Array(headerField.utf8)
        let scheme = "basic ".utf8
        guard field.count > scheme.count,
            zip(field, scheme).allSatisfy({ $0 | 0x20 == $1 | 0x20 }),
            let decoded = Base64.decode(field.dropFirst(scheme.count)),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        var all = decoded
        if String(validating: decoded, as: UTF8.self) == nil {
            all = decoded.flatMap { byte in Array(String(Unicode.Scalar(byte)).utf8) }
        }
        let split = all.firstIndex(of: UInt8(ascii: ":")) ?? colon
        guard let name = String(validating: all[..<split], as: UTF8.self), !name.isEmpty,
            !name.utf8.contains(where: { $0 < 32 || $0 == 127 })
        else { return nil }
        self.name = name
        password = Array(all[(split + 1)...])
    }
}

/// RFC 4648 §4.
package enum Base64 {
    /// Nil for characters outside the alphabet; padding may be missing.
    package static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            case UInt8(ascii: " "): continue
            default: return nil
            }
            guard padding == 0 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
