import WebDAV

/// Somebody of another server, as Open Cloud Mesh names them: `otto@cloud.example`.
package struct CloudID: Sendable, Equatable {
    package let user: String
    /// Host, with a port or a path where it has one, and `http://` before it where it has no TLS.
    package let server: String

    package var text: String { "\(user)@\(server)" }

    /// Where discovery begins.
    package var address: String { server.contains("://") ? server : "https://\(server)" }

    /// As Nextcloud reads one: user names have neither `/` nor `:`, so the last `@` before the first of
    /// them parts the two; what follows `/index.php` is of no account.
    package init?(_ text: String) {
        var bytes = Array(text.utf8)[...]
        guard bytes.count <= 255, bytes.allSatisfy({ $0 > 32 && $0 != 127 }) else { return nil }
        if let script = Self.position(of: "/index.php", in: bytes) { bytes = bytes[..<script] }
        while bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let end =
            bytes.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }
            ?? bytes.endIndex
        guard let at = bytes[..<end].lastIndex(of: UInt8(ascii: "@")),
            let user = String(validating: bytes[..<at], as: UTF8.self), !user.isEmpty,
            var server = String(validating: bytes[(at + 1)...], as: UTF8.self), !server.isEmpty
        else { return nil }
        if server.hasPrefix("https://") { server.removeFirst("https://".count) }
        guard !server.isEmpty, !server.hasSuffix(":") else { return nil }
        self.user = user
        self.server = server
    }

    /// Of a user name for Basic, which has it in Base64: it may have a colon in it, which no user name
    /// may (RFC 7617 §2). Nil for any other name.
    init?(userName: String) {
        guard userName.utf8.count.isMultiple(of: 4), let bytes = Base64.decode(userName.utf8),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        self.init(text)
    }

    private static func position(of pattern: String, in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.indices.first { bytes[$0...].starts(with: pattern.utf8) }
    }
}
