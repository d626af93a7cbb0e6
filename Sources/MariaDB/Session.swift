// How a session with the server is begun, and the C calls that several files share.

import CMariaDB
import Glibc

/// `mysql_init` initialises the library itself, but not for two threads at once.
private let libraryIsInitialised = mysql_server_init(0, nil, nil) == 0

/// The corresponding C function is `mysql_real_connect`.
func connect(
    with settings: ConnectionSettings
) throws(DatabaseError) -> UnsafeMutablePointer<MYSQL> {
    guard libraryIsInitialised, let handle = mysql_init(nil) else { throw .outOfMemory }
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
    set(MYSQL_OPT_CONNECT_TIMEOUT, settings.connectTimeout, on: handle)
    set(MYSQL_OPT_READ_TIMEOUT, settings.readTimeout, on: handle)
    set(MYSQL_OPT_WRITE_TIMEOUT, settings.writeTimeout, on: handle)
    if settings.tls != .off {
        if let caFile = settings.caFile { mysql_options(handle, MYSQL_OPT_SSL_CA, caFile) }
        set(MYSQL_OPT_SSL_ENFORCE, true, on: handle)
        set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, settings.tls == .verify, on: handle)
    }
    let session = mysql_real_connect(
        handle, settings.socket == nil ? settings.host : nil, settings.user, settings.password,
        settings.database.isEmpty ? nil : settings.database, UInt32(settings.port),
        settings.socket, UInt(CLIENT_FOUND_ROWS))
    guard session != nil else {
        let error = DatabaseError(of: handle, running: nil)
        mysql_close(handle)
        // 2026: the server has no TLS, and it was only preferred.
        if error.code == 2026, settings.tls == .preferred {
            var plain = settings
            plain.tls = .off
            return try connect(with: plain)
        }
        throw error
    }
    return handle
}

/// What makes every session alike, whatever the server's defaults are.
func sessionStatements(for settings: ConnectionSettings) throws(DatabaseError) -> [String] {
    var assignments = [
        // TIMESTAMP columns are read and written in UTC; DATETIME columns have no zone.
        "time_zone = '+00:00'",
        // Too long and bad values are errors, never silently cut. Not in it, as the CRM's rows and
        // the operator's conditions may offend: ONLY_FULL_GROUP_BY, NO_ZERO_DATE. Nor what changes
        // the meaning of our statements: ANSI_QUOTES, NO_BACKSLASH_ESCAPES.
        "sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
        "innodb_lock_wait_timeout = \(settings.lockWaitTimeout)",
        // A streamed result waits for a slow reader behind the web server.
        "net_write_timeout = 300",
    ]
    for (name, value) in settings.sessionVariables {
        guard
            name.utf8.allSatisfy({ byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: "@") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            })
        else { throw DatabaseError(code: 1193, message: "Not a session variable: \(name)") }
        assignments.append("\(name) = \(value)")
    }
    return [
        "SET " + assignments.joined(separator: ", "),
        // Its variable has two names (tx_isolation, transaction_isolation); this has one.
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    ]
}

func realQuery(_ text: String, on handle: UnsafeMutablePointer<MYSQL>) -> Int32 {
    var text = text
    return text.withUTF8 { utf8 in
        mysql_real_query(
            handle, UnsafeRawPointer(utf8.baseAddress)?.assumingMemoryBound(to: CChar.self),
            UInt(utf8.count))
    }
}

/// What the server's last OK packet said.
func saysInTransaction(_ handle: UnsafeMutablePointer<MYSQL>) -> Bool {
    handle.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0
}

/// Whether the other side of an idle connection has ended it.
///
/// Asked before each statement outside a transaction (a microsecond): so an idle connection that the
/// server closed costs no error and leaves no doubt whether a statement ran.
func wasClosed(_ socket: my_socket) -> Bool {
    var entry = pollfd(fd: socket, events: peerHungUp, revents: 0)
    let ended = peerHungUp | Int16(POLLHUP | POLLERR | POLLNVAL)
    return poll(&entry, 1, 0) == 1 && entry.revents & ended != 0
}

/// POLLRDHUP, which glibc hides without _GNU_SOURCE. Not POLLIN: TLS may have a ticket waiting.
private let peerHungUp: Int16 = 0x2000

private func set(_ option: mysql_option, _ seconds: UInt32, on handle: UnsafeMutablePointer<MYSQL>)
{
    withUnsafePointer(to: seconds) { _ = mysql_options(handle, option, $0) }
}

private func set(_ option: mysql_option, _ flag: Bool, on handle: UnsafeMutablePointer<MYSQL>) {
    withUnsafePointer(to: my_bool(flag ? 1 : 0)) { _ = mysql_options(handle, option, $0) }
}
