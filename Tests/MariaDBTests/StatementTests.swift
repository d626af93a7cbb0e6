import MariaDB
import TestSupport
import Testing

@Suite("Prepared statements")
struct StatementTests {
    let connection: Connection

    init() throws {
        connection = Connection(settings: try PrivateMariaDB.shared.freshDatabase())
        try connection.run(
            """
            CREATE TABLE t (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, small TINYINT, big BIGINT,
                huge BIGINT UNSIGNED, ratio DOUBLE, price DECIMAL(12,2), flag BIT(3), day DATE,
                moment DATETIME(3), kind ENUM('call', 'meeting'), short VARCHAR(20), note LONGTEXT,
                raw LONGBLOB, UNIQUE KEY short_key (short))
            """)
    }

    @Test func everyTypeComesBackAsItWent() throws {
        try connection.execute(
            """
            INSERT INTO t (small, big, huge, ratio, price, flag, day, moment, kind, short, note, raw)
            VALUES (?, ?, ?, ?, ?, b'101', ?, ?, ?, ?, ?, ?)
            """,
            -7, .int(.min), .uint(.max), .double(0.5), "12.50", "2026-02-28",
            "2026-02-28 23:59:58.125", "meeting", "Grüße 🎉", "", .bytes([0, 255, 10]))
        let cursor = try connection.query(
            """
            SELECT id, small, big, huge, ratio, price, flag, day, moment, kind, short, note, raw, NULL
              FROM t
            """)
        #expect(cursor.columnCount == 14)
        #expect(cursor.columnName(3) == "huge")
        #expect(cursor.int(0) == nil, "before the first row")
        #expect(try cursor.next())
        #expect(cursor.uint(0) == 1)
        #expect(cursor.int(1) == -7)
        #expect(cursor.uint(1) == nil)
        #expect(cursor.int(2) == .min)
        #expect(cursor.uint(3) == .max)
        #expect(cursor.int(3) == nil)
        #expect(cursor.string(3) == "18446744073709551615")
        #expect(cursor.double(4) == 0.5)
        #expect(cursor.int(5) == 12)
        #expect(cursor.string(5) == "12.50")
        #expect(cursor.int(6) == 5)
        #expect(cursor.string(7) == "2026-02-28")
        #expect(cursor.string(8) == "2026-02-28 23:59:58.125")
        #expect(cursor.string(9) == "meeting")
        #expect(cursor.string(10) == "Grüße 🎉")
        #expect(cursor.string(11) == "")
        #expect(cursor.bytes(12).map { Array($0) } == [0, 255, 10])
        #expect(cursor.isNull(13))
        #expect(!cursor.isNull(12))
        #expect(try !cursor.next())
        #expect(cursor.int(0) == nil, "after the last row")
    }

    @Test func anIndexThatDoesNotExistIsNil() throws {
        let cursor = try connection.query("SELECT 1")
        #expect(try cursor.next())
        for index in [-1, 1, .max, .min] {
            #expect(cursor.int(index) == nil)
            #expect(cursor.uint(index) == nil)
            #expect(cursor.string(index) == nil)
            #expect(cursor.bytes(index) == nil)
            #expect(cursor.columnName(index) == nil)
            #expect(cursor.isNull(index))
        }
    }

    @Test(arguments: [false, true])
    func longColumnsGrowTheirBuffers(streaming: Bool) throws {
        let lengths = [10, 300, 255, 256, 257, 3_000_000, 0, 1_000, 70_000]
        for length in lengths {
            try connection.execute(
                "INSERT INTO t (note, raw) VALUES (?, ?)",
                .text(String(repeating: "ä", count: length)),
                .bytes([UInt8](repeating: 7, count: length)))
        }
        for _ in 0..<2 {
            let cursor = try connection.query(
                "SELECT note, raw, id FROM t ORDER BY id", streaming: streaming)
            for (index, length) in lengths.enumerated() {
                #expect(try cursor.next())
                #expect(cursor.string(0)?.utf8.count == 2 * length)
                #expect(cursor.bytes(1)?.count == length)
                #expect(cursor.bytes(1)?.allSatisfy { $0 == 7 } == true)
                #expect(cursor.int(2) == Int64(index + 1))
            }
            #expect(try !cursor.next())
        }
    }

    @Test func anOutcomeCountsMatchedRowsAndNamesTheNewID() throws {
        let first = try connection.execute("INSERT INTO t (small) VALUES (1), (1), (2)")
        #expect(first.affectedRows == 3)
        #expect(first.insertID == 1)
        let unchanged = try connection.execute("UPDATE t SET small = 1 WHERE small = ?", 1)
        #expect(unchanged.affectedRows == 2)
        #expect(try connection.execute("DELETE FROM t WHERE small = ?", 9).affectedRows == 0)
        let warned = try connection.execute("UPDATE t SET small = 1 WHERE short = ?", 5)
        #expect(warned.insertID == 0)
    }

