import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

@Suite("Two masters: what the CRM writes is merged", .serialized)
struct TwoMastersMergeTests {
    @Test func aChangedColumnChangesItsPropertyAlone() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        let before = try crm.text("standup.ics", of: "anna")
        try crm.crm.run(
            "UPDATE tasks SET title = 'Daily' WHERE caldav_uid = 'one@example.org'")
        let after = try crm.text("standup.ics", of: "anna")
        let changed = Set(before.split(separator: "\r\n")).symmetricDifference(
            after.split(separator: "\r\n"))
        let names = Set(changed.map { $0.prefix { $0 != ":" && $0 != ";" } })
        #expect(names == ["SUMMARY", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"])
        #expect(after.contains("\r\nSUMMARY:Daily\r\n"))
    }

    @Test func aReplacedRowIsCountedOnFromTheObject() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        let id = try crm.row("id", where: "caldav_uid = 'one@example.org'")[0] ?? ""
        for title in ["one", "two", "three"] {
            try crm.crm.run("UPDATE tasks SET title = '\(title)' WHERE id = \(id)")
            _ = try crm.calendar(of: "anna")
        }
        // REPLACE deletes the row, with our columns, and inserts another.
        try crm.crm.run(
            """
            REPLACE INTO tasks (id, title, start_datetime, user_id)
            VALUES (\(id), 'again', '2026-07-01 10:00:00', 2)
            """)
        #expect(try crm.text("standup.ics", of: "anna").contains("\r\nSEQUENCE:4\r\n"))
        let row = try crm.row("caldav_sequence, caldav_uid", where: "id = \(id)")
        #expect(row == ["4", "one@example.org"])
    }

    @Test func hoursOfADurationAreExactAcrossAChangeOfTheClocks() throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event(
                "DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:P1DT2H", "SUMMARY:x",
                uid: "days@example.org"), as: "days.ics")
        try crm.put(
            Sample.event(
                "DTSTART;TZID=Europe/Berlin:20260328T120000", "DURATION:PT26H", "SUMMARY:x",
                uid: "hours@example.org"), as: "hours.ics")
        #expect(
            try crm.row("end_datetime", where: "caldav_uid = 'days@example.org'")
                == ["2026-03-29 14:00:00"])
        #expect(
            try crm.row("end_datetime", where: "caldav_uid = 'hours@example.org'")
                == ["2026-03-29 15:00:00"])
    }

    @Test func aMovedStartKeepsTheObjectsZone() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        #expect(
            try crm.row("start_datetime", where: "caldav_uid = 'one@example.org'")
                == ["2026-07-01 15:00:00"])
        try crm.crm.run(
            """
            UPDATE tasks SET start_datetime = '2026-07-02 16:00:00',
                             end_datetime = '2026-07-02 17:30:00'
             WHERE caldav_uid = 'one@example.org'
            """)
        let text = try crm.text("standup.ics", of: "anna")
        #expect(text.contains("DTSTART;TZID=America/New_York:20260702T100000\r\n"))
        #expect(text.contains("DURATION:PT1H30M\r\n"))
        #expect(!text.contains("DTEND"))
    }

    @Test func aMovedSeriesTakesItsExceptionsAlong() throws {
        let crm = try MirroredCRM()
        try crm.put(
            [
                "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN", "BEGIN:VEVENT",
                "UID:one@example.org", "DTSTAMP:20260601T080000Z",
                "DTSTART;TZID=Europe/Berlin:20260701T090000",
                "DTEND;TZID=Europe/Berlin:20260701T100000", "RRULE:FREQ=WEEKLY;BYDAY=WE",
                "EXDATE;TZID=Europe/Berlin:20260708T090000", "SUMMARY:Weekly", "END:VEVENT",
                "BEGIN:VEVENT", "UID:one@example.org", "DTSTAMP:20260601T080000Z",
                "RECURRENCE-ID;TZID=Europe/Berlin:20260715T090000",
                "DTSTART;TZID=Europe/Berlin:20260715T110000",
                "DTEND;TZID=Europe/Berlin:20260715T120000", "SUMMARY:Later", "END:VEVENT",
                "END:VCALENDAR",
            ], as: "weekly.ics")
        try crm.crm.run(
            """
            UPDATE tasks SET start_datetime = start_datetime + INTERVAL 25 HOUR,
                             end_datetime = end_datetime + INTERVAL 25 HOUR
             WHERE caldav_uid = 'one@example.org'
            """)
        let text = try crm.text("weekly.ics", of: "anna")
        for line in [
            "DTSTART;TZID=Europe/Berlin:20260702T100000", "RRULE:FREQ=WEEKLY;BYDAY=TH",
            "EXDATE;TZID=Europe/Berlin:20260709T100000",
            "RECURRENCE-ID;TZID=Europe/Berlin:20260716T100000",
            "DTSTART;TZID=Europe/Berlin:20260716T120000",
        ] {
            #expect(text.contains("\r\n\(line)\r\n"), "\(line) in \(text)")
        }
    }

    @Test func anAllDayEventStaysAllDayUntilTheCRMGivesItATime() throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event("DTSTART;VALUE=DATE:20260701", "DTEND;VALUE=DATE:20260702"), as: "d.ics")
        try crm.crm.run(
            """
            UPDATE tasks SET start_datetime = '2026-07-04', end_datetime = '2026-07-06'
             WHERE caldav_uid = 'one@example.org'
            """)
        var text = try crm.text("d.ics", of: "anna")
        #expect(text.contains("DTSTART;VALUE=DATE:20260704\r\nDTEND;VALUE=DATE:20260706\r\n"))
        try crm.crm.run(
            """
            UPDATE tasks SET start_datetime = '2026-07-04 10:00', end_datetime = '2026-07-04 11:00'
             WHERE caldav_uid = 'one@example.org'
            """)
        text = try crm.text("d.ics", of: "anna")
        #expect(text.contains("DTSTART;TZID=Europe/Berlin:20260704T100000\r\n"))
        #expect(text.contains("DTEND;TZID=Europe/Berlin:20260704T110000\r\n"))
        #expect(text.contains("BEGIN:VTIMEZONE\r\n"))
    }

    @Test func aToDoThatIsOnlyDueGetsAStartWhenTheCRMEndsItLater() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.todo("SUMMARY:Pay", "DUE:20260701T080000Z"), as: "t.ics")
        try crm.crm.run(
            """
            UPDATE tasks SET start_datetime = '2026-07-02 10:00', end_datetime = '2026-07-02 10:00'
             WHERE caldav_uid = 'one@example.org'
            """)
        var text = try crm.text("t.ics", of: "anna")
        #expect(text.contains("DUE:20260702T080000Z\r\n"))
        #expect(!text.contains("DTSTART"))
        try crm.crm.run(
            "UPDATE tasks SET end_datetime = '2026-07-03 10:00' WHERE caldav_uid = 'one@example.org'"
        )
        text = try crm.text("t.ics", of: "anna")
        #expect(text.contains("DTSTART:20260702T080000Z\r\n"))
        #expect(text.contains("DUE:20260703T080000Z\r\n"))
    }

    /// `e.ics` of Anna's, which the CRM ends before its start: it shows no end.
    private func withAnEndBeforeTheStart() throws -> MirroredCRM {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "DTEND:20260701T090000Z"), as: "e.ics")
        try crm.crm.run(
            "UPDATE tasks SET end_datetime = '2026-06-25 12:00' WHERE caldav_uid = 'one@example.org'"
        )
        #expect(!(try crm.text("e.ics", of: "anna").contains("DTEND")))
        return crm
    }

    @Test func anEndThatIsNotAfterTheStartIsShownWhenAClientMovesTheStartBeforeIt() throws {
        let crm = try withAnEndBeforeTheStart()
        try crm.put(Sample.event("DTSTART:20260624T080000Z"), as: "e.ics")
        let text = try crm.text("e.ics", of: "anna")
        #expect(text.contains("DTSTART:20260624T080000Z\r\n"))
        #expect(text.contains("DTEND:20260625T100000Z\r\n"))
        let row = try crm.row(
            "start_datetime, end_datetime", where: "caldav_uid = 'one@example.org'")
        #expect(row == ["2026-06-24 10:00:00", "2026-06-25 12:00:00"])
    }

    @Test func anEndThatIsNotAfterTheStartStaysHiddenWhereTheStartStaysBehindIt() throws {
        let crm = try withAnEndBeforeTheStart()
        let moved = Sample.event("DTSTART:20260702T080000Z")
        try crm.put(moved, as: "e.ics")
        #expect(try crm.text("e.ics", of: "anna") == moved.joined(separator: "\r\n") + "\r\n")
        #expect(
            try crm.row("end_datetime", where: "caldav_uid = 'one@example.org'")
                == ["2026-06-25 12:00:00"])
    }

    @Test func aNewTypeReplacesTheOldOnesCategory() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        try crm.crm.run("UPDATE tasks SET task_type = 'call' WHERE caldav_uid = 'one@example.org'")
        #expect(try crm.text("standup.ics", of: "anna").contains("CATEGORIES:Team,CALL\r\n"))
    }

    @Test func anEmptiedContactRemovesTheAttendee() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        try crm.crm.run(
            """
            UPDATE tasks SET contact_email = NULL, contact_name = NULL
             WHERE caldav_uid = 'one@example.org'
            """)
        #expect(!(try crm.text("standup.ics", of: "anna").contains("ATTENDEE")))
    }

    @Test func aRecurringToDoThatTheCRMCompletesGoesOn() throws {
        let crm = try MirroredCRM()
        try crm.put(
            Sample.todo(
                "SUMMARY:Water", "DTSTART:20990701T060000Z", "DUE:20990701T070000Z",
                "RRULE:FREQ=DAILY;COUNT=2"), as: "water.ics")
        let complete = "UPDATE tasks SET status = 'completed' WHERE title = 'Water'"
        try crm.crm.run(complete)
        var text = try crm.text("water.ics", of: "anna")
        let parts = text.components(of: "VTODO")
        try #require(parts.count == 2)
        #expect(!parts[0].contains("STATUS:COMPLETED"))
        #expect(parts[0].contains("RRULE:FREQ=DAILY;COUNT=2"))
        #expect(parts[1].contains("STATUS:COMPLETED"))
        #expect(!parts[1].contains("RRULE"))
        #expect(try crm.row("status", where: "title = 'Water'") == ["pending"])
        let revision = try crm.calendar(of: "anna").revision
        try crm.turn()
        #expect(try crm.calendar(of: "anna").revision == revision, "nothing is left to notice")

        // The other one is the last: the to-do is done.
        try crm.crm.run(complete)
        text = try crm.text("water.ics", of: "anna")
        #expect(text.components(of: "VTODO")[0].contains("STATUS:COMPLETED"))
        #expect(try crm.row("status", where: "title = 'Water'") == ["completed"])
    }

    // MARK: The log

    @Test func everyChangeHasItsRowInTheSyncLog() throws {
        let crm = try MirroredCRM()
        try crm.crm.run("DELETE FROM caldav_log_queue")
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        _ = try crm.calendar(of: "anna")
        try crm.put(Sample.meeting, as: "standup.ics")
        try crm.delete("crm-task-\(id).ics")
        try Housekeeper(context: crm.context).turn()
        let rows = try crm.crm.queryText(
            "SELECT action, caldav_uid, sync_status, task_id IS NULL FROM caldav_sync_log ORDER BY id"
        ).rows
        #expect(rows.map { $0[0] } == ["create", "create", "delete"])
        #expect(rows.map { $0[2] } == ["success", "success", "success"])
        #expect(rows[1][1] == "one@example.org")
        #expect(rows[2][3] == "1")
    }
}

extension String {
    /// The texts of components of a name, in their order.
    fileprivate func components(of name: String) -> [Substring] {
        ranges(of: "BEGIN:\(name)").map { begin in
            let rest = self[begin.lowerBound...]
            return rest.ranges(of: "END:\(name)").first.map { rest[..<$0.upperBound] } ?? rest
        }
    }
}
