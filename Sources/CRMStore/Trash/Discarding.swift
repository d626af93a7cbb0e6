import CalDAV
import MariaDB

// What a client deletes goes into the trash with the whole row of its task, also with the columns of
// the CRM's that no calendar shows. The row is locked first: what is kept is what is deleted.
extension Store {
    /// Columns of `caldav_trash` that come from the object `o` and the row `t` of its task.
    static func discarding(
        _ schema: TaskSchema, wholeRow: SQL
    ) -> (columns: SQL, values: SQL, from: SQL) {
        (
            "calendar_id, name, etag, icalendar, size, task_id, task, task_row",
            """
            o.calendar_id, o.name, o.etag, o.icalendar, o.size, o.task_id,
            IF(t.id IS NOT NULL AND o.row_digest <=> \(schema.digest), NULL, o.base),
            IF(t.id IS NULL, NULL, \(wholeRow))
            """,
            "FROM caldav_objects AS o LEFT JOIN \(schema.table) AS t ON t.id = o.task_id"
        )
    }

    /// As `discard`, with the row of the object's task.
    func discardWithRow(
        _ id: Int64, _ reason: DiscardReason, by actor: String, owner: String, uri: String
    ) throws(StoreFailure) {
        try later(
            try installation().statements.discardWithRow,
            [
                .int(now), .bytes(Array(reason.rawValue.utf8)), .bytes(Array(actor.utf8)),
                .bytes(Array(owner.utf8)), .bytes(Array(uri.utf8)), .int(id),
            ])
    }

    // MARK: A calendar

    /// The documented columns that a client or the CRM may set.
    static let calendarColumns: [RowColumn] = [
        "user_id", "uri", "displayname", "description", "color", "timezone", "components",
    ].compactMap { RowColumn($0, dataType: "text") }

    private static let discardRow: SQL = """
        INSERT INTO caldav_trash_calendars (discarded, actor, calendar_id, owner, uri, calendar)
        SELECT ?, ?, t.id, ?, ?, \(WholeRow.expression(calendarColumns))
          FROM caldav_calendars AS t WHERE t.id = ?
        """

    /// Copies a calendar and all its objects, with the rows of their tasks, into the trash.
    func discard(_ calendar: CalendarRecord, by actor: String) throws(StoreFailure) {
        let installation = try installation()
        let (columns, values, from) = Store.discarding(
            installation.schema, wholeRow: installation.statements.wholeRow)
        let tasks = installation.schema.table
        // What is copied is locked first: not by waiting for the CRM.
        let lock: SQL = """
            SELECT t.id FROM caldav_objects AS o STRAIGHT_JOIN \(tasks) AS t FORCE INDEX (PRIMARY)
                ON t.id = o.task_id
             WHERE o.calendar_id = ? FOR UPDATE NOWAIT
            """
        let discardObjects: SQL = """
            INSERT INTO caldav_trash (discarded, reason, actor, owner, uri, batch, \(columns))
            SELECT ?, 'calendar', ?, ?, ?, ?, \(values) \(from) WHERE o.calendar_id = ? FOR UPDATE
            """
        let (owner, uri) = (Array(calendar.owner.utf8), Array(calendar.uri.utf8))
        let actor = Value.bytes(Array(actor.utf8))
        _ = try database { () throws(DatabaseError) in
            try connection.query(lock, .int(calendar.id)).close()
            let batch = try connection.execute(
                Store.discardRow, .int(now), actor, .bytes(owner), .bytes(uri), .int(calendar.id)
            ).insertID
            return try connection.execute(
                discardObjects, .int(now), actor, .bytes(owner), .bytes(uri), .uint(batch),
                .int(calendar.id))
        }
    }
}