    @Test func aPointSelectIsOneRoundTrip() throws {
        let select = SQL("SELECT short FROM t WHERE id = ?")
        try connection.execute("INSERT INTO t (short) VALUES ('a')")
        for _ in 0..<2 { #expect(try connection.query(select, 1).next()) }
        let before = try commands()
        for _ in 0..<10 {
            let cursor = try connection.query(select, 1)
            #expect(try cursor.next())
        }
        let after = try commands()
        #expect(after["Com_stmt_execute"] == before["Com_stmt_execute"].map { $0 + 10 })
        for name in ["Com_stmt_prepare", "Com_stmt_reset", "Com_stmt_close", "Com_stmt_fetch"] {
            #expect(after[name] == before[name], "\(name)")
        }
    }

    @Test func bufferedCursorsRunBesideOtherStatements() throws {
        try connection.execute("INSERT INTO t (small) VALUES (1), (2), (3)")
        let all = SQL("SELECT small FROM t ORDER BY id")
        let outer = try connection.query(all)
        var pairs: [[Int64?]] = []
        while try outer.next() {
            // The same statement: a second one for the time being.
            let inner = try connection.query(all)
            while try inner.next() { pairs.append([outer.int(0), inner.int(0)]) }
            try connection.execute("UPDATE t SET big = 1")
        }
        #expect(pairs.count == 9)
        #expect(pairs.last == [3, 3])
    }

    @Test func aStreamingCursorHoldsTheConnectionUntilItEnds() throws {
        try connection.execute("INSERT INTO t (small) VALUES (1), (2), (3)")
        let cursor = try connection.query("SELECT small FROM t", streaming: true)
        #expect(try cursor.next())
        let error = #expect(throws: DatabaseError.self) { try connection.execute("DELETE FROM t") }
        #expect(error?.code == 2014)
        #expect(try cursor.next())
        #expect(cursor.int(0) == 2)
        cursor.close()
        #expect(cursor.int(0) == nil)
        #expect(try connection.execute("DELETE FROM t").affectedRows == 3)
    }

    @Test func aReleasedStreamingCursorLeavesTheConnectionUsable() throws {
        try connection.execute("INSERT INTO t (small) VALUES (1), (2), (3)")
        for _ in 0..<3 {
            _ = try connection.query("SELECT small FROM t", streaming: true).next()
            #expect(try number(connection, "SELECT COUNT(*) FROM t") == 3)
        }
    }

    @Test func endingABufferedCursorDoesNotDisturbAStreamingOne() throws {
        try connection.execute("INSERT INTO t (small) VALUES (1), (2), (3)")
        let all = SQL("SELECT small FROM t ORDER BY id")
        for leavesEarly in [false, true] {
            let first = try connection.query(all)
            #expect(try first.next())
            var second: Cursor? = try connection.query(all)
            #expect(try second?.next() == true)
            let streaming = try connection.query("SELECT id FROM t ORDER BY id", streaming: true)
            #expect(try streaming.next())
            if !leavesEarly { while try second?.next() == true {} }
            second = nil
            first.close()
            #expect(try streaming.next())
            #expect(streaming.int(0) == 2)
            #expect(try streaming.next())
            #expect(try !streaming.next())
        }
    }

    @Test func aCursorOfAClosedConnectionSaysSo() throws {
        try connection.execute("INSERT INTO t (small) VALUES (1), (2)")
        for streaming in [false, true] {
            let cursor = try connection.query("SELECT small FROM t", streaming: streaming)
            #expect(try cursor.next())
            connection.close()
            let error = #expect(throws: DatabaseError.self) { try cursor.next() }
            #expect(error?.isGone == true)
            #expect(try number(connection, "SELECT COUNT(*) FROM t") == 2)
        }
    }

    @Test func columnsThatChangedArePreparedAnew() throws {
        let all = SQL("SELECT * FROM changing")
        try connection.run("CREATE TABLE changing (a INT)")
        try connection.execute("INSERT INTO changing VALUES (1)")
        #expect(try connection.query(all).columnCount == 1)
        try connection.run(
            "ALTER TABLE changing ADD COLUMN b VARCHAR(10) DEFAULT 'x', MODIFY a TEXT")
        let cursor = try connection.query(all)
        #expect(cursor.columnCount == 2)
        #expect(try cursor.next())
        #expect(cursor.string(0) == "1")
        #expect(cursor.string(1) == "x")
    }

    @Test func aWrongNumberOfValuesIsAnError() {
        #expect(throws: DatabaseError.self) { try connection.execute("SELECT ?", 1, 2) }
        #expect(throws: DatabaseError.self) { try connection.query("SELECT ?") }
    }

    @Test func errorsSayWhatTheyAre() throws {
        try connection.execute("INSERT INTO t (short) VALUES ('it''s')")
        let insert = SQL("INSERT INTO t (short, kind, day) VALUES (?, ?, ?)")
        let duplicate = #expect(throws: DatabaseError.self) {
            try connection.execute(insert, "it's", nil, nil)
        }
        #expect(duplicate?.isDuplicateKey == true)
        #expect(duplicate?.sqlState == "23000")
        #expect(duplicate?.duplicateKeyName == "short_key")
        #expect(duplicate?.statement == insert.text)
        let long = #expect(throws: DatabaseError.self) {
            try connection.execute(insert, .text(String(repeating: "x", count: 21)), nil, nil)
        }
        #expect(long?.isTooLong == true)
        for (kind, day) in [("other", nil), (nil, "2026-02-30")] as [(String?, String?)] {
            let bad = #expect(throws: DatabaseError.self) {
                try connection.execute(insert, "x", Value(kind), Value(day))
            }
            #expect(bad?.isBadValue == true)
        }
    }

    @Test func duplicateKeyOfMySQL8HasItsTableInFront() {
        let error = DatabaseError(
            code: 1062, sqlState: "23000", message: "Duplicate entry 'a' for key 'tasks.caldav_uid'"
        )
        #expect(error.duplicateKeyName == "caldav_uid")
    }

    private func commands() throws -> [String: Int64] {
        let status = try connection.queryText("SHOW SESSION STATUS LIKE 'Com\\_stmt\\_%'")
        var counts: [String: Int64] = [:]
        for row in status.rows {
            if let name = row[0], let value = row[1] { counts[name] = Int64(value) }
        }
        return counts
    }
}
