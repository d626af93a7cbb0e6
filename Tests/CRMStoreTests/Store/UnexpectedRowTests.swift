import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("A row that comes out otherwise than it was written", .serialized)
struct UnexpectedRowTests {
    private let first = Sample.event(
        "DTSTART:20260701T080000Z", "DTEND:20260701T090000Z", "SUMMARY:One")
    private let second = Sample.event(
        "DTSTART:20260701T081500Z", "DTEND:20260701T090000Z", "SUMMARY:Two")

    /// Writes both versions: the object is the second one as the client wrote it, the row is as the
    /// database has it, and the difference is no edit of the CRM's.
    private func expectKept(
        in crm: MirroredCRM, _ columns: String, _ values: [String?], by user: String = "anna"
    ) throws {
        try crm.put(first, as: "one.ics", by: user)
        try crm.put(second, as: "one.ics", by: user)
        let row = """
            id = (SELECT o.task_id FROM caldav_objects AS o
                    JOIN caldav_calendars AS c ON c.id = o.calendar_id
                   WHERE o.name = 'one.ics' AND c.user_id = '\(user)')
            """
        #expect(try crm.row(columns, where: row) == values)
        let revision = try crm.calendar(of: user).revision
        try crm.turn()
        #expect(try crm.calendar(of: user).revision == revision)
        #expect(try crm.text("one.ics", of: user) == second.joined(separator: "\r\n") + "\r\n")
        // What the CRM does next is all that reaches the object.
        try crm.crm.run("UPDATE tasks SET priority = 'high' WHERE \(row)")
        try crm.turn()
        let text = try crm.text("one.ics", of: user)
        #expect(text.contains("\r\nPRIORITY:1\r\n"))
        #expect(text.contains("\r\nSUMMARY:Two\r\n"))
        #expect(text.contains("\r\nDTSTART:20260701T081500Z\r\n"))
    }

    @Test func asItWasWritten() throws {
        try expectKept(
            in: MirroredCRM(), "title, start_datetime", ["Two", "2026-07-01 10:15:00"])
    }

    @Test func aTriggerOfTheCRMsChangesIt() throws {
        let crm = try MirroredCRM()
        try crm.crm.run(
            """
            CREATE TRIGGER loud BEFORE UPDATE ON tasks FOR EACH ROW
            SET NEW.title = UPPER(NEW.title)
            """)
        try expectKept(in: crm, "title", ["TWO"])
        try crm.crm.run("DROP TRIGGER loud")
    }

    @Test func aTriggerOfTheCRMsChangesWhatWasNotWritten() throws {
        let crm = try MirroredCRM()
        try crm.put(first, as: "one.ics")
        try crm.crm.run(
            """
            CREATE TRIGGER seen BEFORE UPDATE ON tasks FOR EACH ROW SET NEW.notes = 'seen'
            """)
        try crm.put(second, as: "one.ics")
        try crm.turn()
        #expect(
            try crm.row("title, notes", where: "caldav_uid = 'one@example.org'") == ["Two", "seen"])
        let text = try crm.text("one.ics", of: "anna")
        #expect(text.contains("\r\nSUMMARY:Two\r\n"))
        #expect(text.contains("\r\nX-CRM-NOTES:seen\r\n"))
        try crm.crm.run("DROP TRIGGER seen")
    }

    @Test(arguments: [
        ("DATETIME(3)", "2026-07-01 10:15:00.000"), ("DATE", "2026-07-01"),
        ("TIMESTAMP NULL", "2026-07-01 08:15:00"),
    ])
    func itsStartIsOfAnotherKind(type: String, start: String) throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks", "ALTER TABLE tasks MODIFY start_datetime \(type)",
        ])
        try crm.crm.run("SET time_zone = '+00:00'")
        try expectKept(in: crm, "start_datetime", [start])
    }

    @Test func itsTextsAreOfAnotherCharacterSet() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks",
            "ALTER TABLE tasks MODIFY contact_name VARCHAR(100) CHARACTER SET latin1",
        ])
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "X-CRM-CONTACT-NAME:Jürgen", "SUMMARY:One"),
            as: "name.ics")
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "X-CRM-CONTACT-NAME:Jörg", "SUMMARY:One"),
            as: "name.ics")
        #expect(try crm.row("contact_name", where: "title = 'One'") == ["Jörg"])
        let revision = try crm.calendar(of: "anna").revision
        try crm.turn()
        #expect(try crm.calendar(of: "anna").revision == revision)
    }

    /// `caldav_uid` is unique over all calendars.
    @Test func itsUIDIsTakenByAnotherCalendar() throws {
        let crm = try MirroredCRM()
        try crm.put(first, as: "one.ics", by: "ben")
        try expectKept(
            in: crm, "title, caldav_uid = 'one@example.org', caldav_uid LIKE 'caldav-%'",
            ["Two", "0", "1"])
        #expect(
            try crm.row("title", where: "caldav_uid = 'one@example.org'") == ["One"])
    }
}
