import CMariaDB

/// A statement with its values.
package struct Statement: Sendable {
    package let sql: SQL
    package let values: [Value]

    package init(_ sql: SQL, _ values: [Value]) {
        self.sql = sql
        self.values = values
    }
}

/// Several statements in one round trip, where the server can: MariaDB prepares a compound statement
/// (`BEGIN NOT ATOMIC … END`) like any other. Elsewhere they are sent one by one.
///
/// The server does not prepare the parts of a compound statement anew when a table has changed its
/// columns: each of them has to name the columns that it means, as in a stored procedure.
extension Connection {
    /// Runs statements for what they change, one after the other, until one fails. At the beginning of a
    /// transaction they begin it.
    ///
    /// - Returns: how many rows all of them together affected, counted as in `Outcome`.
    @discardableResult
    package func execute(together statements: [Statement]) throws(DatabaseError) -> UInt64 {
        if !owed.isEmpty { try runOwed() }
        return try runTogether(statements, ending: .goOn)
    }

    /// Runs statements for what they change and then a query for its first row; all that waits runs before.
    ///
    /// - Returns: what `read` makes of the row; nil where there is none.
    package func row<Result>(
        of query: Statement, after statements: [Statement], _ read: (Cursor) -> Result
    ) throws(DatabaseError) -> Result? {
        let before = owed + statements
        owed = []
        if !before.isEmpty || isBeginOwed,
            let row = try asCompound(
                before + [query], ending: .goOn,
                { statement throws(DatabaseError) in try firstRow(of: statement, read) })
        {
            return row
        }
        if !before.isEmpty { try runTogether(before, ending: .goOn) }
        return try firstRow(of: query, read)
    }

    private func firstRow<Result>(
        of query: Statement, _ read: (Cursor) -> Result
    ) throws(DatabaseError) -> Result? {
        let cursor = try self.query(query.sql, query.values)
        // The end of a compound statement is still on the wire.
        defer { cursor.close() }
        return try cursor.next() ? read(cursor) : nil
    }

    /// Has a statement run, after those that wait already, before the transaction's next one or together
    /// with its commit: its error, too, comes only then. Outside a transaction it runs at once.
    package func executeLater(_ sql: SQL, _ values: [Value]) throws(DatabaseError) {
        if transaction == nil {
            try execute(sql, values)
        } else {
            owed.append(Statement(sql, values))
        }
    }

    /// As the array form.
    package func executeLater(_ sql: SQL, _ values: Value...) throws(DatabaseError) {
        try executeLater(sql, values)
    }

    /// Runs what has to come before a statement of the transaction.
    func runOwed() throws(DatabaseError) {
        if !owed.isEmpty {
            let statements = owed
            owed = []
            try runTogether(statements, ending: .goOn)
        } else if isBeginOwed {
            try beginning { () throws(DatabaseError) in try run("BEGIN") }
        }
    }

    /// Commits the transaction, after all that waits, if a query says so; if not, it goes on.
    ///
    /// - Parameter condition: a query for one number, 1 for yes.
    /// - Returns: whether it was committed. Then nothing more can be run in it.
    package func commit(if condition: Statement) throws(DatabaseError) -> Bool {
        let before = owed
        owed = []
        let answer =
            try asCompound(
                before + [condition], ending: .commitIfLast,
                { statement throws(DatabaseError) in try isTrue(statement) })
        let isCommitted: Bool
        if let answer {
            isCommitted = answer
        } else {
            if !before.isEmpty { try runTogether(before, ending: .goOn) }
            isCommitted = try isTrue(condition)
            if isCommitted { try run("COMMIT") }
        }
        if isCommitted { transaction = .committed }
        return isCommitted
    }

    private func isTrue(_ query: Statement) throws(DatabaseError) -> Bool {
        try firstRow(of: query) { $0.int(0) == 1 } ?? false
    }

    /// Ends the transaction; all that waits runs before.
    func commit() throws(DatabaseError) {
        if case .committed = transaction { return }
        let statements = owed
        owed = []
        if !statements.isEmpty {
            try runTogether(statements, ending: .commit)
        } else if !isBeginOwed {
            try run("COMMIT")
        }
    }

    @discardableResult
    private func runTogether(
        _ statements: [Statement], ending: CompoundEnding
    ) throws(DatabaseError) -> UInt64 {
        let isOne = statements.count == 1 && ending == .goOn && !isBeginOwed
        if !isOne,
            let affected = try asCompound(
                statements, ending: ending,
                { statement throws(DatabaseError) in
                    try execute(statement.sql, statement.values).affectedRows
                })
        {
            return affected
        }
        var affected: UInt64 = 0
        for statement in statements {
            affected += try execute(statement.sql, statement.values).affectedRows
        }
        if ending == .commit { try run("COMMIT") }
        return affected
    }

    /// Has `run` run statements as one that, where it is owed, begins the transaction too.
    ///
    /// - Returns: nil where the server cannot: then they are to be sent one by one.
    private func asCompound<Result>(
        _ statements: [Statement], ending: CompoundEnding,
        _ run: (Statement) throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result? {
        guard takesCompounds else { return nil }
        let sql = compound(of: statements, begins: isBeginOwed, ending)
        let compound = Statement(sql, statements.flatMap(\.values))
        do throws(DatabaseError) {
            return try beginning { () throws(DatabaseError) in try run(compound) }
        } catch {
            guard error.isNotPreparable else { throw error }
            takesCompounds = false
            return nil
        }
    }

    /// Runs what begins the transaction, if nothing has begun it yet: until then a lost connection has
    /// ended nothing, and `body` may find a new one.
    private func beginning<Result>(
        _ body: () throws(DatabaseError) -> Result
    ) throws(DatabaseError) -> Result {
        guard isBeginOwed else { return try body() }
        isBeginOwed = false
        transaction = nil
        do throws(DatabaseError) {
            let result = try body()
            transaction = .open
            return result
        } catch {
            if error.isNotPreparable || error.cannotConnect {
                transaction = .open
                isBeginOwed = true
            } else {
                // Whether it had begun, the error does not say.
                transaction = .lost(error)
            }
            throw error
        }
    }

    private func compound(
        of statements: [Statement], begins: Bool, _ ending: CompoundEnding
    ) -> SQL {
        let key = CompoundKey(parts: statements.map(\.sql.key), begins: begins, ending: ending)
        if let known = compounds[key] { return known }
        var sql: SQL = begins ? "BEGIN NOT ATOMIC START TRANSACTION; " : "BEGIN NOT ATOMIC "
        for (index, statement) in statements.enumerated() {
            let isCondition = ending == .commitIfLast && index == statements.count - 1
            sql = isCondition ? "\(sql)IF (\(statement.sql)) " : "\(sql)\(statement.sql); "
        }
        sql =
            switch ending {
            case .goOn: "\(sql)END"
            case .commit: "\(sql)COMMIT; END"
            case .commitIfLast: "\(sql)THEN COMMIT; SELECT 1; ELSE SELECT 0; END IF; END"
            }
        compounds[key] = sql
        return sql
    }
}

/// What follows the statements of a compound one.
enum CompoundEnding {
    case goOn, commit
    /// A commit, if the last of them, a query, gives 1; a row tells whether it was made.
    case commitIfLast
}

/// Which statements a compound one is made of.
struct CompoundKey: Hashable {
    let parts: [Int]
    let begins: Bool
    let ending: CompoundEnding
}

extension DatabaseError {
    /// The server does not know such a statement (1064), or not as a prepared one (1295).
    var isNotPreparable: Bool { code == 1064 || code == 1295 }
}
