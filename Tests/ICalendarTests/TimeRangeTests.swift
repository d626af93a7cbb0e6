import ICalendar
import Testing

/// Dates of January 2024 as `02T12`, an hour of a day; `02` is midnight.
private func hour(_ text: String?) -> String? {
    text.map { "202401\($0.prefix(2))T\($0.count > 2 ? String($0.suffix(2)) : "00")0000" }
}

@Suite("CALDAV:time-range, the tables of RFC 4791 §9.9")
struct TimeRangeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let lines: String
        let from: String?
        let to: String?
        let overlaps: Bool

        init(_ lines: String, _ from: String?, _ to: String?, _ overlaps: Bool) {
            (self.lines, self.from, self.to, self.overlaps) = (lines, from, to, overlaps)
        }

        var testDescription: String { "\(lines) in \(from ?? "…")–\(to ?? "…")" }
    }

    private func check(_ row: Row, _ name: String) throws {
        let object = try object(row.lines, name)
        #expect(
            object.overlaps(range(hour(row.from), hour(row.to)), floating: .utc) == row.overlaps)
    }

    @Test(arguments: [
        // With DTEND: start < DTEND and end > DTSTART.
        Row("DTSTART:20240102T120000Z\nDTEND:20240102T140000Z", "02T13", "02T15", true),
        Row("DTSTART:20240102T120000Z\nDTEND:20240102T140000Z", "02T14", "02T15", false),
        Row("DTSTART:20240102T120000Z\nDTEND:20240102T140000Z", "02T10", "02T12", false),
        Row("DTSTART:20240102T120000Z\nDTEND:20240102T140000Z", nil, "02T13", true),
        Row("DTSTART:20240102T120000Z\nDTEND:20240102T140000Z", "02T14", nil, false),
        // With DURATION above zero, and of zero.
        Row("DTSTART:20240102T120000Z\nDURATION:PT2H", "02T13", "02T15", true),
        Row("DTSTART:20240102T120000Z\nDURATION:PT2H", "02T14", "02T15", false),
        Row("DTSTART:20240102T120000Z\nDURATION:PT0S", "02T12", "02T13", true),
        Row("DTSTART:20240102T120000Z\nDURATION:PT0S", "02T11", "02T12", false),
        // Neither, DATE-TIME: no extent; DATE: a day.
        Row("DTSTART:20240102T120000Z", "02T12", "02T13", true),
        Row("DTSTART:20240102T120000Z", "02T11", "02T12", false),
        Row("DTSTART;VALUE=DATE:20240102", "02T23", "03", true),
        Row("DTSTART;VALUE=DATE:20240102", "03", "04", false),
        Row("DTSTART;VALUE=DATE:20240102", "01", "02", false),
        // Every instance counts.
        Row("DTSTART:20240102T120000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY", "20T12", "20T13", true),
        Row("DTSTART:20240102T120000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY", "20T13", "20T14", false),
        Row("DTSTART:20240102T120000Z\nDURATION:P3D\nRRULE:FREQ=WEEKLY", "12T10", "12T11", true),
    ])
    func events(row: Row) throws {
        try check(row, "VEVENT")
    }

    @Test(arguments: [
        // DTSTART and DURATION.
        Row("DTSTART:20240102T120000Z\nDURATION:PT2H", "02T14", "02T15", true),
        Row("DTSTART:20240102T120000Z\nDURATION:PT2H", "02T10", "02T12", false),
        Row("DTSTART:20240102T120000Z\nDURATION:PT0S", "02T11", "02T12", true),
        // DTSTART and DUE.
        Row("DTSTART:20240102T120000Z\nDUE:20240102T140000Z", "02T14", "02T15", false),
        Row("DTSTART:20240102T120000Z\nDUE:20240102T140000Z", "02T13", "02T15", true),
        Row("DTSTART:20240102T120000Z\nDUE:20240102T120000Z", "02T12", "02T13", true),
        Row("DTSTART:20240102T120000Z\nDUE:20240102T120000Z", "02T11", "02T12", true),
        // DTSTART alone.
        Row("DTSTART:20240102T120000Z", "02T12", "02T13", true),
        Row("DTSTART:20240102T120000Z", "02T11", "02T12", false),
        // DUE alone.
        Row("DUE:20240102T120000Z", "02T11", "02T12", true),
        Row("DUE:20240102T120000Z", "02T12", "02T13", false),
        // COMPLETED and CREATED.
        Row("COMPLETED:20240104T000000Z\nCREATED:20240102T000000Z", "03", "05", true),
        Row("COMPLETED:20240104T000000Z\nCREATED:20240102T000000Z", "05", "06", false),
        Row("COMPLETED:20240104T000000Z", "04", "05", true),
        Row("COMPLETED:20240104T000000Z", "03", "04", true),
        Row("COMPLETED:20240104T000000Z", "05", "06", false),
        Row("CREATED:20240102T000000Z", "20", "21", true),
        Row("CREATED:20240102T000000Z", "01", "02", false),
        // Nothing: in every range.
        Row("SUMMARY:x", "20", "21", true),
    ])
    func toDos(row: Row) throws {
        try check(row, "VTODO")
    }

    @Test(arguments: [
        Row("DTSTART:20240102T120000Z", "02T12", "02T13", true),
        Row("DTSTART:20240102T120000Z", "02T11", "02T12", false),
        Row("DTSTART;VALUE=DATE:20240102", "02T20", "02T21", true),
        Row("DTSTART;VALUE=DATE:20240102", "03", "04", false),
        Row("SUMMARY:x", nil, "04", false),
    ])
    func journals(row: Row) throws {
        try check(row, "VJOURNAL")
    }

    @Test(arguments: [
        Row("DTSTART:20240102T000000Z\nDTEND:20240104T000000Z", "04", "05", true),
        Row("DTSTART:20240102T000000Z\nDTEND:20240104T000000Z", "01", "02", false),
        Row(
            "FREEBUSY:20240102T000000Z/20240102T120000Z,20240103T000000Z/PT3H", "03T02", "03T05",
            true),
        Row(
            "FREEBUSY:20240102T000000Z/20240102T120000Z,20240103T000000Z/PT3H", "03T03", "03T05",
            false),
        Row("SUMMARY:x", nil, "05", false),
    ])
    func freeBusy(row: Row) throws {
        try check(row, "VFREEBUSY")
    }

    @Test func allDayEventsAreDaysOfTheViewersZone() throws {
        let object = try object("DTSTART;VALUE=DATE:20240102")
        let berlin = try zone("Europe/Berlin")
        #expect(object.overlaps(range("20240101T230000", "20240101T231500"), floating: berlin))
        #expect(!object.overlaps(range("20240102T230000", "20240102T231500"), floating: berlin))
    }

    @Test(
        arguments: [
            ("TRIGGER:-PT15M", "02T11", "02T12", true), ("TRIGGER:-PT15M", "02T12", "02T13", false),
            ("TRIGGER;RELATED=END:PT0S", "02T14", "02T15", true),
            ("TRIGGER:-P7D", "09T11", "09T13", true),
            ("TRIGGER:-P1D\nREPEAT:5\nDURATION:PT6H", "02T11", "02T13", true),
            ("TRIGGER:-P1D\nREPEAT:3\nDURATION:PT6H", "02T07", "02T11", false),
            ("TRIGGER;VALUE=DATE-TIME:20240120T100000Z", "20T10", "20T11", true),
        ] as [(String, String, String, Bool)])
    func alarms(lines: String, from: String, to: String, goesOff: Bool) throws {
        let object = try object(
            """
            DTSTART:20240102T120000Z
            DTEND:20240102T140000Z
            RRULE:FREQ=DAILY;INTERVAL=14
            BEGIN:VALARM
            ACTION:DISPLAY
            \(lines)
            END:VALARM
            """)
        #expect(object.hasAlarm(in: range(hour(from), hour(to)), floating: .utc) == goesOff)
    }
}
