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
        _ = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.queue, Value(task), .bytes(Array(action.rawValue.utf8)),
                .bytes(Array(uid.utf8.prefix(255))), .int(now),
                .bytes(Array((failure == nil ? "success" : "failed").utf8)), Value(failure))
        }
    }

    // MARK: Moving the queue

    private struct QueuedRow {
        var id: Int64
        /// Parameters of one row of `logRows`.
        var values: [Value]
    }

    private static let queued: SQL = """
        SELECT id, task_id, action, uid, happened, status, message
          FROM caldav_log_queue ORDER BY id LIMIT 500 FOR UPDATE
        """

    /// Moves what is queued into the log. A row whose task is locked stays for the next time.
    ///
    /// - Returns: how many were moved.
    func moveLogQueue() throws(StoreFailure) -> Int {
        try connection.transaction(retries: 0) { () throws(StoreFailure) in
            let rows = try database { () throws(DatabaseError) in try queuedRows() }
            var moved = 0
            for piece in rows.inStatementChunks() {
                moved += try move(piece)
            }
            return moved
        }
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
                    id: cursor.int(0) ?? 0,
                    values: [
                        Value(task), .text(action), Value(cursor.string(3)),
                        Value(cursor.int(4)), Value(cursor.string(5)), Value(cursor.string(6)),
                    ]))
        }
        return rows
    }

    private func move(_ rows: ArraySlice<QueuedRow>) throws(StoreFailure) -> Int {
        let table = try installation().schema.table
        let row: SQL = """
            ((SELECT t.id FROM \(table) AS t WHERE t.id = ?), ?, ?, FROM_UNIXTIME(?), ?, ?)
            """
        let insert: SQL = """
            INSERT INTO caldav_sync_log
                   (task_id, action, caldav_uid, sync_timestamp, sync_status, error_message)
            VALUES \(SQL.repeated(row, count: rows.count))
            """
        let delete: SQL = """
            DELETE FROM caldav_log_queue
             WHERE id IN (\(SQL.repeated("?", count: rows.count)))
            """
        do throws(DatabaseError) {
            _ = try connection.execute(insert, rows.flatMap(\.values))
            _ = try connection.execute(delete, rows.map { .int($0.id) })
            return rows.count
        } catch  where error.isLockWait || error.isForeignKey {
            guard rows.count > 1 else { return 0 }
            var moved = 0
            for row in rows { moved += try move([row]) }
            return moved
        } catch {
            throw .database(error)
        }
    }
}
