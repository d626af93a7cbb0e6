import CalDAV
import MariaDB

// The documented `caldav_sync_log`. Its foreign key makes an insert wait for whoever holds the task's
// row, so a change only queues its log row, in its own transaction, and the queue is moved later.
extension Store {
    enum LogAction: String {
        case create, update, delete
    }

    private static let queue: SQL = """
        INSERT INTO caldav_log_queue (task_id, action, uid, happened, status, message)
        VALUES (?, ?, ?, ?, ?, ?)
        """

    /// - Parameter failure: why a change could not be made; nil for one that was.
    func log(
        _ action: LogAction, task: Int64?, uid: String, failure: String? = nil
    ) throws(StoreFailure) {
        try later(
            Store.queue,
            [
                Value(task), .bytes(Array(action.rawValue.utf8)),
                .bytes(Array(uid.utf8.prefix(255))), .int(now),
                .bytes(Array((failure == nil ? "success" : "failed").utf8)), Value(failure),
            ])
    }

    // MARK: Moving the queue

    private struct QueuedRow {
        var id: Int64
        var task: Int64?
        /// Parameters of one row of `logRows`.
        var values: [Value]
    }

    private static let queued: SQL = """
        SELECT id, task_id, action, uid, happened, status, message
          FROM caldav_log_queue ORDER BY id LIMIT 500
        """

    /// Moves what is queued into the log. A row whose task is locked stays for the next time.
    ///
    /// - Parameter deadline: in milliseconds.
    /// - Returns: how many were moved.
    func moveLogQueue(until deadline: Int64 = .max) throws(StoreFailure) -> Int {
        let rows = try database { () throws(DatabaseError) in try queuedRows() }
        var moved = 0
        for piece in rows.inStatementChunks() where Clock.milliseconds < deadline {
            switch try move(piece) {
            case .moved: moved += piece.count
            // Another process is at it, and has read the rest too.
            case .somebodyElse: return moved
            case .held where piece.count > 1:
                for row in piece where Clock.milliseconds < deadline {
                    if try move([row]) == .moved { moved += 1 }
                }
            case .held: break
            }
        }
        return moved
    }

    private func queuedRows() throws(DatabaseError) -> [QueuedRow] {
        let cursor = try connection.query(Store.queued)
        var rows: [QueuedRow] = []
        while try cursor.next() {
            let action = cursor.string(2) ?? LogAction.update.rawValue
            // A deleted task has no row to refer to.
            let task = action == LogAction.delete.rawValue ? nil : cursor.int(1)
            rows.append(
                QueuedRow(
                    id: cursor.int(0) ?? 0, task: task,
                    values: [
                        Value(task), .text(action), Value(cursor.string(3)),
                        Value(cursor.int(4)), Value(cursor.string(5)), Value(cursor.string(6)),
                    ]))
        }
        return rows
    }

    private enum Move {
        case moved
        /// Somebody holds one of the tasks.
        case held
        /// Another process moved one of the rows.
        case somebodyElse
    }

    private func move(_ rows: ArraySlice<QueuedRow>) throws(StoreFailure) -> Move {
        let table = try installation().schema.table
        let row: SQL = """
            ((SELECT t.id FROM \(table) AS t WHERE t.id = ?), ?, ?, FROM_UNIXTIME(?), ?, ?)
            """
        // The CRM's DELETE of a task locks the gaps beside its log rows.
        let insert: SQL = """
            \(SQL.neverWaiting)INSERT INTO caldav_sync_log
                   (task_id, action, caldav_uid, sync_timestamp, sync_status, error_message)
            VALUES \(SQL.repeated(row, count: rows.count))
            """
        let delete: SQL = """
            DELETE q FROM (\(SQL.list(of: rows.count))) AS v
              STRAIGHT_JOIN caldav_log_queue AS q FORCE INDEX (PRIMARY) ON q.id = v.id
            """
        do throws(StoreFailure) {
            return try connection.transaction(retries: 0) { () throws(StoreFailure) in
                let taken = try database { () throws(DatabaseError) in
                    try connection.execute(delete, rows.map { .int($0.id) }).affectedRows
                }
                // Another process was first with some: what it leaves is moved next time.
                guard taken == rows.count else { throw .storage(.unavailable("moved already")) }
                // The foreign key would wait for a row that the CRM holds, while we hold others.
                _ = try lockTasks(Set(rows.compactMap(\.task)).sorted())
                _ = try database { () throws(DatabaseError) in
                    try connection.execute(insert, rows.flatMap(\.values))
                }
                return .moved
            }
        } catch .storage(.unavailable(_)) {
            return .somebodyElse
        } catch {
            guard let failure = error.databaseError,
                failure.isWorthRetrying || failure.isForeignKey
            else { throw error }
            return .held
        }
    }
}
