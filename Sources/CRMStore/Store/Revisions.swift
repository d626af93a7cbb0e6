import CalDAV
import MariaDB

// Every change of an object takes a number of its calendar's own. Taking it locks the calendar's state
// row until the commit, so numbers are committed in the order in which they were given out.
extension Store {
    private static let takeRevisions: SQL = """
        UPDATE caldav_calendar_state SET revision = LAST_INSERT_ID(revision + ?)
         WHERE calendar_id = ? AND revision >= ?
        """

    /// How often a write begins anew when the CRM holds the task's row: for a second or so.
    ///
    /// It waits between two transactions, not within one, where it would hold up everybody else who
    /// writes to the calendar.
    static let retriesForHeldRow = 10

    /// Takes the next `count` revisions, as the first statement of a write transaction.
    ///
    /// - Returns: the last of them.
    /// - Throws: `.notFound` where the calendar has no state (deleted meanwhile), `.unavailable` where
    ///   the database has to be looked at first, because it may have gone back in time.
    func takeRevisions(_ count: Int = 1, of calendar: Int64) throws(StoreFailure) -> Int64 {
        let known = context.known.latest(of: calendar)
        let outcome = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.takeRevisions, .int(Int64(count)), .int(calendar), .int(known))
        }
        try checkSession()
        guard outcome.affectedRows == 1 else { throw refusal(of: calendar, known) }
        let revision = Int64(clamping: outcome.insertID)
        try Store.check(revision)
        return revision
    }

    /// As `takeRevisions` of one; then looks at what has the name and locks the row of its task. With the
    /// beginning of the transaction this is one round trip, where the server can: all who write to the
    /// calendar wait for one another from here on.
    ///
    /// - Parameter insertion: inserts a task before, whose row is read instead.
    func takeRevision(
        of calendar: CalendarRecord, for name: String, inserting insertion: Statement? = nil
    ) throws(StoreFailure) -> Presence {
        let known = context.known.latest(of: calendar.id)
        let take = Statement(Store.takeRevisions, [1, .int(calendar.id), .int(known)])
        let found = try presence(
            of: name, in: calendar, after: [take] + (insertion.map { [$0] } ?? []),
            with: insertion == nil ? .ofTask : .inserted)
        try checkSession()
        // What was taken is the next one, or none was.
        guard let found, found.revision > known else { throw refusal(of: calendar.id, known) }
        try Store.check(found.revision)
        return found
    }

    private func checkSession() throws(StoreFailure) {
        guard connection.generation == verifiedGeneration else {
            throw .storage(.unavailable("the connection to the database is new"))
        }
    }

    /// Why no revision was taken; the database is then looked at anew.
    private func refusal(of calendar: Int64, _ known: Int64) -> StoreFailure {
        if known == 0 { return .storage(.notFound) }
        verifiedGeneration = -1
        return .storage(.unavailable("calendar \(calendar) is gone or went back in time"))
    }

    /// Clients keep tokens in 32 bits, signed ones too.
    private static func check(_ revision: Int64) throws(StoreFailure) {
        guard revision < 1 << 31 else { throw .storage(.failed("revisions are used up")) }
    }

    /// Seconds since 1970, UTC.
    var now: Int64 { Clock.now }
}
