import CMariaDB

/// A statement that the server has parsed, with the buffers that its rows arrive in.
///
/// Belongs to one connection; closed when released.
final class PreparedStatement {
    let handle: UnsafeMutablePointer<MYSQL_STMT>
    let text: String
    /// Nil for a statement without a result, and for a compound one that has not been run yet: what that
    /// brings, the server tells only then.
    private(set) var row: RowBuffer?
    /// A cursor still reads from it: the buffers are taken.
    var isBusy = false
    /// An error came among its rows. Run once more, libmariadb (3.3) would wait for the rest of them,
    /// until the read timeout: it has to be prepared anew.
    private(set) var isSpent = false

    private let parameterCount: Int

    /// The corresponding C functions are `mysql_stmt_init` and `mysql_stmt_prepare`.
    init(_ text: String, on connection: UnsafeMutablePointer<MYSQL>) throws(DatabaseError) {
        guard let handle = mysql_stmt_init(connection) else { throw .outOfMemory }
        var sent = text
        let status = sent.withUTF8 { utf8 in
            mysql_stmt_prepare(
                handle, UnsafeRawPointer(utf8.baseAddress)?.assumingMemoryBound(to: CChar.self),
                UInt(utf8.count))
        }
        guard status == 0 else {
            let error = DatabaseError(of: handle, running: text)
            mysql_stmt_close(handle)
            throw error
        }
        self.handle = handle
        self.text = text
        self.parameterCount = Int(mysql_stmt_param_count(handle))
        if let metadata = mysql_stmt_result_metadata(handle) {
            self.row = RowBuffer(of: metadata)
            mysql_free_result(metadata)
        } else {
            self.row = nil
        }
    }

    /// One round trip. The corresponding C function is `mysql_stmt_execute`.
    func execute(
        _ values: borrowing [Value], parameters: ParameterBuffer
    ) throws(DatabaseError) {
        guard values.count == parameterCount else {
            throw DatabaseError(
                code: 2034, message: "\(values.count) values for \(parameterCount) parameters",
                statement: text)
        }
        if parameterCount > 0 {
            guard mysql_stmt_bind_param(handle, parameters.filled(with: values)) == 0 else {
                throw DatabaseError(of: handle, running: text)
            }
        }
        let status = mysql_stmt_execute(handle)
        parameters.trim()
        guard status == 0 else { throw DatabaseError(of: handle, running: text) }
    }

    /// Makes rows arrive in `row`; with `streaming`, one by one from the socket, else all at once.
    func beginFetching(streaming: Bool) throws(DatabaseError) {
        if row == nil, let metadata = mysql_stmt_result_metadata(handle) {
            row = RowBuffer(of: metadata)
            mysql_free_result(metadata)
        }
        guard let row else { return }
        guard Int(mysql_stmt_field_count(handle)) == row.count else {
            mysql_stmt_free_result(handle)
            throw DatabaseError(
                code: 2057, message: "The result's columns changed", statement: text)
        }
        guard mysql_stmt_bind_result(handle, row.binds) == 0,
            streaming || mysql_stmt_store_result(handle) == 0
        else {
            let error = DatabaseError(of: handle, running: text)
            isSpent = true
            mysql_stmt_free_result(handle)
            throw error
        }
    }

    /// False after the last row.
    func fetch() throws(DatabaseError) -> Bool {
        guard let row else { return false }
        switch mysql_stmt_fetch(handle) {
        case 0, MYSQL_DATA_TRUNCATED:
            row.isCurrent = true
            if row.growToFit(handle) {
                mysql_stmt_bind_result(handle, row.binds)
            }
            return true
        case MYSQL_NO_DATA:
            row.isCurrent = false
            return false
        default:
            row.isCurrent = false
            isSpent = true
            throw DatabaseError(of: handle, running: text)
        }
    }

    /// Rows that were not fetched are dropped, from the socket too.
    func endFetching() {
        mysql_stmt_free_result(handle)
        // After the rows of a compound statement comes how it ended.
        while mysql_stmt_more_results(handle) != 0 {
            guard mysql_stmt_next_result(handle) == 0 else {
                isSpent = true
                break
            }
        }
        row?.isCurrent = false
        row?.trim()
        isBusy = false
    }

    deinit { mysql_stmt_close(handle) }
}

extension DatabaseError {
    init(of statement: UnsafeMutablePointer<MYSQL_STMT>, running text: String) {
        // An error packet among streamed rows is noted at the connection only.
        if mysql_stmt_errno(statement) == 0, let connection = statement.pointee.mysql {
            self.init(of: connection, running: text)
            return
        }
        self.init(
            code: UInt32(mysql_stmt_errno(statement)),
            sqlState: mysql_stmt_sqlstate(statement).map { String(cString: $0) } ?? "HY000",
            message: mysql_stmt_error(statement).map { String(cString: $0) } ?? "",
            statement: text)
    }

    init(of connection: UnsafeMutablePointer<MYSQL>, running text: String?) {
        self.init(
            code: UInt32(mysql_errno(connection)),
            sqlState: mysql_sqlstate(connection).map { String(cString: $0) } ?? "HY000",
            message: mysql_error(connection).map { String(cString: $0) } ?? "",
            statement: text)
    }
}
