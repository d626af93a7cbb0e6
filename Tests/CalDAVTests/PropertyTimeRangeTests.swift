import Testing
import WebDAV

private typealias Filter = FilterXML
private let day = Filter.range("20260105", "20260106")

@Suite("time-range of properties, RFC 4791 §9.9")
struct PropertyTimeRangeTests {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("hour.ics", event("1", start: "20260105T090000Z"))
        site.put(
            "weekly.ics",
            event(
                "2", start: "20251229T230000Z",
                more: "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE:20260112T230000Z,20260119T230000Z"))
        site.put(
            "done.ics",
            calendar(
                "BEGIN:VTODO\nUID:3\nDTSTAMP:20260101T000000Z\nDTSTART:20260106T090000Z\n"
                    + "DURATION:P2D\nCOMPLETED:20260107T120000Z\nSTATUS:COMPLETED\nEND:VTODO"))
        site.put(
            "open.ics",
            calendar("BEGIN:VTODO\nUID:4\nDTSTAMP:20260101T000000Z\nSUMMARY:Open\nEND:VTODO"))
    }

    private func found(
        _ component: String, _ property: String, _ start: String, _ end: String
    ) throws -> [String] {
        try site.names(
            Filter.comp(component, Filter.prop(property, Filter.range(start, end))))
    }

    @Test(
        "a date-time is in a range from its start to before its end",
        arguments: [
            ("VTODO", "COMPLETED", "20260107", "20260108", ["done.ics"]),
            ("VTODO", "COMPLETED", "20260108", "20260109", []),
            ("VTODO", "DTSTAMP", "20260101", "20260102", ["done.ics", "open.ics"]),
            ("VTODO", "DTSTAMP", "20251231", "20260101", []),
            ("VEVENT", "LAST-MODIFIED", "20260101", "20260102", []),
        ])
    func dateTimes(
        component: String, property: String, start: String, end: String, names: [String]
    ) throws {
        #expect(try found(component, property, start, end) == names)
    }

    @Test(
        "DTSTART is that of any instance",
        arguments: [
            ("20260105", "20260106", ["hour.ics", "weekly.ics"]),
            ("20251229", "20251230", ["weekly.ics"]), ("20260112", "20260113", []),
            ("20260126", "20260127", []),
        ])
    func starts(start: String, end: String, names: [String]) throws {
        #expect(try found("VEVENT", "DTSTART", start, end) == names)
    }

    @Test(
        "DTEND and DUE are the start and DURATION where they are not written",
        arguments: [
            ("VEVENT", "DTEND", "20260105", "20260106", ["hour.ics"]),
            ("VEVENT", "DTEND", "20260106", "20260107", ["weekly.ics"]),
            ("VTODO", "DUE", "20260108", "20260109", ["done.ics"]),
            ("VTODO", "DUE", "20260106", "20260107", []),
            ("VTODO", "DTEND", "20260108", "20260109", []),
        ])
    func ends(
        component: String, property: String, start: String, end: String, names: [String]
    ) throws {
        #expect(try found(component, property, start, end) == names)
    }

    @Test("an instance that was moved starts where it was moved to alone")
    func movedInstance() throws {
        let override =
            "RRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\nUID:6\nDTSTAMP:20260101T000000Z\n"
            + "RECURRENCE-ID:20260203T090000Z\nDTSTART:20260204T120000Z\nDURATION:PT1H\n"
            + "SUMMARY:Moved"
        site.put("moved.ics", event("6", start: "20260201T090000Z", more: override))
        let moved = { (start: String, end: String) in
            try site.names(
                Filter.comp(
                    "VEVENT",
                    Filter.prop("DTSTART", Filter.range(start, end))
                        + Filter.prop("SUMMARY", Filter.text("moved"))))
        }
        #expect(try moved("20260204", "20260205") == ["moved.ics"])
        #expect(try moved("20260203", "20260204") == [])
        #expect(try found("VEVENT", "DTSTART", "20260203", "20260204") == [])
        #expect(try found("VEVENT", "DTSTART", "20260205", "20260206") == ["moved.ics"])
    }

    @Test("without a time-range, DTEND has to be written")
    func endThatIsNotWritten() throws {
        #expect(try site.names(Filter.comp("VEVENT", Filter.prop("DTEND"))) == [])
    }

    @Test("of a list each date counts, RFC 5545 §3.8.5.1")
    func lists() throws {
        #expect(try found("VEVENT", "EXDATE", "20260119", "20260120") == ["weekly.ics"])
        #expect(try found("VEVENT", "EXDATE", "20260120", "20260121") == [])
    }

    @Test("time-range and param-filter have to hold for the property together")
    func withParameter() throws {
        site.put("zone.ics", event("5", start: "20260105T090000Z", more: "X-A:1"))
        let plain = Filter.param("TZID", "<c:is-not-defined/>")
        let both = { (inside: String) in
            Filter.comp("VEVENT", Filter.prop("DTSTART", day + inside))
        }
        #expect(try site.names(both(plain)) == ["hour.ics", "weekly.ics", "zone.ics"])
        #expect(try site.names(both(Filter.param("TZID"))) == [])
    }
}
