import CalDAV
import ICalendar
import MariaDB

/// The rows that a merge writes, gathered so that each table gets few statements.
struct MergeWriter {
    let now: Int64
    fileprivate var added: [[Value]] = []
    fileprivate var changed: [[Value]] = []
    fileprivate var discarded: [(id: Int64, reason: Store.DiscardReason)] = []
    fileprivate var removed: [Int64] = []
    fileprivate var buried: [[Value]] = []
    fileprivate var unburied: [[Value]] = []
    fileprivate var logged: [[Value]] = []
    fileprivate var marked: [[Value]] = []
    fileprivate var returned: [(status: Value, task: Int64)] = []

    /// Goes into names and UIDs of ours, so that they are not what is taken; usually empty.
    private let mark: String

    init(now: Int64, mark: String) {
        self.now = now
        self.mark = mark
    }

    /// An object for a task that has none.
    ///
    /// - Parameter revived: what it was before; not used where names are taken.
    mutating func add(
        _ read: ReadTaskRow, to calendar: CalendarRecord, again revived: RevivedObject?,
        revision: Int64, _ installation: Installation
    ) throws(StoreFailure) {
        if mark.isEmpty, let revived {
            return insert(
                revived.text, name: revived.name, of: revived.row, in: calendar.id,
                revision: revision, installation)
        }
        let row = read.row
        let given = mark.isEmpty ? row.uid.flatMap { $0.isEmpty ? nil : $0 } : nil
        let uid = given ?? installation.uid(ofTask: row.id, mark: mark)
        let component = installation.mapping.object(for: row, uid: uid)
        let object: CalendarObject
        do throws(ICalendarError) {
            object = try CalendarObject(component)
        } catch {
            throw .storage(.failed("task \(row.id) makes no object: \(error.reason)"))
        }
        let floating = Zone.named(calendar.timeZone) ?? installation.mapping.zone
        let text = ObjectText(object, bytes: object.serialized(), floating: floating)
        insert(
            text, name: "crm-task-\(row.id)\(mark).ics", of: read, in: calendar.id,
            revision: revision, installation)
    }

    private mutating func insert(
        _ text: ObjectText, name: String, of read: ReadTaskRow, in calendar: Int64,
        revision: Int64, _ installation: Installation
    ) {
        let row = read.row
        let name = Array(name.utf8)
        added.append(
            [
                .int(calendar), .bytes(name), .bytes(Array(text.uid.utf8)), .bytes(text.uidHash),
                .bytes(Array(text.component.utf8)), .bytes(text.bytes),
                .bytes(Array(text.etag.utf8)), .int(Int64(text.bytes.count)),
            ] + text.spanValues + [
                .int(revision), .int(row.id), .bytes(row.values.encoded(installation.schema)),
                .bytes(read.digest), .int(now), .int(now),
            ])
        unburied.append([.int(calendar), .bytes(name)])
        log(.create, row.id, text.uid)
        mark(
            row, uid: text.uid, etag: text.etag, calendar: calendar,
            sequence: max(row.sequence, text.sequence))
        noteReturned(read)
    }

    /// The object of a changed row, perhaps in another calendar.
    mutating func change(
        _ mirror: MirrorObject, _ read: ReadTaskRow, _ text: ObjectText?,
        to destination: CalendarRecord?, _ revisions: inout RevisionRanges,
        _ installation: Installation
    ) throws(StoreFailure) {
        let here = revisions.next(of: mirror.calendarID)
        var revision = text == nil ? mirror.revision : here
        var name = Array(mirror.name.utf8)
        if let destination {
            buried.append([.int(mirror.calendarID), .bytes(name), .int(here), .int(now)])
            // A name that its new calendar hardly has.
            name = Array("crm-task-\(mirror.taskID)\(mark).ics".utf8)
            unburied.append([.int(destination.id), .bytes(name)])
            revision = revisions.next(of: destination.id)
        }
        if text != nil { discarded.append((mirror.id, .overwritten)) }
        noteReturned(read)
        let kept: [Value] =
            text.map {
                [
                    .bytes(Array($0.uid.utf8)), .bytes($0.uidHash),
                    .bytes(Array($0.component.utf8)), .bytes($0.bytes),
                    .bytes(Array($0.etag.utf8)), .int(Int64($0.bytes.count)),
                ] + $0.spanValues
            } ?? [Value](repeating: .null, count: 10)
        changed.append(
            [
                .int(mirror.id), .int(destination?.id ?? mirror.calendarID), .bytes(name),
            ] + kept + [
                .int(revision), .bytes(read.row.values.encoded(installation.schema)),
                .bytes(read.digest), text == nil ? .null : .int(now),
            ])
        guard text != nil || destination != nil else { return }
        let uid = text?.uid ?? mirror.uid
        log(.update, read.row.id, uid)
        if let text {
            var row = read.row
            if uid != mirror.uid { row.uid = uid }
            mark(
                row, uid: uid, etag: text.etag, calendar: destination?.id ?? mirror.calendarID,
                sequence: max(row.sequence + 1, text.sequence))
        }
    }

    /// The object of a row that is gone.
    mutating func remove(_ mirror: MirrorObject, revision: Int64) {
        discarded.append((mirror.id, .deleted))
        removed.append(mirror.id)
        buried.append([
            .int(mirror.calendarID), .bytes(Array(mirror.name.utf8)), .int(revision), .int(now),
        ])
        log(.delete, nil, mirror.uid)
    }

