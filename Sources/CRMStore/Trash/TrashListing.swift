package import CalDAV
import ICalendar
import MariaDB

/// A version in the trash.
package struct TrashEntry: Sendable {
    package let id: Int64
    /// Seconds since 1970, UTC.
    package let discarded: Int64
    /// `deleted`, `overwritten`, or `calendar`: its calendar was deleted.
    package let reason: String
    /// The user's name, or `CRM`.
    package let actor: String
    package let calendarID: Int64
    package let owner: String
    package let uri: String
    package let name: String
    /// The id of the task it mirrored.
    package let taskID: Int64?
    /// `TrashedCalendar.id`
    package let batch: Int64?
    package let content: [UInt8]
    /// `caldav_trash.task` and `.task_row`.
    let base: [UInt8]?
    let row: [UInt8]?

    /// What people call it; empty where the text cannot be read.
    package var summary: String {
        let object = try? CalendarObject(parsing: content)
        return object?.principalComponent.first("SUMMARY")?.text ?? ""
    }

    /// Columns of the task, mapped or not, as far as they were known; nil for what was no task.
    package var task: [(name: String, value: String?)]? {
        (row ?? base).map { KeptColumns.decoded($0) }
    }
}

/// A deleted calendar in the trash.
package struct TrashedCalendar: Sendable {
    package let id: Int64
    /// Seconds since 1970, UTC.
    package let discarded: Int64
    package let actor: String
    let calendarID: Int64
    package let owner: String
    package let uri: String
    let columns: [UInt8]
    /// Objects that are in the trash with it.
    package let objectCount: Int

    package var displayName: String {
        KeptColumns.decoded(columns).first { $0.name == "displayname" }?.value ?? uri
    }
}

/// Which part of the trash is meant; nil: any.
package struct TrashSelection: Sendable {
    package var owner: String?
    package var uri: String?

    package init(owner: String? = nil, uri: String? = nil) {
        self.owner = owner
        self.uri = uri
    }
}

extension Store {
    private static let columns: SQL = """
        e.id, e.discarded, e.reason, e.actor, e.calendar_id, e.owner, e.uri, e.name, e.task_id,
        e.batch, e.icalendar, e.task, e.task_row
        """
    private static let matching: SQL = "(? IS NULL OR e.owner = ?) AND (? IS NULL OR e.uri = ?)"
    private static let list: SQL = """
        SELECT \(columns) FROM caldav_trash AS e WHERE \(matching) AND e.id < ?
         ORDER BY e.id DESC LIMIT 50
        """
    private static let one: SQL = "SELECT \(columns) FROM caldav_trash AS e WHERE e.id = ?"
    private static let ofBatch: SQL = """
        SELECT \(columns) FROM caldav_trash AS e WHERE e.batch = ? AND e.id > ?
         ORDER BY e.id LIMIT 50
        """
    private static let calendars: SQL = """
        SELECT e.id, e.discarded, e.actor, e.calendar_id, e.owner, e.uri, e.calendar,
               (SELECT COUNT(*) FROM caldav_trash AS o WHERE o.batch = e.id)
          FROM caldav_trash_calendars AS e WHERE \(matching) ORDER BY e.id DESC
        """

    /// Calls `body` with each version, the newest first.
    package func forEachTrashEntry(
        _ selection: TrashSelection, _ body: (TrashEntry) -> Void
    ) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            var last = Int64.max
            while true {
                let page = try trashEntries(
                    Store.list, Store.parameters(selection) + [.int(last)])
                for entry in page { body(entry) }
                guard let oldest = page.last else { return }
                last = oldest.id
            }
        }
    }

    /// Nil where there is none of that id.
    package func trashEntry(_ id: Int64) throws(StorageError) -> TrashEntry? {
        try atTheEdge { () throws(StoreFailure) in try trashEntries(Store.one, [.int(id)]).first }
    }

    /// Deleted calendars, the newest first.
    package func trashedCalendars(
        _ selection: TrashSelection
    ) throws(StorageError) -> [TrashedCalendar] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.calendars, Store.parameters(selection))
                var calendars: [TrashedCalendar] = []
                while try cursor.next() {
                    calendars.append(
                        TrashedCalendar(
                            id: cursor.int(0) ?? 0, discarded: cursor.int(1) ?? 0,
                            actor: cursor.string(2) ?? "", calendarID: cursor.int(3) ?? 0,
                            owner: cursor.string(4) ?? "", uri: cursor.string(5) ?? "",
                            columns: cursor.bytes(6).map(Array.init) ?? [],
                            objectCount: Int(clamping: cursor.int(7) ?? 0)))
                }
                return calendars
            }
        }
    }

    /// A page of what went with a calendar, the oldest first.
    func trashEntries(
        ofBatch batch: Int64, after last: Int64
    ) throws(StoreFailure) -> [TrashEntry] {
        try trashEntries(Store.ofBatch, [.int(batch), .int(last)])
    }

    private static func parameters(_ selection: TrashSelection) -> [Value] {
        let owner = Value(selection.owner.map { Array($0.utf8) })
        let uri = Value(selection.uri.map { Array($0.utf8) })
        return [owner, owner, uri, uri]
    }

    private func trashEntries(
        _ statement: SQL, _ values: [Value]
    ) throws(StoreFailure) -> [TrashEntry] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var entries: [TrashEntry] = []
            while try cursor.next() {
                entries.append(
                    TrashEntry(
                        id: cursor.int(0) ?? 0, discarded: cursor.int(1) ?? 0,
                        reason: cursor.string(2) ?? "", actor: cursor.string(3) ?? "",
                        calendarID: cursor.int(4) ?? 0, owner: cursor.string(5) ?? "",
                        uri: cursor.string(6) ?? "", name: cursor.string(7) ?? "",
                        taskID: cursor.int(8), batch: cursor.int(9),
                        content: cursor.bytes(10).map(Array.init) ?? [],
                        base: cursor.bytes(11).map(Array.init),
                        row: cursor.bytes(12).map(Array.init)))
            }
            return entries
        }
    }
}
