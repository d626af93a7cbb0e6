import CCrypto

/// The functions of libcrypto that the store needs, over bytes.
package enum Digest {
    // It is never freed, and nothing changes it.
    private nonisolated(unsafe) static let sha256Algorithm = ccrypto_digest("SHA256")

    /// 32 bytes.
    package static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        guard let digest = digest(bytes, by: sha256Algorithm, size: 32) else {
            // ETags, UIDs and remembered sign-ins are made of it: nothing could be answered.
            preconditionFailure("libcrypto lacks SHA-256")
        }
        return digest
    }

    /// 32 bytes.
    package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        Array(bytes).withUnsafeBytes { sha256($0) }
    }

    /// Of the UTF-8 bytes.
    package static func sha256(_ text: String) -> [UInt8] {
        var text = text
        return text.withUTF8 { sha256(UnsafeRawBufferPointer($0)) }
    }

    /// 32 bytes (RFC 2104). The corresponding C function is `HMAC`.
    package static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        let made = ccrypto_hmac(
            sha256Algorithm, key, Int32(clamping: key.count), message, message.count, &result)
        precondition(made == 1, "libcrypto has SHA-256")
        return result
    }

    /// Bytes that nobody can guess. The corresponding C function is `RAND_bytes`.
    package static func random(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(count, 0))
        // Secrets that are not random are worse than no service.
        precondition(RAND_bytes(&bytes, Int32(clamping: bytes.count)) == 1, "no random numbers")
        return bytes
    }

    /// Two lower-case digits a byte.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        var codes: [UInt8] = []
        codes.reserveCapacity(2 * bytes.underestimatedCount)
        for byte in bytes {
            codes.append(digit(byte >> 4))
            codes.append(digit(byte & 15))
        }
        return String(decoding: codes, as: UTF8.self)
    }

    /// Of a number below 16.
    private static func digit(_ number: UInt8) -> UInt8 {
        number < 10 ? UInt8(ascii: "0") + number : UInt8(ascii: "a") - 10 + number
    }

    /// Whether both are the same, in a time that does not tell where they differ.
    package static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
    }

    /// Nil where the library does not have the algorithm. The corresponding C function is `EVP_Digest`.
    private static func digest(
        _ bytes: UnsafeRawBufferPointer, by algorithm: OpaquePointer?, size: Int
    ) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: size)
        let made = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, algorithm, nil)
        return made == 1 ? digest : nil
    }
}
