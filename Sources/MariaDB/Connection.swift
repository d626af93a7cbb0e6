import CMariaDB

/// A session with the server, opened at first use and again after it was lost.
///
/// Not `Sendable`: libmariadb allows one thread at a time on a handle, and the compiler then keeps
/// each worker to its own. Every session speaks utf8mb4, thinks in UTC and reads committed data.
///
/// A statement outside a transaction that finds the connection lost, and was never executed, is
/// tried once more on a new one. Inside a transaction the loss is an error, and so is every further
/// statement until the transaction ends: nothing of it can run by itself.
package final class Connection {
    /// Statements sent so far, those that begin and end transactions included; preparing and setting
    /// up a session are not.
    package internal(set) var statementCount: UInt64 = 0

    let settings: ConnectionSettings
    let parameters = ParameterBuffer()
    /// Rises with each opened session, so that a cursor knows that its own is gone.
    package private(set) var generation = 0
    /// What the current transaction came to; nil outside one.
    var transaction: TransactionState?
    /// Whether the transaction's beginning is still to be sent, with its first statement.
    var isBeginOwed = false
    /// What is to run before the transaction's next statement or its end.
    var owed: [Statement] = []
    /// Whether the server prepares compound statements, as far as we know.
    package var takesCompounds = true
    var compounds: [CompoundKey: SQL] = [:]
    /// The rows of this cursor are on the wire: until it ends nothing else can be sent.
    weak var streamingCursor: Cursor?

    private var handle: UnsafeMutablePointer<MYSQL>?
    /// By `SQL.key`.
    private var prepared: [PreparedStatement?] = []

    enum TransactionState {
        case open
        /// Each further statement is a mistake, and refused.
        case committed
        /// The server rolled it back, or is gone: each further statement is refused with this.
        case lost(DatabaseError)
    }

    /// Texts above this key are prepared anew each time, so that a connection's memory is bounded.
    private static let keptStatements = 2048

    /// Connects at the first statement.
    package init(settings: ConnectionSettings) {
        self.settings = settings
    }

    /// Whether there is a session, as far as we know: the server may have ended it.
    package var isOpen: Bool { handle != nil }

    /// Connects if need be, so that a wrong setting shows now.
    package func open() throws(DatabaseError) { _ = try opened() }

    /// Ends the session and with it an open transaction and all prepared statements; the next
    /// statement begins a new one.
    package func close() {
        guard let handle else { return }
        self.handle = nil
        generation += 1
        streamingCursor = nil
        // First the session: its statements then close without a word to the server.
        mysql_close(handle)
        prepared.removeAll(keepingCapacity: true)
    }

    deinit { close() }

    /// The session, new if there was none or if the server ended the old one while it was idle.
    func opened() throws(DatabaseError) -> UnsafeMutablePointer<MYSQL> {
        switch transaction {
        case .lost(let error): throw error
        case .committed:
            throw DatabaseError(code: 2014, message: "The transaction is committed already")
        case .open, nil: break
        }
        if streamingCursor != nil {
            throw DatabaseError(code: 2014, message: "A streaming cursor is still open")
        }
        if let handle {
            guard transaction == nil, wasClosed(mysql_get_socket(handle)) else { return handle }
            close()
        }
        let handle = try connect(with: settings)
        self.handle = handle
        do throws(DatabaseError) {
            for text in try sessionStatements(for: settings) { try send(text, on: handle) }
        } catch {
            close()
            throw error
        }
        return handle
    }

    /// The server's part of `sql`, from this connection's memory where it is free.
    func statement(
        for sql: SQL, on handle: UnsafeMutablePointer<MYSQL>
    ) throws(DatabaseError) -> PreparedStatement {
        guard sql.key < Connection.keptStatements else {
            return try prepare(sql, on: handle)
        }
        while prepared.count <= sql.key { prepared.append(nil) }
        if let known = prepared[sql.key], !known.isSpent {
            // Another cursor reads from it: a second one for the time being.
            return known.isBusy ? try prepare(sql, on: handle) : known
        }
        let new = try prepare(sql, on: handle)
        prepared[sql.key] = new
        return new
    }

    private func prepare(
        _ sql: SQL, on handle: UnsafeMutablePointer<MYSQL>
    ) throws(DatabaseError) -> PreparedStatement {
        try PreparedStatement(meant(by: sql.text), on: handle)
    }

    /// A statement with the names that its tables have here.
    func meant(by text: String) -> String {
        settings.names?.applied(to: text) ?? text
    }

    func forgetStatements() {
        prepared.removeAll(keepingCapacity: true)
    }

    /// Notes what an error means for the session and the transaction.
    func note(_ error: DatabaseError) {
        if error.isGone {
            close()
            if transaction != nil { transaction = .lost(error) }
        } else if transaction != nil {
            if error.isDeadlock {
                transaction = .lost(error)
            } else if error.isLockWait, let handle {
                // innodb_rollback_on_timeout may have ended it; an error packet does not say so.
                if mysql_ping(handle) != 0 || !saysInTransaction(handle) {
                    transaction = .lost(error)
                }
            }
        }
    }

    /// Sends `text` and drops its results.
    func send(_ text: String, on handle: UnsafeMutablePointer<MYSQL>) throws(DatabaseError) {
        guard realQuery(text, on: handle) == 0 else {
            throw DatabaseError(of: handle, running: text)
        }
        if let result = mysql_store_result(handle) {
            mysql_free_result(result)
        } else if mysql_errno(handle) != 0 {
            throw DatabaseError(of: handle, running: text)
        }
    }
}
