import CRMStore
import CalDAV
import MariaDB
import Testing

/// What `migrate` makes of the tables of version 1, whose digests were MD5.
@Suite("Tables with the digests of an earlier version", .serialized)
struct FormerDigestTests {
    let crm: MirroredCRM
    private let states = "SELECT calendar_id, revision FROM caldav_calendar_state ORDER BY 1"
    private let objects = "SELECT name, etag, revision, icalendar FROM caldav_objects ORDER BY id"

    init() throws {
        crm = try MirroredCRM()
        try crm.settle()
        for statement in [
            "ALTER TABLE caldav_objects ADD COLUMN base_digest BINARY(16) NULL",
            "UPDATE caldav_objects SET base_digest = UNHEX(LEFT(SHA2(name, 256), 32))",
            """
            ALTER TABLE caldav_objects DROP KEY scan,
                ADD KEY scan (task_id, base_digest, calendar_id)
            """,
            "ALTER TABLE caldav_objects DROP COLUMN row_digest",
            "UPDATE caldav_meta SET value = '1' WHERE name = 'schema_version'",
        ] { try crm.crm.run(statement) }
    }

    private func migrate() throws {
        let adopter = Store(context: crm.context)
        try Migration(settings: crm.settings, connection: crm.crm) { report in
            _ = try adopter.adoptTasks { report($0, $1) }
        }.run()
    }

    @Test func tasksThatNobodyChangedHaveNoNewRevision() throws {
        let before = try (crm.crm.queryText(states), crm.crm.queryText(objects))
        try migrate()
        #expect(try crm.crm.queryText(states) == before.0)
        #expect(try crm.crm.queryText(objects) == before.1)
        // And the scan has nothing to do any more.
        let statement = "SELECT COUNT(*) FROM caldav_objects WHERE row_digest IS NULL"
        #expect(try crm.crm.queryText(statement).rows == [["0"]])
        try crm.turn()
        #expect(try crm.crm.queryText(states) == before.0)
    }

    @Test func whatTheCRMChangedMeanwhileIsMerged() throws {
        let revision = try crm.calendar(of: "anna").revision
        let id = try #require(
            try crm.row("MIN(id)", where: "user_id = 2 AND title LIKE 'Call%'").first ?? nil)
        // As where there are no triggers.
        try crm.crm.run("SET @caldav_own = 1")
        try crm.crm.run("UPDATE tasks SET title = 'Changed meanwhile' WHERE id = \(id)")
        try migrate()
        #expect(
            try crm.text("crm-task-\(id).ics", of: "anna").contains("SUMMARY:Changed meanwhile"))
        #expect(try crm.changes(of: "anna", after: revision) == ["crm-task-\(id).ics"])
    }

    @Test func thisProgramSaysWhatToDoBefore() throws {
        #expect {
            try crm.put(simpleEvent, as: "new.ics")
        } throws: {
            guard case .unavailable(let reason)? = $0 as? StorageError else { return false }
            return reason.hasSuffix(": run crm-caldav migrate")
        }
    }

    /// It answers with 503 then, and does not undo what the new one writes.
    @Test func anEarlierProgramFindsItsColumnGone() throws {
        try migrate()
        #expect {
            try crm.crm.run("UPDATE caldav_objects SET base_digest = NULL")
        } throws: {
            ($0 as? DatabaseError)?.isNoSuchColumn == true
        }
        #expect(try Migration(settings: crm.settings, connection: crm.crm).plan().steps.isEmpty)
    }

    private let simpleEvent = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT", "UID:new",
        "DTSTAMP:20260601T000000Z", "DTSTART:20260701T100000Z", "SUMMARY:New", "END:VEVENT",
        "END:VCALENDAR",
    ]
}
