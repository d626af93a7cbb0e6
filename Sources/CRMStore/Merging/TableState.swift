import MariaDB

/// What the server's dictionary says of the CRM's table: it takes the same time however large that is.
struct TableState {
    /// When the table was made, in seconds since 1970; 0 where the server does not tell.
    var createdAt: Int64 = 0
    /// Seconds since then.
    var age = Int64.max
    /// Whether this very table was compared before: a restored, swapped or altered one was not.
    var isKnown = false
    /// Nil where the server does not tell: InnoDB knows it of what was written since it started.
    var writing: Writing?
    /// By the server's clock, in seconds since 1970.
    var now: Int64 = 0

    /// What nearly every write to the table changes.
    struct Writing: Equatable {
        /// When the transaction began that wrote and was committed last, in seconds since 1970.
        var last: Int64
        /// TRUNCATE is no such write, but these start anew: how many rows there are, about, and the next
        /// one's id.
        var rows: Int64
        var nextID: Int64
    }

    /// Whether a dump that is being restored may still be filling it: rows that are not there yet are no
    /// deleted ones.
    var isYoung: Bool { age >= 0 && age < 5 }

    /// How long a table is believed not to have been written to, in seconds: a transaction that began in
    /// the same second as another, and lasted longer, is not told when it is committed.
    private static let trust: Int64 = 3

    /// Whether nothing was written, as far as can be told, since the table was in the state `before`: a
    /// second has many commits, and one may show a little later than it is dated.
    func isUnwritten(since before: TableState?) -> Bool {
        guard let writing, let before else { return false }
        return writing == before.writing && writing.last < before.now - 2
            && now - before.now < TableState.trust
    }
}

extension Store {
    /// The creation of the table that was last compared.
    private static let comparedTable = "tasks_created"

    /// MySQL shows the last write as it was up to a day ago.
    private static let state: SQL = """
        SELECT UNIX_TIMESTAMP(CREATE_TIME), UNIX_TIMESTAMP(),
               (SELECT value FROM caldav_meta WHERE name = ?),
               IF(VERSION() LIKE '%MariaDB%', UNIX_TIMESTAMP(UPDATE_TIME), NULL), TABLE_ROWS,
               AUTO_INCREMENT
          FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
        """

    func tableState() throws(StoreFailure) -> TableState {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.state, bytes(Store.comparedTable), .text(settings.tasks.table))
            var state = TableState()
            guard try cursor.next() else { return state }
            state.now = cursor.int(1) ?? 0
            if let created = cursor.int(0) {
                state.createdAt = created
                state.age = state.now - created
            }
            state.isKnown = cursor.string(2) == String(state.createdAt)
            if let last = cursor.int(3) {
                state.writing = .init(
                    last: last, rows: cursor.int(4) ?? 0, nextID: cursor.int(5) ?? 0)
            }
            return state
        }
    }

    /// From now on the table is known: all of it is about to be compared.
    func remember(_ table: TableState) throws(StoreFailure) {
        try setMeta(Store.comparedTable, String(table.createdAt))
    }
}
