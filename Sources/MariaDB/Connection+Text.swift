import CMariaDB

/// All rows of a statement, as the text that the server writes; nil is NULL.
package struct TextResult: Sendable, Equatable {
    package let columns: [String]
    package let rows: [[String?]]

    /// The first row's value in the column of this name, whatever its case.
    package func first(_ column: String) -> String? {
        guard let row = rows.first else { return nil }
        for (index, name) in columns.enumerated() where index < row.count {
            if name.lowercased() == column.lowercased() { return row[index] }
        }
        return nil
    }
}

/// The text protocol, for what cannot be prepared (SHOW CREATE, DDL, triggers).
///
/// Nothing but text of ours and of the operator may stand in these statements.
extension Connection {
    /// Runs one statement without parameters and drops its rows.
    package func run(_ text: String) throws(DatabaseError) {
        let text = meant(by: text)
        try attempt(text) { handle throws(DatabaseError) in try send(text, on: handle) }
    }

    /// Runs one statement without parameters and keeps its rows in memory.
    package func queryText(_ text: String) throws(DatabaseError) -> TextResult {
        let text = meant(by: text)
        return try attempt(text) { handle throws(DatabaseError) in
            guard realQuery(text, on: handle) == 0, let result = mysql_store_result(handle) else {
                guard mysql_errno(handle) != 0 else { return TextResult(columns: [], rows: []) }
                throw DatabaseError(of: handle, running: text)
            }
            defer { mysql_free_result(result) }
            return TextResult(reading: result)
        }
    }

    private func attempt<Result>(
        _ text: String, _ body: (UnsafeMutablePointer<MYSQL>) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        if transaction != nil { try runOwed() }
        var isFirst = true
        while true {
            do throws(DatabaseError) {
                let handle = try opened()
                statementCount += 1
                return try body(handle)
            } catch {
                let mayRepeat = isFirst && transaction == nil && isOpen && error.wasNeverExecuted
                note(error)
                guard mayRepeat else { throw error }
                isFirst = false
            }
        }
    }
}

extension TextResult {
    fileprivate init(reading result: UnsafeMutablePointer<MYSQL_RES>) {
        let count = Int(mysql_num_fields(result))
        let fields = UnsafeBufferPointer(start: mysql_fetch_fields(result), count: count)
        columns = fields.map { $0.name.map { String(cString: $0) } ?? "" }
        var rows: [[String?]] = []
        while let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
            rows.append(
                (0..<count).map { index in
                    guard let start = row[index] else { return nil }
                    let bytes = UnsafeRawBufferPointer(start: start, count: Int(lengths[index]))
                    return String(decoding: bytes, as: UTF8.self)
                })
        }
        self.rows = rows
    }
}
