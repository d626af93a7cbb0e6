import CalDAV
import ICalendar
import MariaDB

// Every object's text, read as a client would.
extension Store {
    private static let everyObject: SQL = """
        SELECT o.id, o.calendar_id, o.name, o.task_id, o.etag, o.uid_hash, o.icalendar
          FROM caldav_objects AS o ORDER BY o.id
        """
    /// So many are told one by one.
    private static let shownAtMost = 100

    private struct BadObject: Sendable {
        var id: Int64
        var calendar: Int64
        var name: String
        var task: Int64?
        /// Nil: the text can be read, but is not the one that the other columns are of.
        var reason: String?
    }

    func checkObjects() throws(StoreFailure) -> [CheckFinding] {
        let bad = try badObjects()
        var findings = bad.prefix(Store.shownAtMost).map { object in
            CheckFinding.problem(
                "\(object.name) in calendar \(object.calendar) "
                    + (object.reason.map { "cannot be read: \($0)" }
                        ?? "has an ETag or UID that is not its text's"),
                repair: { store throws(StoreFailure) in try store.mend(object) })
        }
        if bad.count > findings.count {
            findings.append(.problem("objects beyond these: \(bad.count - findings.count)"))
        }
        return findings
    }

    private func badObjects() throws(StoreFailure) -> [BadObject] {
        try database { () throws(DatabaseError) in
            var bad: [BadObject] = []
            let cursor = try connection.query(Store.everyObject, streaming: true)
            while try cursor.next() {
                let text = cursor.bytes(6).map(Array.init) ?? []
                var object = BadObject(
                    id: cursor.int(0) ?? 0, calendar: cursor.int(1) ?? 0,
                    name: cursor.string(2) ?? "", task: cursor.int(3))
                do throws(ICalendarError) {
                    let parsed = try CalendarObject(parsing: text)
                    let isSame =
                        cursor.string(4) == ObjectText.etag(of: text)
                        && (cursor.bytes(5).map(Array.init) ?? []) == Digest.sha256(parsed.uid)
                    if isSame { continue }
                } catch {
                    object.reason = error.reason
                }
                bad.append(object)
            }
            return bad
        }
    }

    private static let calendarOf: SQL = """
        SELECT \(CalendarColumns.list)
          FROM caldav_calendars AS c
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE c.id = ?
        """
    private static let setText: SQL = """
        UPDATE caldav_objects SET etag = ?, uid = ?, uid_hash = ?, size = ?, revision = ?
         WHERE id = ?
        """

    /// What nobody can read goes into the trash, and its task makes a new object; an ETag is worked out
    /// anew.
    private func mend(_ bad: BadObject) throws(StoreFailure) {
        try verifyIfNew()
        let calendar = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.calendarOf, .int(bad.calendar))
            return try cursor.next() ? CalendarColumns.read(cursor, at: 0) : nil
        }
        guard let calendar else { return }
        try connection.transaction { () throws(StoreFailure) in
            let revision = try takeRevisions(of: calendar.id)
            guard let present = try presentObject(bad.name, in: calendar).object,
                present.id == bad.id
            else { return }
            if let object = try? CalendarObject(parsing: present.content) {
                let text = ObjectText(object, bytes: present.content, floating: context.zone)
                try change(
                    Store.setText, .bytes(Array(text.etag.utf8)), .bytes(Array(text.uid.utf8)),
                    .bytes(text.uidHash), .int(Int64(text.bytes.count)), .int(revision),
                    .int(bad.id))
            } else {
                try discard(
                    bad.id, .deleted, by: Store.checker, owner: calendar.owner, uri: calendar.uri)
                try removeObject(bad.id, name: bad.name, in: calendar.id, revision: revision)
                try log(.delete, task: nil, uid: present.uid)
            }
        }
        if let task = bad.task { try merge([task], pending: [:]) }
    }

    // MARK: The ETag in the row

    private func differingETags(_ columns: SQL) throws(StoreFailure) -> SQL {
        """
        SELECT \(columns) FROM caldav_objects AS o
          JOIN \(try installation().schema.table) AS t ON t.id = o.task_id
         WHERE NOT (CAST(t.caldav_etag AS BINARY) <=> o.etag)
        """
    }

    func checkETags() throws(StoreFailure) -> [CheckFinding] {
        let differing = try count(try differingETags("COUNT(*)"))
        guard differing > 0 else { return [] }
        return [
            .problem(
                "tasks whose caldav_etag is not their object's: \(differing)",
                repair: { store throws(StoreFailure) in try store.writeETags() })
        ]
    }

    private func writeETags() throws(StoreFailure) {
        let columns: SQL = "t.id, t.caldav_uid, o.etag, t.caldav_sequence, o.uid, o.calendar_id"
        let select = try differingETags(columns)
        let rows = try database { () throws(DatabaseError) in
            let cursor = try connection.query(select)
            var rows: [[Value]] = []
            while try cursor.next() {
                let uid =
                    cursor.string(1)
                    ?? Store.columnUID(cursor.string(4) ?? "", calendar: cursor.int(5) ?? 0)
                rows.append([
                    Value(cursor.int(0)), .text(uid), .text(cursor.string(2) ?? ""),
                    .int(cursor.int(3) ?? 0),
                ])
            }
            return rows
        }
        let statements = try installation().statements
        for piece in rows.inStatementChunks() {
            guard let mark = statements.mark[piece.count] else { continue }
            _ = try database { () throws(DatabaseError) in
                try connection.execute(mark, Array(piece.joined()))
            }
        }
    }
}
