import CRMStore
import CalDAV
import ICalendar
import MariaDB
import TestSupport
import Testing

/// The example CRM, migrated, with a store for our side and plain SQL for the CRM's.
struct MirroredCRM {
    let settings: StoreSettings
    let context: StoreContext
    let store: Store
    /// The CRM itself: knows nothing of calendars.
    let crm: Connection

    /// - Parameter alter: statements that shape the CRM's tables before `migrate` sees them.
    init(
        altering alter: [String] = [], _ change: (inout StoreSettings) -> Void = { _ in }
    ) throws {
        let connectionSettings = try ExampleCRM.fresh("store")
        let before = Connection(settings: connectionSettings)
        for statement in alter { try before.run(statement) }
        var settings = StoreSettings()
        settings.connection = connectionSettings
        settings.timeZone = "Europe/Berlin"
        settings.tasks.ownerColumn = "user_id"
        change(&settings)
        self.settings = settings
        context = try StoreContext(settings: settings)
        store = Store(context: context)
        crm = Connection(settings: connectionSettings)
        let context = context
        let adopter = Store(context: context)
        try Migration(settings: settings, connection: crm) { report in
            _ = try adopter.adoptTasks { report($0, $1) }
        }.run()
    }

    // MARK: The client's side

    func user(_ name: String) throws -> UserRecord {
        try #require(try store.open(.root, signingIn: name, content: false).user)
    }

    /// The user's own calendar, with what the CRM changed merged.
    func calendar(of name: String) throws -> CalendarRecord {
        let address = ResourceAddress.calendar(user: name, uri: "crm-tasks")
        var opening = try store.open(address, signingIn: name, content: false)
        if opening.needsHome, let user = opening.user { try store.prepareHome(of: user) }
        if opening.hasPendingChanges { try store.mergePendingChanges() }
        opening = try store.open(address, signingIn: name, content: false)
        return try #require(opening.calendar)
    }

    func object(_ name: String, of user: String) throws -> ObjectRecord? {
        _ = try calendar(of: user)
        return try store.open(
            .object(user: user, uri: "crm-tasks", name: name), signingIn: user, content: true
        ).object
    }

    func text(_ name: String, of user: String) throws -> String {
        String(decoding: try #require(try object(name, of: user)).content, as: UTF8.self)
    }

    @discardableResult
    func put(
        _ lines: [String], as name: String, by user: String = "anna",
        if condition: WriteCondition = WriteCondition()
    ) throws -> PutOutcome {
        let text = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
        return try store.put(
            try CalendarObject(parsing: text), text: text, name: name,
            in: try calendar(of: user), by: try self.user(user), if: condition,
            isNew: try object(name, of: user) == nil)
    }

    func delete(_ name: String, by user: String = "anna") throws {
        try store.deleteObject(
            name, in: try calendar(of: user), by: try self.user(user), if: WriteCondition())
    }

    /// Names of what changed after a revision; removed ones with a minus in front.
    func changes(of user: String, after revision: Int64?) throws -> [String] {
        let cursor = try store.changes(
            in: try calendar(of: user), after: revision, limit: nil, content: false)
        var names: [String] = []
        while let row = try cursor.next() {
            names.append((row.isRemoved ? "-" : "") + String(decoding: row.name, as: UTF8.self))
        }
        return names
    }

    /// What a worker does each second, and each minute.
    func turn() throws {
        try crm.run(
            "UPDATE caldav_meta SET value = '0' WHERE name IN ('last_scan', 'last_look', 'last_count')"
        )
        try Housekeeper(context: context).turn()
    }

    /// Turns until nothing that the triggers noted waits: one alone stops when its time is over.
    func settle() throws {
        while try Housekeeper(context: context).turn() {}
    }

    /// What a worker does each second alone.
    func look() throws {
        try crm.run("UPDATE caldav_meta SET value = '0' WHERE name IN ('last_look', 'last_count')")
        try Housekeeper(context: context).turn()
    }

    // MARK: The CRM's side

    /// The columns of one row, as text.
    func row(_ columns: String, where condition: String) throws -> [String?] {
        try crm.queryText("SELECT \(columns) FROM tasks WHERE \(condition)").rows.first ?? []
    }

    /// Inserts a task of Anna's and returns its id.
    func insertTask(_ assignments: String) throws -> Int {
        try crm.run("INSERT INTO tasks SET user_id = 2, \(assignments)")
        let id = try crm.queryText("SELECT LAST_INSERT_ID()").rows[0][0]
        return try #require(id.flatMap { Int($0) })
    }
}

enum Sample {
    /// An event with much that no column holds.
    static let meeting = Sample.event(
        "DTSTART;TZID=America/New_York:20260701T090000", "DURATION:PT1H", "SUMMARY:Standup",
        "X-MY-NOTE;X-P=1:kept", "PRIORITY:2", "CATEGORIES:Team,MEETING",
        "ATTENDEE;CN=Kim;PARTSTAT=ACCEPTED:mailto:kim@example.com", "BEGIN:VALARM",
        "ACTION:DISPLAY", "DESCRIPTION:soon", "TRIGGER:-PT10M", "END:VALARM")

    static func event(_ lines: String..., uid: String = "one@example.org") -> [String] {
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VEVENT", "UID:\(uid)",
            "DTSTAMP:20260601T080000Z",
        ] + lines + ["END:VEVENT", "END:VCALENDAR"]
    }

    static func todo(_ lines: String..., uid: String = "one@example.org") -> [String] {
        [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VTODO", "UID:\(uid)",
            "DTSTAMP:20260601T080000Z",
        ] + lines + ["END:VTODO", "END:VCALENDAR"]
    }
}
