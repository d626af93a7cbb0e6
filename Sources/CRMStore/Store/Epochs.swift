package import CalDAV
import MariaDB

// Revisions must never be given out twice, not even when the database forgets some: after a crash it
// may lack commits that somebody already saw, after a restore it is as it was some time ago.
//
// - A server that was started anew since we last looked may have crashed. The numbers that it may have
//   forgotten are left out: tokens among them are invalid, older ones go on.
// - A state table that was made anew, or a revision that is lower than one we saw, means a restored
//   database: a new epoch begins, and every client lists afresh.
extension Store {
    private static let recorded: SQL = """
        SELECT (SELECT value FROM caldav_meta WHERE name = 'server_started'),
               (SELECT value FROM caldav_meta WHERE name = 'state_created'),
               (SELECT CAST(UNIX_TIMESTAMP(CREATE_TIME) AS CHAR) FROM information_schema.TABLES
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'caldav_calendar_state')
        """
    private static let begin: SQL = "INSERT IGNORE INTO caldav_meta (name, value) VALUES (?, ?)"
    private static let replace: SQL =
        "UPDATE caldav_meta SET value = ? WHERE name = ? AND value = ?"
    private static let skipLost: SQL = """
        UPDATE caldav_calendar_state
           SET floor = GREATEST(floor, lost_through), lost_after = revision,
               lost_through = revision + ?, revision = revision + ?
        """
    private static let beginEpoch: SQL = """
        UPDATE caldav_calendar_state
           SET revision = ?, floor = ?, lost_after = 0, lost_through = 0
        """
    private static let usedRevisions: SQL = """
        SELECT MAX(revision) FROM (SELECT MAX(revision) AS revision FROM caldav_objects
                                   UNION ALL SELECT MAX(revision) FROM caldav_tombstones) AS used
        """
    private static let states: SQL = "SELECT calendar_id, revision FROM caldav_calendar_state"

    /// More than the revisions that can be in flight when a server dies.
    private static let lostAtMost: Int64 = 4096
    private static let epoch: Int64 = 1 << 20
    /// Seconds that a server's start may seem to move, by rounding and by a clock that is set.
    private static let tolerance: Int64 = 3

    /// Looks whether the session is new, and the database the one we know.
    func verifyIfNew() throws(StoreFailure) {
        if connection.generation != verifiedGeneration || !connection.isOpen {
            try verifyDatabase()
        }
    }

    /// Looks whether the database may have forgotten something, and makes numbers unique again if so.
    func verifyDatabase() throws(StoreFailure) {
        let started = try serverStarted()
        let found = try recordedFacts()
        guard let created = found.created else {
            throw .storage(.unavailable("the database is not prepared: run crm-caldav migrate"))
        }
        let isSameTable = try confirm("state_created", created, recorded: found.stateCreated)
        let isRestored = isSameTable ? try hasGoneBack() : true
        if isRestored {
            try beginEpoch()
        } else if let before = found.serverStarted,
            abs(started - (Int64(before) ?? 0)) > Store.tolerance
        {
            try skipLostRevisions(started, before)
        } else if found.serverStarted == nil {
            _ = try confirm("server_started", String(started), recorded: nil)
        }
        verifiedGeneration = connection.generation
    }

    /// Begins a new epoch by hand, after a physical restore.
    package func beginNewEpoch() throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in try beginEpoch() }
    }

    // MARK: Looking

    /// Seconds since 1970.
    private func serverStarted() throws(StoreFailure) -> Int64 {
        let rows = try database { () throws(DatabaseError) in
            try connection.queryText("SHOW GLOBAL STATUS LIKE 'Uptime'").rows
        }
        let uptime = rows.first.flatMap { $0.count > 1 ? $0[1] : nil }.flatMap { Int64($0) }
        return now - (uptime ?? 0)
    }

    private struct RecordedFacts {
        var serverStarted: String?
        var stateCreated: String?
        /// When the state table was made; nil where there is none.
        var created: String?
    }

    private func recordedFacts() throws(StoreFailure) -> RecordedFacts {
        do throws(DatabaseError) {
            let cursor = try connection.query(Store.recorded)
            guard try cursor.next() else { return RecordedFacts() }
            return RecordedFacts(
                serverStarted: cursor.string(0), stateCreated: cursor.string(1),
                created: cursor.string(2))
        } catch  where error.isNoSuchTable {
            return RecordedFacts()
        } catch {
            throw .database(error)
        }
    }

    /// Whether a fact is as recorded; the first to see it records it.
    private func confirm(
        _ name: String, _ value: String, recorded: String?
    ) throws(StoreFailure) -> Bool {
        if let recorded { return recorded == value }
        _ = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.begin, .bytes(Array(name.utf8)), .bytes(Array(value.utf8)))
        }
        return true
    }

    private func hasGoneBack() throws(StoreFailure) -> Bool {
        let known = context.known.all
        guard !known.isEmpty else { return false }
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.states)
            var hasGoneBack = false
            while try cursor.next() {
                if let calendar = cursor.int(0), let revision = cursor.int(1),
                    let latest = known[calendar], revision < latest
                {
                    hasGoneBack = true
                }
            }
            return hasGoneBack
        }
    }

    // MARK: Making numbers unique again

    private func skipLostRevisions(_ started: Int64, _ before: String) throws(StoreFailure) {
        try connection.transaction { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let claim = try connection.execute(
                    Store.replace, .bytes(Array(String(started).utf8)), "server_started",
                    .bytes(Array(before.utf8)))
                // Another process was first.
                guard claim.affectedRows == 1 else { return }
                _ = try connection.execute(
                    Store.skipLost, .int(Store.lostAtMost), .int(Store.lostAtMost))
            }
        }
    }

    func beginEpoch() throws(StoreFailure) {
        try connection.transaction { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let newest = try connection.query(
                    "SELECT MAX(revision) FROM caldav_calendar_state FOR UPDATE")
                var highest = try newest.next() ? newest.int(0) ?? 0 : 0
                // The state may have gone back alone.
                let used = try connection.query(Store.usedRevisions)
                highest = max(highest, try used.next() ? used.int(0) ?? 0 : 0)
                highest = max(highest, context.known.all.values.max() ?? 0)
                let first = (highest / Store.epoch + 1) * Store.epoch
                _ = try connection.execute(Store.beginEpoch, .int(first), .int(first))
                _ = try connection.execute(
                    """
                    DELETE FROM caldav_meta WHERE name IN ('state_created', 'server_started')
                    """)
            }
        }
        context.known.reset()
    }
}
