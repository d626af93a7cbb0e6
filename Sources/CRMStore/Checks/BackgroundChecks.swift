import MariaDB

// What is done without a request: whether anything does it, and what could not be done.
extension Store {
    /// Seconds that a change may wait for a follower, or a message to be tried, before somebody should know.
    private static let longestWait: Int64 = 900

    private static let unsent: SQL = """
        SELECT COUNT(*), MIN(due) FROM caldav_deliveries
         WHERE state = 'waiting' AND holder IS NULL AND due < ?
        """
    private static let givenUp: SQL = """
        SELECT COUNT(*), (SELECT outcome FROM caldav_deliveries
                           WHERE state = 'failed' ORDER BY id DESC LIMIT 1)
          FROM caldav_deliveries WHERE state = 'failed' AND finished > ?
        """
    private static let failing: SQL = """
        SELECT kind, subject, failures, reason FROM caldav_followers
         WHERE failures > 0 ORDER BY kind, subject LIMIT 20
        """

    func checkBackground() throws(StoreFailure) -> [CheckFinding] {
        try database { () throws(DatabaseError) in
            var findings: [CheckFinding] = []
            let unsent = try connection.query(Store.unsent, .int(now - Store.longestWait))
            if try unsent.next(), let count = unsent.int(0), count > 0 {
                findings.append(
                    .problem(
                        "messages that nothing sends: \(count)",
                        mend:
                            "run crm-caldav work as a service, or crm-caldav work --once from cron")
                )
            }
            let failing = try connection.query(Store.failing)
            while try failing.next() {
                findings.append(
                    .problem(
                        "following changes for \(failing.string(0) ?? "?") failed "
                            + "\(failing.int(2) ?? 0) times in a row: \(failing.string(3) ?? "?")",
                        mend: "crm-caldav work --status"))
            }
            let givenUp = try connection.query(Store.givenUp, .int(now - 86_400))
            if try givenUp.next(), let count = givenUp.int(0), count > 0 {
                findings.append(
                    .note(
                        "messages that could not be delivered on the last day: \(count), the last one: "
                            + (givenUp.string(1) ?? "?")))
            }
            return findings
        }
    }
}
