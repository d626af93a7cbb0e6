import MariaDB
import TestSupport
import Testing

@Suite("A session with the server")
struct ConnectionTests {
    @Test func opensAtFirstUseAndAgainAfterClose() throws {
        let connection = Connection(settings: PrivateMariaDB.shared.settings)
        #expect(!connection.isOpen)
        #expect(connection.statementCount == 0)
        #expect(try number(connection, "SELECT 1") == 1)
        #expect(connection.isOpen)
        connection.close()
        #expect(!connection.isOpen)
        #expect(try number(connection, "SELECT 1") == 1)
        #expect(connection.statementCount == 2)
    }

    @Test func speaksUTCAndUTF8AndIsStrict() throws {
        var settings = PrivateMariaDB.shared.settings
        settings.sessionVariables = [("@caldav_own", 1)]
        let connection = Connection(settings: settings)
        let cursor = try connection.query(
            """
            SELECT @@time_zone, @@character_set_client, @@character_set_results, @@sql_mode,
                   @@innodb_lock_wait_timeout, @caldav_own
            """)
        #expect(try cursor.next())
        #expect(cursor.string(0) == "+00:00")
        #expect(cursor.string(1) == "utf8mb4")
        #expect(cursor.string(2) == "utf8mb4")
        #expect(
            cursor.string(3)
                == "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION")
        #expect(cursor.int(4) == 5)
        #expect(cursor.int(5) == 1)
        #expect(try isolation(of: connection) == "READ-COMMITTED")
    }

    @Test func isSetUpAgainAfterTheServerEndedIt() throws {
        var settings = PrivateMariaDB.shared.settings
        settings.sessionVariables = [("@caldav_own", 1)]
        let connection = Connection(settings: settings)
        for _ in 0..<20 {
            try kill(connection)
            #expect(try number(connection, "SELECT @caldav_own") == 1)
        }
    }

    @Test func aSessionLostInATransactionIsAnErrorThatLasts() throws {
        let connection = Connection(settings: try PrivateMariaDB.shared.freshDatabase())
        try connection.run("CREATE TABLE t (a INT)")
        let error = #expect(throws: DatabaseError.self) {
            try connection.transaction { () throws(DatabaseError) in
                try connection.execute("INSERT INTO t VALUES (1)")
                try kill(connection)
                do throws(DatabaseError) {
                    try connection.execute("INSERT INTO t VALUES (2)")
                    Issue.record("the session was killed")
                } catch {
                    #expect(error.isGone)
                }
                // Must not run on a new session, outside the transaction.
                try connection.execute("INSERT INTO t VALUES (3)")
            }
        }
        #expect(error?.isGone == true)
        #expect(try number(connection, "SELECT COUNT(*) FROM t") == 0)
    }

    @Test func aServerThatDoesNotAnswerIsWaitedForOnce() throws {
        var settings = PrivateMariaDB.shared.settings
        settings.readTimeout = 1
        let connection = Connection(settings: settings)
        try connection.open()
        let start = ContinuousClock.now
        let error = #expect(throws: DatabaseError.self) {
            try connection.execute("SELECT SLEEP(20)")
        }
        #expect(error?.isGone == true)
        #expect(connection.statementCount == 1, "it may have run: never a second time")
        #expect(try number(connection, "SELECT 1") == 1)
        #expect(ContinuousClock.now - start < .seconds(15))
    }

    @Test func aServerThatIsNotThereIsSaidAtOnce() {
        var settings = ConnectionSettings()
        settings.socket = "/nonexistent/socket"
        let connection = Connection(settings: settings)
        let error = #expect(throws: DatabaseError.self) { try connection.open() }
        #expect(error?.cannotConnect == true)
        #expect(error?.isUnavailable == true)
        #expect(error?.statement == nil)
    }

    @Test func aWrongPasswordIsNotAnAbsentServer() throws {
        let root = Connection(settings: PrivateMariaDB.shared.settings)
        try root.run("DROP USER IF EXISTS guarded@localhost")
        try root.run("CREATE USER guarded@localhost IDENTIFIED BY 'right'")
        var settings = PrivateMariaDB.shared.settings
        settings.user = "guarded"
        settings.password = "wrong"
        let error = #expect(throws: DatabaseError.self) {
            try Connection(settings: settings).open()
        }
        #expect(error?.isAccessDenied == true)
        #expect(error?.isUnavailable == false)
        settings.password = "right"
        try Connection(settings: settings).open()
    }

    @Test(arguments: ["sql_mode; DROP", "a b", "x'"])
    func aSessionVariableIsAName(name: String) {
        var settings = PrivateMariaDB.shared.settings
        settings.sessionVariables = [(name, 1)]
        let connection = Connection(settings: settings)
        #expect(throws: DatabaseError.self) { try connection.open() }
        #expect(!connection.isOpen)
    }

    @Test func preferredTLSFallsBackWhereTheServerHasNone() throws {
        var settings = PrivateMariaDB.shared.settings
        settings.tls = .preferred
        try Connection(settings: settings).open()
        settings.tls = .verify
        let error = #expect(throws: DatabaseError.self) {
            try Connection(settings: settings).open()
        }
        #expect(error?.cannotConnect == true)
    }
}

/// The first column of the first row.
func number(_ connection: Connection, _ sql: SQL, _ values: Value...) throws -> Int64? {
    let cursor = try connection.query(sql, values)
    return try cursor.next() ? cursor.int(0) : nil
}

/// Has the server end the session from another one.
func kill(_ connection: Connection) throws(DatabaseError) {
    let cursor = try connection.query("SELECT CONNECTION_ID()")
    guard try cursor.next(), let id = cursor.int(0) else { return }
    let killer = Connection(settings: PrivateMariaDB.shared.settings)
    while true {
        do throws(DatabaseError) {
            try killer.run("KILL \(id)")
        } catch {
            // It is there no more.
            guard error.code == 1094 else { throw error }
            return
        }
    }
}

/// Whether the tests' server is MariaDB: MySQL knows neither compound statements nor sequences.
let isMariaDB = {
    let connection = Connection(settings: PrivateMariaDB.shared.settings)
    let version = try? connection.queryText("SELECT VERSION() AS version").first("version")
    return version?.contains("MariaDB") == true
}()

/// The session's, whatever the variable is called.
func isolation(of connection: Connection) throws -> String? {
    try connection.queryText(
        """
        SHOW SESSION VARIABLES
         WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')
        """
    ).first("Value")
}
