package import CalDAV
import MariaDB

// A calendar goes with all its objects and their tasks; everything is in the trash as one. Its state
// row stays: the revisions it gave out must not be given out again; so do the names of its objects, for
// whoever syncs the home and finds another calendar at the address. What clients stored for it stays as
// long as the trash has it.
extension Store {
    private static let logAll: SQL = """
        INSERT INTO caldav_log_queue (task_id, action, uid, happened, status)
        SELECT NULL, 'delete', LEFT(o.uid, 255), ?, 'success'
          FROM caldav_objects AS o WHERE o.calendar_id = ?
        """
    private static let deleteObjects: SQL = "DELETE FROM caldav_objects WHERE calendar_id = ?"
    /// Each name with a revision of its own, for a report that ends between two of them.
    private static let buryAll: SQL = """
        INSERT INTO caldav_tombstones (calendar_id, name, revision, removed)
        SELECT o.calendar_id, o.name, ? + ROW_NUMBER() OVER (ORDER BY o.revision), ?
          FROM caldav_objects AS o WHERE o.calendar_id = ?
        ON DUPLICATE KEY UPDATE revision = VALUES(revision), removed = VALUES(removed)
        """
    private static let deleteFeeds: SQL = "DELETE FROM caldav_feeds WHERE calendar_id = ?"
    private static let deleteFederatedShares: SQL =
        "DELETE FROM caldav_federated_shares WHERE calendar_id = ?"
    private static let deleteCalendar: SQL = "DELETE FROM caldav_calendars WHERE id = ?"

    package func delete(_ calendar: CalendarRecord) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            let tasks = try installation().schema.table
            let deleteTasks: SQL = """
                \(SQL.neverWaiting)DELETE t FROM \(tasks) AS t JOIN caldav_objects AS o ON o.task_id = t.id
                 WHERE o.calendar_id = ?
                """
            let id = Value.int(calendar.id)
            try connection.transaction(retries: Store.retriesForHeldRow) {
                () throws(StoreFailure) in
                let revision = try takeRevisions(of: calendar.id)
                try discard(calendar, by: calendar.owner)
                let buried = try database { () throws(DatabaseError) in
                    try connection.execute(Store.buryAll, .int(revision), .int(now), id)
                        .affectedRows
                }
                if buried > 0 { _ = try takeRevisions(Int(clamping: buried), of: calendar.id) }
                try database { () throws(DatabaseError) in
                    _ = try connection.execute(Store.logAll, .int(now), id)
                    _ = try connection.execute(deleteTasks, id)
                    for statement in [
                        Store.deleteObjects, Store.deleteFeeds, Store.deleteFederatedShares,
                        Store.deleteCalendar,
                    ] {
                        _ = try connection.execute(statement, id)
                    }
                }
            }
        }
    }
}
