import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

@Suite("What a client takes for new", .serialized)
struct NewObjectTests {
    private let event = Sample.event("DTSTART:20260701T080000Z", "SUMMARY:One")

    private func put(
        _ lines: [String], as name: String, in crm: MirroredCRM,
        if condition: WriteCondition = WriteCondition()
    ) throws -> PutOutcome {
        let text = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
        return try crm.store.put(
            try CalendarObject(parsing: text), text: text, name: name,
            in: try crm.calendar(of: "anna"), by: try crm.user("anna"), if: condition, isNew: true)
    }

    private func count(_ crm: MirroredCRM) throws -> [String?] {
        try crm.row("COUNT(*)", where: "TRUE")
    }

    @Test func itIsATask() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        #expect(try put(event, as: "one.ics", in: crm).isNew)
        let row = try crm.row("title, start_datetime, user_id", where: "TRUE")
        let anna = try crm.crm.queryText("SELECT id FROM users WHERE username = 'anna'").rows
        #expect(row == ["One", "2026-07-01 10:00:00", anna.first?.first ?? nil])
        let revision = try crm.calendar(of: "anna").revision
        try crm.turn()
        #expect(try crm.calendar(of: "anna").revision == revision)
    }

    @Test func somebodyElseWasFaster() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        try crm.put(event, as: "one.ics")
        let changed = Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Two")
        #expect(try put(changed, as: "one.ics", in: crm).isNew == false)
        #expect(try count(crm) == ["1"])
        #expect(try crm.row("title", where: "TRUE") == ["Two"])
    }

    @Test func somebodyElseWasFasterAndNothingWasToBeThere() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        let etag = try crm.put(event, as: "one.ics").etag
        let before = try crm.calendar(of: "anna").revision
        #expect {
            try put(event, as: "one.ics", in: crm, if: WriteCondition(ifNoneMatch: .any))
        } throws: {
            if case .preconditionFailed(etag)? = $0 as? StorageError { true } else { false }
        }
        #expect(try count(crm) == ["1"])
        #expect(try crm.calendar(of: "anna").revision == before)
    }

    @Test func itsUIDIsThatOfAnotherObject() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        try crm.put(event, as: "one.ics")
        let before = try crm.calendar(of: "anna").revision
        #expect {
            try put(event, as: "other.ics", in: crm)
        } throws: {
            if case .uidInUse("one.ics")? = $0 as? StorageError { true } else { false }
        }
        #expect(try count(crm) == ["1"])
        #expect(try crm.calendar(of: "anna").revision == before)
    }

    @Test func itsUIDIsThatOfAnObjectInAnotherCalendar() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        try crm.put(event, as: "one.ics", by: "ben")
        #expect(try put(event, as: "one.ics", in: crm).isNew)
        #expect(try count(crm) == ["2"])
        #expect(try crm.text("one.ics", of: "anna") == crm.text("one.ics", of: "ben"))
    }

    @Test func itIsNoTask() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        let journal = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VJOURNAL",
            "UID:journal@example.org", "DTSTAMP:20260101T000000Z", "SUMMARY:Notes", "END:VJOURNAL",
            "END:VCALENDAR",
        ]
        #expect(try put(journal, as: "journal.ics", in: crm).isNew)
        #expect(try count(crm) == ["0"])
    }
}
