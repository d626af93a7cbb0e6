import Glibc
import MariaDB

// What should move: the CRM's changes into calendars, the queue into the log.
extension Store {
    /// Whether a worker did its rounds in the last minutes; nil: none ever did.
    private func isWorkerAlive() throws(StoreFailure) -> Bool? {
        guard let last = try meta(Duty.scan.rawValue).flatMap({ Int64($0) }), last > 0 else {
            return nil
        }
        return last > now - 180
    }

    // MARK: Changes of the CRM

    private static let oldestPending: SQL = """
        SELECT COALESCE(MIN(id), 0), COUNT(*), COALESCE(MAX(id), 0) FROM caldav_pending
        """

    private func pendingRange() throws(StoreFailure) -> (oldest: Int64, count: Int64, newest: Int64)
    {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.oldestPending)
            guard try cursor.next() else { return (0, 0, 0) }
            return (cursor.int(0) ?? 0, cursor.int(1) ?? 0, cursor.int(2) ?? 0)
        }
    }

    func checkPending() throws(StoreFailure) -> [CheckFinding] {
        let before = try pendingRange()
        guard before.count > 0 else { return [] }
        let isAlive = try isWorkerAlive()
        guard isAlive == true else {
            let sentence = "changes of the CRM that wait: \(before.count)"
            return [
                isAlive == nil
                    ? .note("\(sentence); no worker has run here yet")
                    : .problem(
                        "\(sentence); no worker has run for minutes", repair: Store.mergeAll)
            ]
        }
        // A worker takes them within a second, unless the CRM holds the row.
        usleep(3_000_000)
        let after = try pendingRange()
        guard after.oldest == before.oldest else { return [] }
        return [
            .problem(
                "changes of the CRM that wait though a worker runs: \(after.count); a transaction of the "
                    + "CRM that is not ended may hold the rows (SHOW ENGINE INNODB STATUS)",
                repair: Store.mergeAll)
        ]
    }

    private static let mergeAll: CheckFinding.Repair = { store throws(StoreFailure) in
        while try store.hasPending() {
            let before = try store.pendingRange()
            try store.mergePending(tasks: 10_000, until: Clock.milliseconds + 10_000)
            if try store.pendingRange().count >= before.count { return }
        }
    }

    // MARK: The log

    private static let waiting: SQL =
        "SELECT COUNT(*) FROM caldav_log_queue WHERE happened < ?"
    private static let failed: SQL = """
        SELECT COUNT(*), MAX(id) FROM caldav_sync_log
         WHERE sync_status = 'failed' AND sync_timestamp > FROM_UNIXTIME(?)
        """
    private static let message: SQL =
        "SELECT error_message, task_id FROM caldav_sync_log WHERE id = ?"

    func checkLog() throws(StoreFailure) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        let waiting = try count(Store.waiting, .int(now - 600))
        if waiting > 0 {
            findings.append(
                .problem(
                    "rows that have waited for more than ten minutes to get into caldav_sync_log: "
                        + "\(waiting)",
                    repair: { store throws(StoreFailure) in
                        while try store.moveLogQueue() > 0 {}
                    }))
        }
        if let failures = try failuresOfToday() {
            let task = failures.task.map { " (task \($0))" } ?? ""
            findings.append(
                .note(
                    "changes that failed in the last day: \(failures.count), the last one\(task): "
                        + failures.message,
                    mend: "SELECT * FROM caldav_sync_log WHERE sync_status = 'failed';"))
        }
        if try isWorkerAlive() == false {
            findings.append(
                .note(
                    "no worker has run for minutes: changes of the CRM show at the next request",
                    mend: "start crm-caldav serve"))
        }
        return findings
    }

    private func failuresOfToday() throws(StoreFailure) -> (
        count: Int64, message: String, task: Int64?
    )? {
        let since = Value.int(now - 86_400)
        return try database { () throws(DatabaseError) in
            let failed = try connection.query(Store.failed, since)
            guard try failed.next(), let count = failed.int(0), let id = failed.int(1) else {
                return nil
            }
            failed.close()
            let cursor = try connection.query(Store.message, .int(id))
            guard try cursor.next() else { return nil }
            return (count, cursor.string(0) ?? "", cursor.int(1))
        }
    }
}
