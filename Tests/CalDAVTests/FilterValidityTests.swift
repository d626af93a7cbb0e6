import Testing
import WebDAV

private typealias Filter = FilterXML
private let day = Filter.range("20260105", "20260106")

@Suite("CALDAV:valid-filter, RFC 4791 §7.8")
struct FilterValidityTests {
    private func expectInvalid(_ filter: String) throws {
        let answer = try Site().filter(filter)
        #expect(answer.status == 403 && answer.precondition == "valid-filter")
    }

    @Test(
        "a component that §9.9 does not list has no time to filter by",
        arguments: [
            Filter.comp("X-COMP", day), Filter.comp("VPOLL", day),
            Filter.comp("VAVAILABILITY", day), Filter.comp("VTIMEZONE", day),
            Filter.comp("VTIMEZONE", Filter.comp("STANDARD", day)),
            Filter.comp("VEVENT", Filter.comp("X-COMP", day)),
            Filter.comp("VEVENT", Filter.comp("VALARM", Filter.comp("X-COMP", day))), day,
        ])
    func timeOfComponent(filter: String) throws { try expectInvalid(filter) }

    @Test(
        "a property without dates has no time to filter by",
        arguments: [
            "SUMMARY", "summary", "CATEGORIES", "SEQUENCE", "ATTENDEE", "RRULE", "GEO", "URL",
            "DURATION", "TRIGGER", "TZOFFSETTO", "X-DATE", "NEWDATE",
        ])
    func timeOfProperty(name: String) throws {
        try expectInvalid(Filter.comp("VEVENT", Filter.prop(name, day)))
    }

    @Test(
        "a component is looked for where RFC 5545 allows it alone",
        arguments: [
            Filter.comp("VALARM"), Filter.comp("STANDARD"), Filter.comp("VCALENDAR"),
            Filter.comp("VTODO", Filter.comp("VEVENT")),
            Filter.comp("VEVENT", Filter.comp("VEVENT")),
            Filter.comp("VEVENT", Filter.comp("VTIMEZONE")),
            Filter.comp("VEVENT", Filter.comp("VALARM", Filter.comp("VEVENT"))),
            Filter.comp("VJOURNAL", Filter.comp("VALARM")),
            Filter.comp("VTIMEZONE", Filter.comp("VALARM")),
            Filter.comp("VALARM", "<c:is-not-defined/>"),
        ])
    func nesting(filter: String) throws { try expectInvalid(filter) }

    @Test(
        "components that nobody registered, and those of later RFCs, may be looked for anywhere",
        arguments: [
            Filter.comp("X-COMP"), Filter.comp("X-COMP", Filter.comp("VEVENT")),
            Filter.comp("VEVENT", Filter.comp("X-COMP", Filter.prop("SUMMARY"))),
            Filter.comp("VEVENT", Filter.comp("PARTICIPANT", Filter.comp("VLOCATION"))),
            Filter.comp("VTIMEZONE", Filter.comp("DAYLIGHT")),
        ])
    func unknownComponents(filter: String) throws { #expect(try Site().names(filter) == []) }

    @Test(
        "each condition stands where the RFC has it, once and with what it needs",
        arguments: [
            "<c:comp-filter/>", Filter.comp(""), Filter.comp("VEVENT", "<c:prop-filter/>"),
            Filter.comp("VEVENT", Filter.prop("")),
            Filter.comp("VEVENT", Filter.prop("ATTENDEE", "<c:param-filter/>")),
            Filter.comp("VEVENT", "<c:is-not-defined/>" + day),
            Filter.comp("VEVENT", Filter.prop("DTSTART", "<c:is-not-defined/>" + day)),
            Filter.comp("VEVENT", Filter.prop("UID", "<c:is-not-defined/>" + Filter.text("a"))),
            Filter.comp("VEVENT", Filter.prop("DTSTART", day + Filter.text("2026"))),
            Filter.comp(
                "VEVENT",
                Filter.prop(
                    "ATTENDEE",
                    Filter.param("PARTSTAT", "<c:is-not-defined/>" + Filter.text("a")))),
        ])
    func conditions(filter: String) throws { try expectInvalid(filter) }

    @Test(
        "a time-range is in UTC, and ends after it starts",
        arguments: [
            "", "start=\"\"", "start=\"20260105\"", "start=\"20260105T000000\"",
            "start=\"2026-01-05T00:00:00Z\"", "end=\"20260230T000000Z\"",
            "start=\"20260105T000000Z\" end=\"20260105T000000Z\"",
            "start=\"20260106T000000Z\" end=\"20260105T000000Z\"",
        ])
    func ranges(attributes: String) throws {
        try expectInvalid(Filter.comp("VEVENT", "<c:time-range \(attributes)/>"))
        try expectInvalid(
            Filter.comp("VEVENT", Filter.prop("DTSTART", "<c:time-range \(attributes)/>")))
    }

    @Test(
        "attributes of text-match have the values that there are",
        arguments: ["match-type=\"is\"", "match-type=\"\"", "negate-condition=\"true\""])
    func attributes(attribute: String) throws {
        try expectInvalid(
            Filter.comp("VEVENT", Filter.prop("UID", Filter.text("a", attribute))))
        try expectInvalid(
            Filter.comp(
                "VEVENT",
                Filter.prop("ATTENDEE", Filter.param("CN", Filter.text("a", attribute)))))
    }

    @Test(
        "another collation is supported-collation, in a param-filter too",
        arguments: ["i;unicode-casemap", "i;ascii-numeric", ""])
    func collation(name: String) throws {
        let text = Filter.text("a", "collation=\"\(name)\"")
        for inside in [text, Filter.param("CN", text)] {
            let answer = try Site().filter(Filter.comp("VEVENT", Filter.prop("ATTENDEE", inside)))
            #expect(answer.status == 403 && answer.precondition == "supported-collation")
        }
    }

    @Test("where there is no filter, a range that is none is 400, RFC 4791 §7.10 and §9.6.5")
    func rangesOfOthers() throws {
        let site = try Site()
        let start = "start=\"20260105\" end=\"20260106\""
        let path = "calendars/anna/crm-tasks/"
        let names = "xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\""
        let busy = "<c:free-busy-query \(names)><c:time-range \(start)/></c:free-busy-query>"
        #expect(site.send("REPORT", path, fields: [("Depth", "1")], body: busy).status == 400)
        let query = """
            <c:calendar-query \(names)><d:prop><c:calendar-data><c:expand \(start)/>\
            </c:calendar-data></d:prop><c:filter><c:comp-filter name="VCALENDAR"/></c:filter>\
            </c:calendar-query>
            """
        #expect(site.send("REPORT", path, fields: [("Depth", "1")], body: query).status == 400)
    }
}
