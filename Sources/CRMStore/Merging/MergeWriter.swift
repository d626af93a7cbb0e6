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
        let component = installation.mapping.object(for: row, uid: uid, now: now)
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
            [.int(calendar), .bytes(name)] + MergeWriter.values(of: text) + [
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
        _ mirror: MirrorObject, _ read: ReadTaskRow, _ changed: ChangedText,
        to destination: CalendarRecord?, _ revisions: inout RevisionRanges,
        _ installation: Installation
    ) throws(StoreFailure) {
        // What clients see stays as it is: then it has no new revision.
        let isSeen = changed.isNew || destination != nil
        let here = isSeen ? revisions.next(of: mirror.calendarID) : mirror.revision
        var revision = changed.isNew ? here : mirror.revision
        var name = Array(mirror.name.utf8)
        let calendar = destination?.id ?? mirror.calendarID
        if destination != nil {
            buried.append([.int(mirror.calendarID), .bytes(name), .int(here), .int(now)])
            // A name that its new calendar hardly has.
            name = Array("crm-task-\(mirror.taskID)\(mark).ics".utf8)
            unburied.append([.int(calendar), .bytes(name)])
            revision = revisions.next(of: calendar)
        }
        if changed.isNew { discarded.append((mirror.id, .overwritten)) }
        noteReturned(read)
        let text = changed.text
        self.changed.append(
            [.int(mirror.id), .int(calendar), .bytes(name)] + MergeWriter.values(of: text) + [
                .int(revision), .int(mirror.taskID),
                .bytes(read.row.values.encoded(installation.schema)), .bytes(read.digest),
                .int(now), .int(changed.isNew ? now : 0),
            ])
        guard isSeen else { return }
        log(.update, read.row.id, text.uid)
        guard changed.isNew else { return }
        var row = read.row
        if text.uid != mirror.uid { row.uid = text.uid }
        mark(
            row, uid: text.uid, etag: text.etag, calendar: calendar,
            sequence: max(row.sequence + 1, text.sequence))
    }

    /// Values of the columns from `uid` to `attendees`.
    private static func values(of text: ObjectText) -> [Value] {
        [
            .bytes(Array(text.uid.utf8)), .bytes(text.uidHash), .bytes(Array(text.component.utf8)),
            .bytes(text.bytes), .bytes(Array(text.etag.utf8)), .int(Int64(text.bytes.count)),
        ] + text.spanValues
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
                    last_end, busy, attendees, revision, task_id, base, row_digest, created,
                    modified)
            VALUES \(SQL.repeated("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", count: count))
            """
        }
        // They are there: what looks like an insert updates each by its id, all in one statement.
        try writeRows(writer.changed) { count in
            """
            INSERT INTO caldav_objects
                   (id, calendar_id, name, uid, uid_hash, component, icalendar, etag, size,
                    first_start, last_end, busy, attendees, revision, task_id, base, row_digest,
                    created, modified)
            VALUES \(SQL.repeated("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", count: count))
            ON DUPLICATE KEY UPDATE
                   calendar_id = VALUES(calendar_id), name = VALUES(name), uid = VALUES(uid),
                   uid_hash = VALUES(uid_hash), component = VALUES(component),
                   icalendar = VALUES(icalendar), etag = VALUES(etag), size = VALUES(size),
                   first_start = VALUES(first_start), last_end = VALUES(last_end),
                   busy = VALUES(busy), attendees = VALUES(attendees),
                   revision = VALUES(revision), base = VALUES(base),
                   row_digest = VALUES(row_digest),
                   modified = IF(VALUES(modified) = 0, modified, VALUES(modified))
            """
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

    private func writeRows(
        _ rows: [[Value]], _ statement: (_ count: Int) -> SQL
    ) throws(StoreFailure) {
        for piece in rows.inPackets() {
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
                        size, task_id, task)
                SELECT ?, ?, 'CRM', o.calendar_id, COALESCE(c.user_id, ''), COALESCE(c.uri, ''),
                       o.name, o.etag, o.icalendar, o.size, o.task_id, o.base
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

extension [[Value]] {
    /// Parameters of one statement, in bytes, unless it is of one row. A server may take no packet of
    /// more than a megabyte.
    private static let mostInPacket = 1 << 18

    /// Cuts rows of parameters into pieces of the sizes of `TaskStatements.chunks`.
    fileprivate func inPackets() -> [ArraySlice<[Value]>] {
        var pieces: [ArraySlice<[Value]>] = []
        var rest = self[...]
        while !rest.isEmpty {
            let size = TaskStatements.chunks.first { size in
                size <= rest.count && rest.prefix(size).packetSize <= Self.mostInPacket
            }
            pieces.append(rest.prefix(size ?? 1))
            rest = rest.dropFirst(size ?? 1)
        }
        return pieces
    }
}

extension ArraySlice<[Value]> {
    fileprivate var packetSize: Int { reduce(0) { $0 + $1.packetSize } }
}

extension [Value] {
    /// About what they take in a packet, in bytes.
    fileprivate var packetSize: Int {
        reduce(0) { size, value in
            switch value {
            case .bytes(let bytes): size + bytes.count
            case .text(let text): size + text.utf8.count
            default: size + 8
            }
        }
    }
}
