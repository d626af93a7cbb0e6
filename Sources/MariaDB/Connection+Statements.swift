import CMariaDB

/// What a statement without a result did.
package struct Outcome: Sendable, Equatable {
    /// Rows that an UPDATE matched, changed or not. INSERT … ON DUPLICATE KEY UPDATE: 1 inserted,
    /// 2 updated; 0 or 1 when the row already had these values.
    package let affectedRows: UInt64
    /// The first AUTO_INCREMENT value that the statement made, or what LAST_INSERT_ID(x) set; else 0.
    package let insertID: UInt64
    package let warnings: UInt32
}

extension Connection {
    /// Runs a statement for what it changes: one round trip once it is prepared.
    ///
    /// - Parameter values: one for each `?`, in order.
    @discardableResult
    package func execute(_ sql: SQL, _ values: Value...) throws(DatabaseError) -> Outcome {
        try execute(sql, values)
    }

    /// As the variadic form.
    @discardableResult
    package func execute(_ sql: SQL, _ values: [Value]) throws(DatabaseError) -> Outcome {
        try attempt(sql) { statement throws(DatabaseError) in
            try statement.execute(values, parameters: parameters)
            let outcome = Outcome(
                affectedRows: mysql_stmt_affected_rows(statement.handle),
                insertID: mysql_stmt_insert_id(statement.handle),
                warnings: UInt32(mysql_stmt_warning_count(statement.handle)))
            if statement.row != nil { statement.endFetching() }
            return outcome
        }
    }

    /// Runs a statement for its rows: one round trip once it is prepared.
    ///
    /// - Parameter streaming: rows come from the socket one by one, so that memory does not grow with
    ///   the result; until the cursor ends, any other statement on this connection is error 2014.
    ///   Otherwise all rows are read at once, and other statements may run beside the cursor.
    package func query(
        _ sql: SQL, _ values: [Value], streaming: Bool = false
    ) throws(DatabaseError) -> Cursor {
        let statement = try attempt(sql) { statement throws(DatabaseError) in
            try statement.execute(values, parameters: parameters)
            try statement.beginFetching(streaming: streaming)
            return statement
        }
        let cursor = Cursor(of: statement, on: self)
        if streaming, statement.row != nil { streamingCursor = cursor }
        return cursor
    }

    /// As the array form.
    package func query(
        _ sql: SQL, _ values: Value..., streaming: Bool = false
    ) throws(DatabaseError) -> Cursor {
        try query(sql, values, streaming: streaming)
    }

    /// Prepares `sql` if need be and runs `body`, a second time where the first never reached the
    /// server's tables.
    private func attempt<Result>(
        _ sql: SQL, _ body: (PreparedStatement) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        if transaction != nil { try runOwed() }
        var isFirst = true
        while true {
            var wasSent = false
            do throws(DatabaseError) {
                let statement = try statement(for: sql, on: opened())
                wasSent = true
                statementCount += 1
                return try body(statement)
            } catch {
                let mayRepeat = isFirst && transaction == nil && isOpen
                let isLost = error.isGone && (!wasSent || error.wasNeverExecuted)
                note(error)
                if isFirst, error.asksForNewPrepare {
                    forgetStatements()
                } else if !(mayRepeat && isLost) {
                    throw error
                }
                isFirst = false
            }
        }
    }
}
