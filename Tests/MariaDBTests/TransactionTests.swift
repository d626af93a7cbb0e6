import Glibc
import MariaDB
import Synchronization
import TestSupport
import Testing

@Suite("Transactions")
struct TransactionTests {
    let settings: ConnectionSettings
    let connection: Connection

    init() throws {
        settings = try PrivateMariaDB.shared.freshDatabase()
        connection = Connection(settings: settings)
        try connection.run("CREATE TABLE t (id INT PRIMARY KEY, a INT NOT NULL)")
        try connection.run("INSERT INTO t VALUES (1, 0), (2, 0)")
    }

    /// As a higher layer has it.
    enum StoreFailure: DatabaseFailing, Equatable {
        case refused
        case database(DatabaseError)

        init(databaseError: DatabaseError) { self = .database(databaseError) }
        var databaseError: DatabaseError? {
            if case .database(let error) = self { error } else { nil }
        }
    }

    @Test func commitsWhatReturns() throws {
        let before = connection.statementCount
        let result = try connection.transaction { () throws(DatabaseError) in
            #expect(connection.isInTransaction)
            return try connection.execute("UPDATE t SET a = 1").affectedRows
        }
        #expect(result == 2)
        #expect(!connection.isInTransaction)
        #expect(connection.statementCount == before + 3)
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 2)
    }

    @Test func rollsBackWhatThrows() throws {
        #expect(throws: StoreFailure.refused) {
            try connection.transaction { () throws(StoreFailure) in
                do throws(DatabaseError) {
                    try connection.execute("UPDATE t SET a = 1")
                } catch {
                    throw .database(error)
                }
                throw .refused
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try number(connection, "SELECT SUM(a) FROM t") == 0)
    }

    @Test func runsAgainAfterALockWait() throws {
        try connection.run("SET innodb_lock_wait_timeout = 1")
        let blocker = other()
        try blocker.run("BEGIN")
        try blocker.run("UPDATE t SET a = 5 WHERE id = 1")
        var runs = 0
        try connection.transaction { () throws(DatabaseError) in
            runs += 1
            if runs == 2 { try blocker.run("COMMIT") }
            try connection.execute("UPDATE t SET a = a + 1 WHERE id = 2")
            try connection.execute("UPDATE t SET a = a + 1 WHERE id = 1")
        }
        #expect(runs == 2)
        #expect(try number(connection, "SELECT a FROM t WHERE id = 1") == 6)
        #expect(try number(connection, "SELECT a FROM t WHERE id = 2") == 1)
    }

    @Test func aBodyMayGoOnAfterARowThatIsLocked() throws {
        let blocker = other()
        try blocker.run("BEGIN")
        try blocker.run("UPDATE t SET a = 5 WHERE id = 1")
        try connection.transaction { () throws(DatabaseError) in
            try connection.execute("UPDATE t SET a = 7 WHERE id = 2")
            do throws(DatabaseError) {
                _ = try connection.query("SELECT a FROM t WHERE id = 1 FOR UPDATE NOWAIT")
                Issue.record("the row is locked")
            } catch {
                #expect(error.isLockWait)
            }
        }
        #expect(try number(connection, "SELECT a FROM t WHERE id = 2") == 7)
        try blocker.run("ROLLBACK")
    }

    @Test func aStatementThatWasRefusedAmongItsRowsRunsAgain() throws {
        var impatient = settings
        impatient.readTimeout = 3
        let connection = Connection(settings: impatient)
        let blocker = other()
        let both: SQL = "SELECT a FROM t WHERE id IN (1, 2) ORDER BY id FOR UPDATE NOWAIT"
        try blocker.run("BEGIN")
        try blocker.run("UPDATE t SET a = 5 WHERE id = 2")
        try connection.transaction { () throws(DatabaseError) in
            // The first row arrives, the error after it.
            for _ in 0..<2 {
                do throws(DatabaseError) {
                    _ = try connection.query(both)
                    Issue.record("the second row is locked")
                } catch {
                    #expect(error.isLockWait)
                }
            }
        }
        try blocker.run("ROLLBACK")
        let rows = try connection.query(both)
        #expect(try rows.next() && rows.next())
    }

    @Test func twoWhoDeadlockBothSucceed() throws {
        let arrived = Mutex(0)
        let runs = Mutex(0)
        let threads = try [[Int64]]([[1, 2], [2, 1]]).map { rows in
            try TestThread { [settings] in
                let connection = Connection(settings: settings)
                try connection.transaction { () throws(DatabaseError) in
                    runs.withLock { $0 += 1 }
                    try connection.execute("UPDATE t SET a = a + 1 WHERE id = ?", .int(rows[0]))
                    // Each has its first row before either wants the other's.
                    arrived.withLock { $0 += 1 }
                    while arrived.withLock({ $0 }) < 2 { sched_yield() }
                    try connection.execute("UPDATE t SET a = a + 1 WHERE id = ?", .int(rows[1]))
                }
            }
        }
        for thread in threads { try thread.join() }
        #expect(try number(connection, "SELECT MIN(a) FROM t") == 2)
        #expect(try number(connection, "SELECT MAX(a) FROM t") == 2)
        #expect(runs.withLock { $0 } == 3)
    }

    @Test func aDeadlockThatABodyHidesIsThrownAllTheSame() throws {
        let first = other()
        let second = other()
        try second.run("SET innodb_lock_wait_timeout = 20")
        var wasHidden = false
        let error = #expect(throws: DatabaseError.self) {
            try first.transaction(retries: 0) { () throws(DatabaseError) in
                try first.execute("UPDATE t SET a = 1 WHERE id = 1")
                let thread = try? TestThread { [settings] in
                    let heavier = Connection(settings: settings)
                    try heavier.transaction { () throws(DatabaseError) in
                        // More rows changed: the other one is the victim.
                        try heavier.execute("UPDATE t SET a = 2 WHERE id = 2")
                        try heavier.execute("INSERT INTO t VALUES (3, 0), (4, 0), (5, 0), (6, 0)")
                        try heavier.execute("UPDATE t SET a = 2 WHERE id = 1")
                    }
                }
                try waitForLockWait()
                do throws(DatabaseError) {
                    try first.execute("UPDATE t SET a = 1 WHERE id = 2")
                } catch {
                    wasHidden = error.isDeadlock
                }
                try? thread?.join()
                try first.execute("INSERT INTO t VALUES (99, 0)")
            }
        }
        #expect(wasHidden)
        #expect(error?.isDeadlock == true)
        #expect(try number(connection, "SELECT COUNT(*) FROM t WHERE id = 99") == 0)
    }

    @Test func aSnapshotSeesNothingNew() throws {
        try connection.snapshot { () throws(DatabaseError) in
            try other().run("UPDATE t SET a = 9")
            let cursor = try connection.query("SELECT SUM(a) FROM t")
            #expect(try cursor.next())
            #expect(cursor.int(0) == 0)
        }
        #expect(try number(connection, "SELECT SUM(a) FROM t") == 18)
        #expect(try isolation(of: connection) == "READ-COMMITTED")
    }

    @Test func anUnreadStreamDoesNotHinderTheCommit() throws {
        try connection.transaction { () throws(DatabaseError) in
            try connection.execute("UPDATE t SET a = 3")
            let cursor = try connection.query("SELECT id FROM t", streaming: true)
            #expect(try cursor.next())
        }
        #expect(try number(connection, "SELECT SUM(a) FROM t") == 6)
    }

    // MARK: Several statements at once

    @Test(arguments: [true, false])
    func statementsGoTogether(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        let before = connection.statementCount
        try connection.transaction { () throws(DatabaseError) in
            let affected = try connection.execute(together: [
                Statement("UPDATE t SET a = ? WHERE id = ?", [5, 1]),
                Statement("UPDATE t SET a = a + ?", [1]),
            ])
            #expect(affected == 3)
            try connection.executeLater("INSERT INTO t VALUES (?, ?)", 3, 7)
            try connection.executeLater("UPDATE t SET a = a * 2 WHERE id = ?", 3)
        }
        #expect(connection.statementCount == before + (isMariaDB && takesCompounds ? 2 : 6))
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 6 + 1 + 14)
        #expect(!connection.isInTransaction)
    }

    @Test(arguments: [true, false])
    func aRowIsReadTogetherWithWhatChangesIt(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        let read = Statement("SELECT a, REPEAT('x', a) FROM t WHERE id = ?", [1])
        for size in [3, 1_000, 5] as [Int64] {
            let before = connection.statementCount
            try connection.transaction { () throws(DatabaseError) in
                try connection.executeLater("UPDATE t SET a = ? WHERE id = 1", .int(size))
                let row = try connection.row(
                    of: read, after: [Statement("UPDATE t SET a = a + ? WHERE id = ?", [1, 1])]
                ) { (number: $0.int(0), text: $0.string(1)) }
                #expect(row?.number == size + 1)
                #expect(row?.text == String(repeating: "x", count: Int(size) + 1))
                // The connection is free for what comes next, another row of the same too.
                let none = Statement("SELECT a, '' FROM t WHERE id = ?", [9])
                #expect(try connection.row(of: none, after: []) { $0.int(0) } == nil)
                #expect(try connection.row(of: read, after: []) { $0.int(0) } == size + 1)
            }
            #expect(connection.statementCount == before + (isMariaDB && takesCompounds ? 4 : 7))
        }
        #expect(try number(other(), "SELECT a FROM t WHERE id = 1") == 6)
    }

    @Test(arguments: [true, false])
    func aRowIsReadTogetherAfterItsTableHasChanged(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        func read() throws -> [String?] {
            try connection.transaction { () throws(DatabaseError) in
                try connection.row(
                    of: Statement("SELECT t.a, t.id FROM t AS t WHERE t.id = 1", []),
                    after: [Statement("UPDATE t SET t.a = t.a WHERE t.id = 1", [])]
                ) { [$0.string(0), $0.string(1)] } ?? []
            }
        }
        #expect(try read() == ["0", "1"])
        try other().run("ALTER TABLE t ADD COLUMN b TEXT FIRST, MODIFY a VARCHAR(500) NOT NULL")
        #expect(try read() == ["0", "1"])
        try other().run("ALTER TABLE t DROP COLUMN a")
        #expect(throws: DatabaseError.self) { try read() }
        try other().run("ALTER TABLE t ADD COLUMN a BIGINT NOT NULL DEFAULT 7")
        #expect(try read() == ["7", "1"])
    }

    @Test(arguments: [true, false])
    func commitsIfAQuerySaysSo(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        let sum = "SELECT SUM(a) = ? FROM t" as SQL
        let before = connection.statementCount
        try connection.transaction { () throws(DatabaseError) in
            try connection.executeLater("UPDATE t SET a = ? WHERE id = ?", 5, 1)
            try connection.executeLater("UPDATE t SET a = a + ? WHERE id = ?", 1, 2)
            #expect(try connection.commit(if: Statement(sum, [6])))
        }
        #expect(connection.statementCount == before + (isMariaDB && takesCompounds ? 1 : 5))
        #expect(!connection.isInTransaction)
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 6)
    }

    @Test(arguments: [true, false])
    func goesOnIfAQueryForbidsTheCommit(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        let observer = other()
        for condition in [
            "SELECT SUM(a) = 9 FROM t", "SELECT NULL", "SELECT 1 FROM t WHERE id = 9",
        ]
            as [SQL]
        {
            try connection.transaction { () throws(DatabaseError) in
                try connection.executeLater("UPDATE t SET a = 5 WHERE id = 1")
                #expect(try connection.commit(if: Statement(condition, [])) == false)
                let seen = try observer.query("SELECT SUM(a) FROM t")
                #expect(try seen.next())
                #expect(seen.int(0) == 0)
                try connection.executeLater("UPDATE t SET a = 3 WHERE id = 2")
            }
            #expect(try number(observer, "SELECT SUM(a) FROM t") == 8)
            try observer.run("UPDATE t SET a = 0")
        }
    }

    @Test(arguments: [true, false])
    func nothingRunsInATransactionThatIsCommitted(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        #expect(throws: DatabaseError.self) {
            try connection.transaction { () throws(DatabaseError) in
                try connection.executeLater("UPDATE t SET a = 5 WHERE id = 1")
                #expect(try connection.commit(if: Statement("SELECT 1", [])))
                try connection.execute("UPDATE t SET a = 5 WHERE id = 2")
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try number(connection, "SELECT SUM(a) FROM t") == 5)
    }

    @Test(arguments: [true, false])
    func anErrorInPlaceOfARowLeavesTheTransactionToGoOn(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        try connection.transaction { () throws(DatabaseError) in
            try connection.execute("UPDATE t SET a = 4 WHERE id = 2")
            for (id, expected) in [(1, nil), (3, 9), (1, nil)] as [(Int64, Int64?)] {
                let row: Int64?
                do throws(DatabaseError) {
                    row =
                        try connection.row(
                            of: Statement("SELECT a FROM t WHERE id = ?", [.int(id)]),
                            after: [Statement("INSERT INTO t VALUES (?, 9)", [.int(id)])]
                        ) { $0.int(0) } ?? nil
                } catch {
                    #expect(error.isDuplicateKey)
                    row = nil
                }
                #expect(row == expected)
            }
        }
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 13)
    }

    @Test(arguments: [true, false])
    func whatWaitsRunsBeforeTheNextStatement(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        try connection.transaction { () throws(DatabaseError) in
            try connection.executeLater("INSERT INTO t VALUES (3, 7)")
            try connection.executeLater("INSERT INTO t VALUES (4, 7)")
            let cursor = try connection.query("SELECT SUM(a) FROM t")
            #expect(try cursor.next())
            #expect(cursor.int(0) == 14)
            try connection.executeLater("UPDATE t SET a = 1")
        }
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 4)
        // Outside a transaction nothing waits.
        try connection.executeLater("DELETE FROM t")
        #expect(try number(other(), "SELECT COUNT(*) FROM t") == 0)
    }

    @Test(arguments: [true, false])
    func anErrorOfWhatWaitedLeavesNothing(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        for statement in [0, 1] {
            let error = #expect(throws: DatabaseError.self) {
                try connection.transaction { () throws(DatabaseError) in
                    if statement == 0 { try connection.execute("UPDATE t SET a = 9") }
                    try connection.executeLater("INSERT INTO t VALUES (5, 7)")
                    try connection.executeLater("INSERT INTO t VALUES (1, 7)")
                    try connection.executeLater("INSERT INTO t VALUES (6, 7)")
                }
            }
            #expect(error?.duplicateKeyName == "PRIMARY")
            #expect(!connection.isInTransaction)
            #expect(try number(other(), "SELECT SUM(a) FROM t") == 0)
            #expect(try number(connection, "SELECT COUNT(*) FROM t") == 2)
        }
    }

    @Test func whatWaitsGoesWithATransactionThatThrows() throws {
        #expect(throws: StoreFailure.refused) {
            try connection.transaction { () throws(StoreFailure) in
                do throws(DatabaseError) {
                    try connection.executeLater("INSERT INTO t VALUES (5, 7)")
                } catch {
                    throw .database(error)
                }
                throw .refused
            }
        }
        _ = try connection.transaction { () throws(DatabaseError) in
            try connection.execute("UPDATE t SET a = 1")
        }
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 2)
    }

    @Test(arguments: [true, false])
    func aLockWaitAtTheBeginningRunsAgain(takesCompounds: Bool) throws {
        connection.takesCompounds = takesCompounds
        try connection.run("SET innodb_lock_wait_timeout = 1")
        let blocker = other()
        try blocker.run("BEGIN")
        try blocker.run("UPDATE t SET a = 5 WHERE id = 1")
        var runs = 0
        try connection.transaction { () throws(DatabaseError) in
            runs += 1
            if runs == 2 { try blocker.run("COMMIT") }
            try connection.execute(together: [
                Statement("UPDATE t SET a = a + 1 WHERE id = 2", []),
                Statement("UPDATE t SET a = a + 1 WHERE id = 1", []),
            ])
        }
        #expect(runs == 2)
        #expect(try number(other(), "SELECT SUM(a) FROM t") == 7)
    }

    @Test func aSessionThatIsGoneBeforeTheBeginningIsReplaced() throws {
        let id = try #require(try number(connection, "SELECT CONNECTION_ID()"))
        try other().run("KILL \(id)")
        _ = try connection.transaction { () throws(DatabaseError) in
            try connection.execute(together: [
                Statement("UPDATE t SET a = a + 1", []), Statement("UPDATE t SET a = a + 1", []),
            ])
        }
        #expect(try number(connection, "SELECT SUM(a) FROM t") == 4)
    }

    @Test func aSessionThatIsLostLaterTakesAllWithIt() throws {
        let error = #expect(throws: DatabaseError.self) {
            try connection.transaction { () throws(DatabaseError) in
                try connection.execute(together: [Statement("UPDATE t SET a = 1", [])])
                let cursor = try connection.query("SELECT CONNECTION_ID()")
                #expect(try cursor.next())
                try other().run("KILL \(cursor.int(0) ?? 0)")
                try connection.executeLater("UPDATE t SET a = 2")
                try connection.executeLater("INSERT INTO t VALUES (7, 7)")
            }
        }
        #expect(error?.isGone == true)
        #expect(try number(connection, "SELECT SUM(a) FROM t") == 0)
    }

    private func other() -> Connection { Connection(settings: settings) }

    private func waitForLockWait() throws(DatabaseError) {
        let observer = other()
        for _ in 0..<2_000 {
            let cursor = try observer.query(
                """
                SELECT COUNT(*) FROM information_schema.innodb_trx t
                  JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
                 WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()
                """)
            if try cursor.next(), cursor.int(0) == 1 { return }
        }
    }
}
