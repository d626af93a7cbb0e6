/// What the server or the client library refused, as it said it.
package struct DatabaseError: Error, Equatable {
    /// The server's (1000 to 1999, 3000 and up) or the client library's (2000 to 2999) number.
    package let code: UInt32
    /// Five characters; `HY000` where the server has nothing better.
    package let sqlState: String
    /// May quote values of the statement: for logs, never for clients.
    package let message: String
    /// The text of the statement, without its values; nil when none was being run.
    package let statement: String?

    package init(
        code: UInt32, sqlState: String = "HY000", message: String, statement: String? = nil
    ) {
        self.code = code
        self.sqlState = sqlState
        self.message = message
        self.statement = statement
    }
}

/// An error of a higher layer that may have a `DatabaseError` inside, so that
/// `Connection.transaction` knows whether to try again.
package protocol DatabaseFailing: Error {
    init(databaseError: DatabaseError)
    var databaseError: DatabaseError? { get }
}

extension DatabaseError: DatabaseFailing {
    package init(databaseError: DatabaseError) { self = databaseError }
    package var databaseError: DatabaseError? { self }
}

// Server numbers are those of MariaDB's and MySQL's mysqld_error.h, client numbers of errmsg.h.
extension DatabaseError {
    package var isDuplicateKey: Bool { code == 1062 }

    /// The key of a duplicate, without the table that MySQL 8 puts in front of it.
    package var duplicateKeyName: String? {
        // Duplicate entry 'a-b' for key 'tasks.caldav_uid': the value may hold quotes, the key is last.
        guard isDuplicateKey else { return nil }
        let parts = message.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count >= 3, let key = parts.dropLast().last else { return nil }
        return key.split(separator: ".").last.map(String.init)
    }

    /// The server rolled the whole transaction back in favour of another.
    package var isDeadlock: Bool { code == 1213 }
    /// A row stayed locked: the wait ended (1205), or NOWAIT did not wait (1205, MySQL 3572).
    package var isLockWait: Bool { code == 1205 || code == 3572 }
    /// The same transaction may succeed when it is run again from its start.
    package var isWorthRetrying: Bool { isDeadlock || isLockWait }

    /// The connection was lost, before or while the statement ran.
    package var isGone: Bool { DatabaseError.lost.contains(code) }
    /// There was no connection to be had: server down, full, or of other opinion about TLS.
    package var cannotConnect: Bool { DatabaseError.unreachable.contains(code) }
    /// User, password or right to the database are wrong.
    package var isAccessDenied: Bool { code == 1044 || code == 1045 || code == 1698 }
    /// Nothing is wrong with the statement: the database is away, and may be back later.
    package var isUnavailable: Bool { isGone || cannotConnect }

    /// A text is longer than its column.
    package var isTooLong: Bool { code == 1406 }
    /// A column cannot hold the value: bad character or number (1366), no member of an ENUM (1265),
    /// no date or time (1292), out of range (1264).
    package var isBadValue: Bool { [1264, 1265, 1292, 1366].contains(code) }
    /// The row that a foreign key names is not there (1452), or is still referred to (1451).
    package var isForeignKey: Bool { code == 1451 || code == 1452 }
    /// A trigger or routine raised it (SIGNAL SQLSTATE '45000'); the message is its author's.
    package var isSignalled: Bool { sqlState == "45000" }
    /// A CHECK does not hold: MariaDB 4025, MySQL 3819.
    package var isCheckViolated: Bool { code == 4025 || code == 3819 }
    package var isNoSuchTable: Bool { code == 1146 }
    package var isNoSuchColumn: Bool { code == 1054 }
    /// The account lacks a privilege.
    package var isPrivilegeMissing: Bool { [1142, 1143, 1227, 1370, 1419].contains(code) }

    /// 1053 shutdown, 1927 and 4031 ended by the server, 1158 to 1161 network, 2006, 2013 and 2055.
    private static let lost: [UInt32] = [
        1053, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2055, 4031,
    ]

    /// 1040, 1203 and 1226: connections are used up; 1129 host blocked; the rest is the client's.
    private static let unreachable: [UInt32] = [
        1040, 1129, 1203, 1226, 2002, 2003, 2004, 2005, 2012, 2026,
    ]

    /// The connection was lost in a way that shows that the statement did not run: nothing was sent
    /// (2006), or the server had ended the session before (1927, 4031).
    var wasNeverExecuted: Bool { code == 2006 || code == 1927 || code == 4031 }

    /// The server no longer has the prepared statement (1243, 1615), has too many (1461), or its
    /// columns changed (2057): to be prepared anew.
    var asksForNewPrepare: Bool { [1243, 1461, 1615, 2057].contains(code) }

    static let outOfMemory = DatabaseError(code: 2008, message: "Client ran out of memory")
}
