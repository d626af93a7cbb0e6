import CCrypt
import Glibc

extension PasswordHash {
    /// A bcrypt hash as PHP's `password_hash` makes it, for accounts made by hand; nil for a password
    /// that no form can hold.
    ///
    /// - Parameter cost: of 2 to its power rounds; PHP's default was 10 for long and is 12 now.
    package static func make(of password: [UInt8], cost: UInt = 12) -> String? {
        // bcrypt would silently ignore what is beyond.
        guard (1...72).contains(password.count), !password.contains(0) else { return nil }
        var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let memory = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        memset(memory, 0, MemoryLayout<crypt_data>.size)
        defer {
            explicit_bzero(memory, MemoryLayout<crypt_data>.size)
            memory.deallocate()
        }
        guard crypt_gensalt_rn("$2y$", cost, nil, 0, &setting, Int32(setting.count)) != nil,
            let made = crypt_r(password.map { CChar(bitPattern: $0) } + [0], setting, memory)
        else { return nil }
        let hash = String(cString: made)
        return hash.hasPrefix("*") ? nil : hash
    }
}
