import CRMStore
import CalDAV
import Testing

@Suite("The documented conversions between a task and an event", .serialized)
struct DocumentedConversionTests {
    @Test func aTaskShowsAsAnEvent() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask(
            """
            title = 'Client call', description = 'About; the, offer', task_type = 'call',
            status = 'pending', priority = 'high', start_datetime = '2026-07-01 10:00:00',
            end_datetime = '2026-07-01 10:30:00', contact_name = 'John Doe',
            contact_email = 'john@example.com', contact_phone = '+1-555', notes = 'Line 1\nLine 2'
            """)
        let text = try crm.text("crm-task-\(id).ics", of: "anna")
        for line in [
            "SUMMARY:Client call", #"DESCRIPTION:About\; the\, offer"#, "CATEGORIES:CALL",
            "X-CRM-TASK-TYPE:call", "STATUS:TENTATIVE", "PRIORITY:1",
            "DTSTART;TZID=Europe/Berlin:20260701T100000",
            "DTEND;TZID=Europe/Berlin:20260701T103000", "X-CRM-TASK-ID:\(id)",
            "X-CRM-CONTACT-PHONE:+1-555", #"X-CRM-NOTES:Line 1\nLine 2"#, "BEGIN:VTIMEZONE",
        ] {
            #expect(text.contains("\r\n\(line)\r\n"), "\(line) in \(text)")
        }
        let unfolded = text.replacing("\r\n ", with: "")
        #expect(
            unfolded.contains(
                "ATTENDEE;CN=John Doe;ROLE=REQ-PARTICIPANT;SCHEDULE-AGENT=NONE:mailto:john@example.com"
            ))
    }

    @Test func anEventIsATask() throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event(
                "DTSTART:20260701T080000Z", "DTEND:20260701T090000Z", "SUMMARY:Client Meeting",
                "DESCRIPTION:Discuss\\, then decide", "CATEGORIES:MEETING", "PRIORITY:1",
                "STATUS:CONFIRMED", "ATTENDEE;CN=John Doe:mailto:john@example.com"),
            as: "meeting.ics")
        let row = try crm.row(
            """
            title, description, task_type, priority, status, start_datetime, end_datetime,
            contact_name, contact_email, user_id, caldav_sequence
            """, where: "caldav_uid = 'one@example.org'")
        #expect(
            row == [
                "Client Meeting", "Discuss, then decide", "meeting", "high", "completed",
                "2026-07-01 10:00:00", "2026-07-01 11:00:00", "John Doe", "john@example.com", "2",
                "1",
            ])
    }

    @Test func confirmedMayMeanPending() throws {
        let crm = try MirroredCRM { $0.confirmedMeans = .pending }
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "STATUS:CONFIRMED"), as: "new.ics")
        #expect(try crm.row("status", where: "caldav_uid = 'one@example.org'") == ["pending"])
    }

    @Test(arguments: [
        ("STATUS:NEEDS-ACTION", "pending"), ("STATUS:IN-PROCESS", "pending"),
        ("STATUS:COMPLETED", "completed"), ("PERCENT-COMPLETE:100", "completed"),
        ("COMPLETED:20260601T080000Z", "completed"), ("STATUS:CANCELLED", "cancelled"),
    ])
    func statusOfAToDo(line: String, status: String) throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.todo("SUMMARY:Do it", "DUE:20260701T080000Z", line), as: "todo.ics")
        #expect(try crm.row("status", where: "caldav_uid = 'one@example.org'") == [status])
    }

    @Test(arguments: [
        (1, "high"), (3, "high"), (4, "medium"), (0, "medium"), (7, "low"), (9, "low"),
    ])
    func priorityIsReadBack(priority: Int, column: String) throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "PRIORITY:\(priority)"), as: "p.ics")
        #expect(try crm.row("priority", where: "caldav_uid = 'one@example.org'") == [column])
    }

    @Test func anAllDayEventIsMidnightToMidnight() throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event("DTSTART;VALUE=DATE:20260701", "DTEND;VALUE=DATE:20260703"),
            as: "fair.ics")
        #expect(
            try crm.row("start_datetime, end_datetime", where: "caldav_uid = 'one@example.org'")
                == ["2026-07-01 00:00:00", "2026-07-03 00:00:00"])
    }

    @Test func aToDoWithoutDatesGetsAStartThatIsNotInTheObject() throws {
        let crm = try MirroredCRM()
        let lines = Sample.todo("SUMMARY:Some day")
        try crm.put(lines, as: "someday.ics")
        let row = try crm.row("start_datetime", where: "caldav_uid = 'one@example.org'")
        #expect(row.first??.hasPrefix("20") == true)
        #expect(
            try crm.text("someday.ics", of: "anna")
                == lines.joined(separator: "\r\n") + "\r\n")
    }

    @Test func anUnknownCategoryIsACall() throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "CATEGORIES:Birthday"), as: "b.ics")
        #expect(try crm.row("task_type", where: "caldav_uid = 'one@example.org'") == ["call"])
    }
}
