import CArgon2
import CCrypt
import Glibc

/// The stored forms of a password: those of PHP's `password_hash` and of crypt(3).
package enum PasswordHash {
    /// Whether `password` is the one that `stored` was made of.
    ///
    /// Takes as long as the hash is meant to take. False for an unknown or too costly form, and for
    /// passwords that no form can hold: with a NUL, or of more than 1024 bytes (of crypt(3)'s forms:
    /// more than 511). bcrypt looks at the first 72 bytes only, as in PHP.
    package static func verify(_ password: [UInt8], against stored: [UInt8]) -> Bool {
        guard password.count <= 1024, !password.contains(0) else { return false }
        switch PasswordForm(of: stored) {
        case .bcrypt: return isCrypt(Array(password.prefix(72)), stored)
        case .crypt: return isCrypt(password, stored)
        case .argon2i: return isArgon2(password, stored, argon2i_verify)
        case .argon2id: return isArgon2(password, stored, argon2id_verify)
        case nil: return false
        }
    }

    /// Whether `stored` has a form, and a cost, that `verify` takes.
    package static func isVerifiable(_ stored: [UInt8]) -> Bool { PasswordForm(of: stored) != nil }

    /// The corresponding C function is `crypt_r`.
    private static func isCrypt(_ password: [UInt8], _ stored: [UInt8]) -> Bool {
        // 32 KiB, which a thread's stack need not have.
        let memory = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        memset(memory, 0, MemoryLayout<crypt_data>.size)
        defer {
            explicit_bzero(memory, MemoryLayout<crypt_data>.size)
            memory.deallocate()
        }
        let made = terminated(password).withUnsafeBufferPointer { password in
            terminated(stored).withUnsafeBufferPointer { setting in
                crypt_r(password.baseAddress, setting.baseAddress, memory)
            }
        }
        // A failure is nil or a text that begins with an asterisk, which no form does.
        guard let made else { return false }
        let hash = [UInt8](UnsafeRawBufferPointer(start: made, count: strlen(made)))
        return Digest.areEqual(hash, stored)
    }

    private typealias Argon2Verify = (UnsafePointer<CChar>?, UnsafeRawPointer?, Int) -> Int32

    /// The corresponding C functions are `argon2i_verify` and `argon2id_verify`; they compare in
    /// constant time.
    private static func isArgon2(
        _ password: [UInt8], _ stored: [UInt8], _ verify: Argon2Verify
    ) -> Bool {
        terminated(stored).withUnsafeBufferPointer { encoded in
            verify(encoded.baseAddress, password, password.count) == ARGON2_OK.rawValue
        }
    }

    private static func terminated(_ bytes: [UInt8]) -> [CChar] {
        bytes.map { CChar(bitPattern: $0) } + [0]
    }
}

/// Who is to judge a stored password, if its cost is within bounds.
///
/// The hash comes from a table that others write: one row must not be able to stop the service.
enum PasswordForm {
    case bcrypt, crypt, argon2i, argon2id

    init?(of stored: [UInt8]) {
        guard stored.count <= 512, stored.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let text = String(decoding: stored, as: UTF8.self)
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count > 1 else {
            // Traditional DES: two characters of salt and eleven of hash.
            guard stored.count == 13, stored.allSatisfy(PasswordForm.isCryptDigit) else {
                return nil
            }
            self = .crypt
            return
        }
        guard parts[0].isEmpty, parts.count >= 4 else { return nil }
        switch parts[1] {
        case "2a", "2b", "2y":
            guard stored.count == 60, let cost = Int(parts[2]), (4...16).contains(cost) else {
                return nil
            }
            self = .bcrypt
        case "1":
            self = .crypt
        case "5", "6":
            guard PasswordForm.hasFairRounds(parts[2]) else { return nil }
            self = .crypt
        case "y":
            guard PasswordForm.isFairYescrypt(parts[2]) else { return nil }
            self = .crypt
        case "argon2i", "argon2id":
            guard parts.count == 6, PasswordForm.isFairArgon2(parts[3]) else { return nil }
            self = parts[1] == "argon2i" ? .argon2i : .argon2id
        default:
            return nil
        }
    }

    /// `rounds=N`, or a salt and 5000 rounds.
    private static func hasFairRounds(_ field: Substring) -> Bool {
        guard field.hasPrefix("rounds=") else { return true }
        guard let rounds = Int(field.dropFirst("rounds=".count)) else { return false }
        return rounds <= 2_000_000
    }

    /// `j9T`: flavour, log2 N - 1, r - 1, of the digits of crypt(3); more would be further costs.
    private static func isFairYescrypt(_ field: Substring) -> Bool {
        let codes = Array(field.utf8)
        guard codes.count == 3, let exponent = cryptDigits.firstIndex(of: codes[1]) else {
            return false
        }
        // N = 2^17 with r = 32 is half a GiB.
        return exponent < 17
    }

    /// `m=65536,t=4,p=1`: KiB, passes, lanes.
    private static func isFairArgon2(_ field: Substring) -> Bool {
        var costs: [Substring: Int] = [:]
        for pair in field.split(separator: ",") {
            guard let equals = pair.firstIndex(of: "=") else { return false }
            costs[pair[..<equals]] = Int(pair[pair.index(after: equals)...])
        }
        guard let memory = costs["m"], let passes = costs["t"], let lanes = costs["p"] else {
            return false
        }
        return (1...1_048_576).contains(memory) && (1...1_000).contains(passes)
            && (1...64).contains(lanes) && memory * passes <= 8 << 20
    }

    private static let cryptDigits = Array(
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    private static func isCryptDigit(_ byte: UInt8) -> Bool { cryptDigits.contains(byte) }
}
