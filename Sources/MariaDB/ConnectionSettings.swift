/// Where the database server is, who we are there, and how long we wait for it.
package struct ConnectionSettings: Sendable {
    /// Path of the server's Unix socket; nil: TCP to `host` and `port`.
    package var socket: String?
    /// With no `socket`, the name `localhost` means the client library's default socket, as in PHP.
    package var host = "127.0.0.1"
    package var port: UInt16 = 3306
    package var user = ""
    package var password = ""
    /// Empty: none is chosen.
    package var database = ""

    /// Seconds.
    package var connectTimeout: UInt32 = 5
    /// Seconds without a byte from the server.
    package var readTimeout: UInt32 = 30
    /// Seconds.
    package var writeTimeout: UInt32 = 30
    /// Seconds that a statement waits for another transaction's row lock before error 1205.
    package var lockWaitTimeout: UInt32 = 5

    package var tls = TransportSecurity.off
    /// PEM file of the authorities that may have signed the server's certificate.
    package var caFile: String?

    /// Session variables set at each (re)connect, such as `("@caldav_own", 1)`.
    package var sessionVariables: [(name: String, value: Int)] = []

    /// Names that stand for others in all statements; nil: every name is meant as it is written.
    package var names: NameSubstitution?

    package init() {}
}

/// How far TLS is wanted between us and the database server.
package enum TransportSecurity: String, Sendable, CaseIterable {
    case off
    /// Encrypted where the server can; its certificate is not looked at.
    case preferred
    /// Encrypted, and the certificate is valid and for this host; otherwise no connection.
    case verify
}
