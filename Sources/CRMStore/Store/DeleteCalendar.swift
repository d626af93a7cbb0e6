package import CalDAV
import MariaDB

// A calendar goes with all its objects and their tasks; everything is in the trash as one. Its state
// row stays: the revisions it gave out must not be given out again. What clients stored for it stays as
// long as the trash has it.
extension Store {
    private static let logAll: SQL = """
        INSERT INTO caldav_log_queue (task_id, action, uid, happened, status)
        SELECT NULL, 'delete', LEFT(o.uid, 255), ?, 'success'
          FROM caldav_objects AS o WHERE o.calendar_id = ?
        """
    private static let deleteObjects: SQL = "DELETE FROM caldav_objects WHERE calendar_id = ?"
    private static let deleteTombstones: SQL =
        "DELETE FROM caldav_tombstones WHERE calendar_id = ?"
    private static let deleteCalendar: SQL = "DELETE FROM caldav_calendars WHERE id = ?"

    package func delete(_ calendar: CalendarRecord) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            let tasks = try installation().schema.table
            let deleteTasks: SQL = """
                DELETE t FROM \(tasks) AS t JOIN caldav_objects AS o ON o.task_id = t.id
                 WHERE o.calendar_id = ?
                """
            let id = Value.int(calendar.id)
            try connection.transaction { () throws(StoreFailure) in
                _ = try takeRevisions(of: calendar.id)
                try discard(calendar, by: calendar.owner)
                try database { () throws(DatabaseError) in
                    _ = try connection.execute(Store.logAll, .int(now), id)
                    _ = try connection.execute(deleteTasks, id)
                    for statement in [
                        Store.deleteObjects, Store.deleteTombstones, Store.deleteCalendar,
                    ] {
                        _ = try connection.execute(statement, id)
                    }
                }
                try takeHomeRevision(of: calendar.owner)
            }
        }
    }
}
