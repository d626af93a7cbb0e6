internal import CCrypto

/// A secret as it is kept in a database: AES-256-GCM (NIST SP 800-38D) with a key that is not there.
///
/// One byte of version, 12 of nonce, the ciphertext, 16 of tag.
package enum SealedSecret {
    package struct Unreadable: Error {}

    private static let version: UInt8 = 1
    private static let nonceSize = 12
    private static let tagSize = 16

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - context: what the secret belongs to; it opens for nothing else.
    package static func seal(_ secret: String, key: SecretKey, context: String) -> [UInt8] {
        var nonce = [UInt8](repeating: 0, count: nonceSize)
        // Secrets that are not random are worse than none.
        precondition(RAND_bytes(&nonce, Int32(nonceSize)) == 1, "no random numbers")
        let plain = Array(secret.utf8)
        let cipher = Cipher(key, nonce, encrypts: true)
        cipher.add(context: Array(context.utf8))
        let sealed = cipher.update(plain)
        precondition(cipher.finish(), "libcrypto has AES-256-GCM")
        return [version] + nonce + sealed + cipher.tag(tagSize)
    }

    /// - Throws: where the key is another, or somebody changed the bytes.
    package static func open(
        _ sealed: [UInt8], key: SecretKey, context: String
    ) throws(Unreadable) -> String {
        guard sealed.count >= 1 + nonceSize + tagSize, sealed[0] == version else {
            throw Unreadable()
        }
        let nonce = Array(sealed[1...nonceSize])
        let body = Array(sealed[(1 + nonceSize)..<(sealed.count - tagSize)])
        let cipher = Cipher(key, nonce, encrypts: false)
        cipher.add(context: Array(context.utf8))
        let plain = cipher.update(body)
        cipher.expect(tag: Array(sealed.suffix(tagSize)))
        guard cipher.finish(), let secret = String(validating: plain, as: UTF8.self) else {
            throw Unreadable()
        }
        return secret
    }
}

/// 32 bytes that open the secrets.
package struct SecretKey: Sendable {
    package static let size = 32
    let bytes: [UInt8]

    /// Nil for another number of bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == SecretKey.size else { return nil }
        self.bytes = bytes
    }
}

private final class Cipher {
    private let context: OpaquePointer?
    private let encrypts: Bool

    init(_ key: SecretKey, _ nonce: [UInt8], encrypts: Bool) {
        self.encrypts = encrypts
        context = EVP_CIPHER_CTX_new()
        let status = EVP_CipherInit_ex(
            context, EVP_aes_256_gcm(), nil, key.bytes, nonce, encrypts ? 1 : 0)
        precondition(status == 1, "libcrypto has AES-256-GCM")
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    func add(context data: [UInt8]) {
        var count: Int32 = 0
        _ = EVP_CipherUpdate(context, nil, &count, data, Int32(clamping: data.count))
    }

    func update(_ input: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: input.count + 16)
        var count: Int32 = 0
        guard
            EVP_CipherUpdate(context, &output, &count, input, Int32(clamping: input.count)) == 1
        else { return [] }
        return Array(output.prefix(Int(count)))
    }

    /// Whether all is right; of a decrypted text nothing may be used before.
    func finish() -> Bool {
        var rest = [UInt8](repeating: 0, count: 32)
        var count: Int32 = 0
        return EVP_CipherFinal_ex(context, &rest, &count) == 1
    }

    func tag(_ size: Int) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: size)
        _ = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(size), &tag)
        return tag
    }

    func expect(tag: [UInt8]) {
        var tag = tag
        _ = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag)
    }
}
