import CalDAV
import MariaDB

/// An object as a write finds it, under its calendar's lock.
struct PresentObject {
    var id: Int64
    var etag: String
    var uid: String
    var uidHash: [UInt8]
    var taskID: Int64?
    var base: [UInt8]
    var content: [UInt8]
    /// As the row was when the two agreed.
    var digest: [UInt8]
    /// The task's row, where it was read and locked at the same time.
    var row: ReadTaskRow?
}

// The statements that write `caldav_objects`, its tombstones, the trash and the log.
extension Store {
    /// Of a calendar's state `s` and the object `o` that has a name there. Parameters: the name, and for
    /// `present` the calendar.
    static let presentColumns: SQL = """
        s.mirrored, o.id, o.etag, o.uid_hash, o.task_id, o.base, o.icalendar, o.uid, o.row_digest,
        s.revision
        """
    static let presentTables: SQL = """
        caldav_calendar_state AS s
          LEFT JOIN caldav_objects AS o ON o.calendar_id = s.calendar_id AND o.name = ?
        """
    private static let present: SQL = """
        SELECT \(presentColumns) FROM \(presentTables) WHERE s.calendar_id = ?
        """
    private static let insert: SQL = """
        INSERT INTO caldav_objects
               (calendar_id, name, uid, uid_hash, component, icalendar, etag, size, first_start,
                last_end, busy, attendees, revision, task_id, base, row_digest, created, modified)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    private static let update: SQL = """
        UPDATE caldav_objects
           SET component = ?, icalendar = ?, etag = ?, size = ?, first_start = ?, last_end = ?,
               busy = ?, attendees = ?, revision = ?, task_id = ?, base = ?, row_digest = ?, modified = ?
         WHERE id = ?
        """
    private static let updateBase: SQL = """
        UPDATE caldav_objects SET base = ?, row_digest = ? WHERE id = ?
        """
    private static let delete: SQL = "DELETE FROM caldav_objects WHERE id = ?"
    private static let nameOfUID: SQL = """
        SELECT name FROM caldav_objects WHERE calendar_id = ? AND uid_hash = ?
        """
    private static let bury: SQL = """
        INSERT INTO caldav_tombstones (calendar_id, name, revision, removed) VALUES (?, ?, ?, ?)
        ON DUPLICATE KEY UPDATE revision = VALUES(revision), removed = VALUES(removed)
        """
    private static let unbury: SQL = """
        DELETE FROM caldav_tombstones WHERE calendar_id = ? AND name = ?
        """
    private static let discard: SQL = """
        INSERT INTO caldav_trash
               (discarded, reason, actor, calendar_id, owner, uri, name, etag, icalendar, size,
                task_id, task)
        SELECT ?, ?, ?, o.calendar_id, ?, ?, o.name, o.etag, o.icalendar, o.size, o.task_id, o.base
          FROM caldav_objects AS o WHERE o.id = ?
        """

    /// - Throws: `.notFound` where the calendar is gone.
    func presentObject(
        _ name: String, in calendar: CalendarRecord
    ) throws(StoreFailure) -> (object: PresentObject?, isMirrored: Bool) {
        guard let presence = try presence(of: name, in: calendar) else {
            throw .storage(.notFound)
        }
        return (presence.object, presence.isMirrored)
    }

    /// What a calendar has under a name.
    struct Presence {
        /// Of the calendar.
        var revision: Int64
        /// Whether the calendar's objects are CRM tasks.
        var isMirrored: Bool
        var object: PresentObject?
        /// The row that was inserted before, where nothing has the name.
        var inserted: ReadTaskRow?
    }

    /// A row of the CRM's that is read together with what a calendar has under a name, and locked: one that
    /// somebody else holds is error 1205 at once.
    enum PresentRow {
        case none
        /// That of the object's task.
        case ofTask
        /// The one that was inserted last.
        case inserted
    }

    /// - Parameter statements: what is run before, in the same round trip.
    /// - Returns: nil where the calendar is gone.
    func presence(
        of name: String, in calendar: CalendarRecord, after statements: [Statement] = [],
        with row: PresentRow = .none
    ) throws(StoreFailure) -> Presence? {
        let present =
            switch row {
            case .none: Store.present
            case .ofTask: try installation().statements.presentWithRow
            case .inserted: try installation().statements.presentWithInserted
            }
        return try database { () throws(DatabaseError) in
            try connection.row(
                of: Statement(present, [.bytes(Array(name.utf8)), .int(calendar.id)]),
                after: statements
            ) { Store.readPresence($0) }
        }
    }

    private static func readPresence(_ cursor: Cursor) -> Presence {
        var presence = Presence(revision: cursor.int(9) ?? 0, isMirrored: cursor.int(0) == 1)
        let row = cursor.isNull(10) ? nil : read(cursor, at: 10)
        guard let id = cursor.int(1) else {
            presence.inserted = row
            return presence
        }
        func bytes(_ column: Int) -> [UInt8] { cursor.bytes(column).map(Array.init) ?? [] }
        presence.object = PresentObject(
            id: id, etag: cursor.string(2) ?? "", uid: cursor.string(7) ?? "",
            uidHash: bytes(3), taskID: cursor.int(4), base: bytes(5), content: bytes(6),
            digest: bytes(8), row: row)
        return presence
    }

    /// The CRM's row that an object mirrors, and its columns as they were when the two agreed.
    struct Counterpart {
        var taskID: Int64
        var base: [UInt8]
        /// As the row is; anything else makes the scan look at it again.
        var digest: [UInt8]
    }

    /// Where the UID is in use, the transaction ends with what `namingUID` makes `.uidInUse` of.
    func insertObject(
        _ text: ObjectText, name: String, in calendar: Int64, revision: Int64,
        _ counterpart: Counterpart?
    ) throws(StoreFailure) {
        let key: [Value] = [
            .int(calendar), .bytes(Array(name.utf8)), .bytes(Array(text.uid.utf8)),
            .bytes(text.uidHash),
        ]
        try later(
            Store.insert,
            key + Store.values(of: text, revision: revision, counterpart) + [.int(now), .int(now)])
        try unbury(name, in: calendar)
    }

    /// Runs a transaction that inserts an object.
    ///
    /// - Throws: `.uidInUse` where another object of the calendar has the UID.
    func namingUID<T>(
        _ text: ObjectText, in calendar: Int64, _ body: () throws(StoreFailure) -> T
    ) throws(StoreFailure) -> T {
        do {
            return try body()
        } catch {
            guard error.databaseError?.duplicateKeyName == "uid" else { throw error }
            throw .storage(.uidInUse(name: try name(ofUID: text.uidHash, in: calendar) ?? ""))
        }
    }

    /// A statement whose outcome nobody asks for; see `Connection.executeLater`.
    func later(_ sql: SQL, _ values: [Value]) throws(StoreFailure) {
        try database { () throws(DatabaseError) in try connection.executeLater(sql, values) }
    }

    func updateObject(
        _ id: Int64, _ text: ObjectText, revision: Int64, _ counterpart: Counterpart?
    ) throws(StoreFailure) {
        try later(
            Store.update,
            Store.values(of: text, revision: revision, counterpart) + [.int(now), .int(id)])
    }

    func updateBase(of id: Int64, _ counterpart: Counterpart) throws(StoreFailure) {
        try later(
            Store.updateBase, [.bytes(counterpart.base), .bytes(counterpart.digest), .int(id)])
    }

    /// Values from `component` to `row_digest`.
    private static func values(
        of text: ObjectText, revision: Int64, _ counterpart: Counterpart?
    ) -> [Value] {
        [
            .bytes(Array(text.component.utf8)), .bytes(text.bytes), .bytes(Array(text.etag.utf8)),
            .int(Int64(text.bytes.count)),
        ] + text.spanValues + [
            .int(revision), Value(counterpart?.taskID), Value(counterpart?.base),
            Value(counterpart?.digest),
        ]
    }

    private func name(ofUID hash: [UInt8], in calendar: Int64) throws(StoreFailure) -> String? {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.nameOfUID, .int(calendar), .bytes(hash))
            return try cursor.next() ? cursor.string(0) : nil
        }
    }

    /// Removes an object and remembers its name, so that sync reports tell of it.
    func removeObject(
        _ id: Int64, name: String, in calendar: Int64, revision: Int64
    ) throws(StoreFailure) {
        try later(Store.delete, [.int(id)])
        try bury(name, in: calendar, revision: revision)
    }

    func bury(_ name: String, in calendar: Int64, revision: Int64) throws(StoreFailure) {
        try later(
            Store.bury,
            [.int(calendar), .bytes(Array(name.utf8)), .int(revision), .int(now)])
    }

    func unbury(_ name: String, in calendar: Int64) throws(StoreFailure) {
        try later(Store.unbury, [.int(calendar), .bytes(Array(name.utf8))])
    }

    /// Why a version is in the trash.
    enum DiscardReason: String {
        case deleted, overwritten, calendar
    }

    /// Copies an object, as it stands, into the trash.
    func discard(
        _ id: Int64, _ reason: DiscardReason, by actor: String, owner: String, uri: String
    ) throws(StoreFailure) {
        try later(
            Store.discard,
            [
                .int(now), .bytes(Array(reason.rawValue.utf8)), .bytes(Array(actor.utf8)),
                .bytes(Array(owner.utf8)), .bytes(Array(uri.utf8)), .int(id),
            ])
    }
}
