/// A GEO value: degrees north and east (RFC 5545 §3.8.1.6).
package struct Geo: Hashable, Sendable {
    package let latitude: Double
    package let longitude: Double
}

extension Property {
    /// The value as GEO; a comma, or an escaped semicolon, between the two is tolerated.
    package var geo: Geo? {
        let parts = text.split { $0 == ";" || $0 == "," }.map {
            ASCII.decode(ASCII.trim(Array($0.utf8)))
        }
        guard parts.count == 2, let latitude = Double(parts[0]), let longitude = Double(parts[1]),
            abs(latitude) <= 90, abs(longitude) <= 180
        else { return nil }
        return Geo(latitude: latitude, longitude: longitude)
    }

    /// The value as BINARY (RFC 5545 §3.3.1): base64, blanks left out; nil where it is none.
    package var binary: [UInt8]? {
        var decoded: [UInt8] = []
        var (buffer, bits) = (UInt32(0), 0)
        for byte in rawBytes where byte > ASCII.space && byte != ASCII.equals {
            guard let value = Property.base64(byte) else { return nil }
            buffer = buffer << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                decoded.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return decoded
    }

    private static func base64(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte) - 0x41
        case 0x61...0x7A: UInt32(byte) - 0x61 + 26
        case 0x30...0x39: UInt32(byte) - 0x30 + 52
        case UInt8(ascii: "+"), ASCII.hyphen: 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