    private mutating func noteReturned(_ read: ReadTaskRow) {
        guard read.returnsStatus else { return }
        returned.append((Value(read.row.values[.status]), read.row.id))
    }

    private mutating func log(_ action: Store.LogAction, _ task: Int64?, _ uid: String) {
        logged.append([
            Value(task), .bytes(Array(action.rawValue.utf8)),
            .bytes(Array(uid.utf8.prefix(255))), .int(now),
        ])
    }

    private mutating func mark(
        _ row: TaskRow, uid: String, etag: String, calendar: Int64, sequence: Int64
    ) {
        marked.append([
            .int(row.id),
            .text(
                row.uid
                    ?? (mark.isEmpty
                        ? Store.columnUID(uid, calendar: calendar)
                        : Store.derivedUID(uid, calendar: calendar) + mark)), .text(etag),
            .int(Int64(Int32(clamping: sequence))),
        ])
    }
}

extension Store {
    /// Writes what was gathered: for each table one statement for a hundred, ten or one rows.
    func write(_ writer: MergeWriter) throws(StoreFailure) {
        for reason in [DiscardReason.overwritten, .deleted] {
            let ids = writer.discarded.filter { $0.reason == reason }.map(\.id)
            try discardForCRM(ids, reason, now: writer.now)
        }
        try writeRows(writer.removed.map { [.int($0)] }) { count in
            "DELETE FROM caldav_objects WHERE id IN (\(SQL.repeated("?", count: count)))"
        }
        try writeRows(writer.added) { count in
            """
            INSERT INTO caldav_objects
                   (calendar_id, name, uid, uid_hash, component, icalendar, etag, size, first_start,
                    last_end, busy, attendees, revision, task_id, base, base_digest, created,
                    modified)
            VALUES \(SQL.repeated("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", count: count))
            """
        }
        for row in writer.changed {
            _ = try database { () throws(DatabaseError) in
                try connection.execute(Store.changeMirror, Array(row.dropFirst()) + [row[0]])
            }
        }
        try writeRows(writer.buried) { count in
            """
            INSERT INTO caldav_tombstones (calendar_id, name, revision, removed)
            VALUES \(SQL.repeated("(?, ?, ?, ?)", count: count))
            ON DUPLICATE KEY UPDATE revision = VALUES(revision), removed = VALUES(removed)
            """
        }
        try writeRows(writer.unburied) { count in
            """
            DELETE FROM caldav_tombstones
             WHERE (calendar_id, name) IN (\(SQL.repeated("(?, ?)", count: count)))
            """
        }
        try writeRows(writer.logged) { count in
            """
            INSERT INTO caldav_log_queue (task_id, action, uid, happened, status)
            VALUES \(SQL.repeated("(?, ?, ?, ?, 'success')", count: count))
            """
        }
        let statements = try installation().statements
        try writeRows(writer.marked) { count in statements.mark[count] ?? "DO 0" }
        if let returnStatus = statements.returnStatus {
            for (status, task) in writer.returned {
                _ = try database { () throws(DatabaseError) in
                    try connection.execute(returnStatus, status, .int(task))
                }
                // What the row is now has to be looked at once more.
                try notePending(task)
            }
        }
    }

    private static let changeMirror: SQL = """
        UPDATE caldav_objects
           SET calendar_id = ?, name = ?, uid = COALESCE(?, uid),
               uid_hash = COALESCE(?, uid_hash), component = COALESCE(?, component),
               icalendar = COALESCE(?, icalendar), etag = COALESCE(?, etag),
               size = COALESCE(?, size), first_start = COALESCE(?, first_start),
               last_end = COALESCE(?, last_end), busy = COALESCE(?, busy),
               attendees = COALESCE(?, attendees), revision = ?, base = ?, base_digest = ?,
               modified = COALESCE(?, modified)
         WHERE id = ?
        """

    private func writeRows(
        _ rows: [[Value]], _ statement: (_ count: Int) -> SQL
    ) throws(StoreFailure) {
        for piece in rows.inStatementChunks() {
            let sql = statement(piece.count)
            _ = try database { () throws(DatabaseError) in
                try connection.execute(sql, Array(piece.joined()))
            }
        }
    }

    private func discardForCRM(
        _ ids: [Int64], _ reason: DiscardReason, now: Int64
    ) throws(StoreFailure) {
        for piece in ids.inStatementChunks() {
            let discard: SQL = """
                INSERT INTO caldav_trash
                       (discarded, reason, actor, calendar_id, owner, uri, name, etag, icalendar,
                        task_id, task)
                SELECT ?, ?, 'CRM', o.calendar_id, COALESCE(c.user_id, ''), COALESCE(c.uri, ''),
                       o.name, o.etag, o.icalendar, o.task_id, o.base
                  FROM caldav_objects AS o LEFT JOIN caldav_calendars AS c ON c.id = o.calendar_id
                 WHERE o.id IN (\(SQL.repeated("?", count: piece.count)))
                """
            _ = try database { () throws(DatabaseError) in
                try connection.execute(
                    discard,
                    [.int(now), .bytes(Array(reason.rawValue.utf8))] + piece.map { .int($0) })
            }
        }
    }
}
