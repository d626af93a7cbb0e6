import ICalendar
import Testing

@Suite("Findings")
struct FindingTests {
    @Test(
        arguments: [
            ("DTSTART:2024", "DTSTART", "RFC 5545 §3.8.2.4"),
            ("DTSTART:20240101", "DTSTART", "RFC 5545 §3.8.2.4"),
            ("DTSTART:20240101T000000Z\nDTEND:20230101T000000Z", "DTEND", "RFC 5545 §3.8.2.2"),
            ("DTSTART:20240101T000000Z\nDTEND;VALUE=DATE:20240102", "DTEND", "RFC 5545 §3.8.2.2"),
            (
                "DTSTART:20240101T000000Z\nRRULE:FREQ=DAILY;UNTIL=20250101", "RRULE",
                "RFC 5545 §3.3.10"
            ),
            ("RRULE:BYDAY=MO", "RRULE", "RFC 5545 §3.8.5.3"),
            ("RRULE:FREQ=DAILY;BYMONTH=13", "RRULE", "RFC 5545 §3.8.5.3"),
            ("RRULE:FREQ=WEEKLY;BYDAY=2MO", "RRULE", "RFC 5545 §3.8.5.3"),
            ("EXDATE:20240101T000000Z,x", "EXDATE", "RFC 5545 §3.8.5.1"),
            ("PRIORITY:12", "PRIORITY", "RFC 5545 §3.8.1.9"),
            ("STATUS:MAYBE", "STATUS", "RFC 5545 §3.8.1.11"),
            ("DTSTART;TZID=Nowhere/Land:20240101T000000", "DTSTART", "RFC 5545 §3.2.19"),
            ("DTSTART;TZID=Europe/Berlin:20240101T000000", "DTSTART", "RFC 5545 §3.2.19"),
            (#"GEO:12.5\;13.5"#, "GEO", "RFC 5545 §3.8.1.6"),
            ("SUMMARY:a\nSUMMARY:b", "VEVENT", "RFC 5545 §3.6.1"),
            ("DTEND:20240101T000000Z\nDURATION:PT1H", "VEVENT", "RFC 5545 §3.6.1"),
            ("BEGIN:VALARM\nACTION:AUDIO\nREPEAT:2\nEND:VALARM", "VALARM", "RFC 5545 §3.6.6"),
            ("SUMMARY:" + String(repeating: "x", count: 80), "SUMMARY", "RFC 5545 §3.1"),
        ] as [(String, String, String)])
    func tolerated(lines: String, property: String, section: String) throws {
        let findings = try object(lines).findings
        #expect(
            findings.contains {
                $0.property == property && $0.section == section && $0.severity == .tolerated
            })
    }

    @Test func nothingInAGoodObject() throws {
        let text = """
            BEGIN:VCALENDAR
            VERSION:2.0
            PRODID:-//x//y//EN
            BEGIN:VEVENT
            UID:1
            DTSTAMP:20240101T000000Z
            DTSTART:20240101T090000Z
            DTEND:20240101T100000Z
            RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20250101T000000Z
            SEQUENCE:2
            TRANSP:OPAQUE
            END:VEVENT
            END:VCALENDAR

            """
        #expect(Finding.all(in: bytes(text)).isEmpty)
    }

    @Test(arguments: Corpus.files(in: ["ical4j/invalid"]))
    func invalidFilesGiveFindings(file: String) {
        #expect(!Finding.all(in: Corpus.bytes(file)).isEmpty)
    }

    @Test func aLineIsNamed() throws {
        let findings = try object("DTSTART:20240101T000000Z\nPRIORITY:x").findings
        #expect(findings.first { $0.property == "PRIORITY" }?.line == 5)
    }
}
