import CalDAV
import ICalendar
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"

extension Site {
    /// The text of the only object, in the form that `inside` asks for.
    fileprivate func data(_ inside: String, attributes: String = "") throws -> Component {
        let body = """
            <c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>\
            <c:calendar-data \(attributes)>\(inside)</c:calendar-data></d:prop><c:filter>\
            <c:comp-filter name="VCALENDAR"/></c:filter></c:calendar-query>
            """
        let answer = send("REPORT", path, body: body)
        let response = try #require(try answer.responses().values.first)
        let text = try #require(response.property(.caldav("calendar-data"))?.text)
        return try Component.parse(Array(text.utf8))
    }
}

@Suite("CALDAV:calendar-data in requests, RFC 4791 §9.6")
struct CalendarDataTests {
    private func weekly() throws -> Site {
        let site = try Site()
        let override =
            "END:VEVENT\nBEGIN:VEVENT\nUID:1\nDTSTART:20260112T120000Z\n"
            + "DURATION:PT1H\nRECURRENCE-ID:20260112T090000Z\nSUMMARY:Moved"
        site.put("a.ics", event("1", more: "RRULE:FREQ=WEEKLY;COUNT=5\n" + override))
        return site
    }

    @Test("expand gives each instance of the range")
    func expand() throws {
        let range = #"<c:expand start="20260110T000000Z" end="20260121T000000Z"/>"#
        let events = try weekly().data(range).components(named: "VEVENT")
        #expect(
            events.compactMap { $0.first("DTSTART")?.rawValue } == [
                "20260112T120000Z", "20260119T090000Z",
            ])
        #expect(events.allSatisfy { $0.has("RECURRENCE-ID") && !$0.has("RRULE") })
    }

    @Test("limit-recurrence-set leaves out the overrides of other times")
    func limit() throws {
        let other = #"<c:limit-recurrence-set start="20260201T000000Z" end="20260301T000000Z"/>"#
        #expect(try weekly().data(other).components(named: "VEVENT").count == 1)
        let same = #"<c:limit-recurrence-set start="20260112T000000Z" end="20260113T000000Z"/>"#
        #expect(try weekly().data(same).components(named: "VEVENT").count == 2)
    }

    @Test("comp and prop choose, novalue keeps the name alone")
    func parts() throws {
        let comp = """
            <c:comp name="VCALENDAR"><c:prop name="VERSION"/><c:comp name="VEVENT">\
            <c:prop name="UID"/><c:prop name="SUMMARY" novalue="yes"/></c:comp></c:comp>
            """
        let calendar = try weekly().data(comp)
        #expect(calendar.properties.map(\.name) == ["VERSION"])
        let event = try #require(calendar.components.first)
        #expect(event.properties.map(\.name) == ["UID", "SUMMARY"])
        #expect(event.first("SUMMARY")?.rawValue == "")
    }

    @Test(
        "another media type or version is supported-calendar-data",
        arguments: [
            "content-type=\"application/json\"", "version=\"1.0\"",
        ])
    func types(attributes: String) throws {
        let body = """
            <c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>\
            <c:calendar-data \(attributes)/></d:prop><d:href>/x</d:href></c:calendar-multiget>
            """
        let answer = try Site().send("REPORT", path, body: body)
        #expect(answer.precondition == "supported-calendar-data")
    }
}

@Suite("Alarms in a calendar-query, RFC 4791 §9.9")
struct AlarmQueryTests {
    @Test(arguments: [
        ("20260105T084000Z", "20260105T085000Z", 1), ("20260105T085500Z", "20260105T090000Z", 0),
    ])
    func byTime(start: String, end: String, count: Int) throws {
        let site = try Site()
        site.put(
            "a.ics", event("1", more: "BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT15M\nEND:VALARM"))
        let body = """
            <c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>\
            <d:getetag/></d:prop><c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter \
            name="VEVENT"><c:comp-filter name="VALARM"><c:time-range start="\(start)" \
            end="\(end)"/></c:comp-filter></c:comp-filter></c:comp-filter></c:filter>\
            </c:calendar-query>
            """
        #expect(try site.send("REPORT", path, body: body).responses().count == count)
    }
}

@Suite("REPORT free-busy-query, RFC 4791 §7.10")
struct FreeBusyQueryTests {
    private func ask(_ site: Site, _ path: String) throws -> Component {
        let body = """
            <c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav"><c:time-range \
            start="20260105T000000Z" end="20260106T000000Z"/></c:free-busy-query>
            """
        let answer = site.send("REPORT", path, body: body)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"]?.hasPrefix("text/calendar") == true)
        return try #require(try Component.parse(answer.body).components.first)
    }

    @Test("busy times alone: no summary, nothing cancelled or transparent")
    func busy() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        site.put("b.ics", event("2", start: "20260105T120000Z", more: "TRANSP:TRANSPARENT"))
        site.put("c.ics", event("3", start: "20260105T130000Z", more: "STATUS:CANCELLED"))
        site.put("d.ics", event("4", start: "20260105T140000Z", more: "STATUS:TENTATIVE"))
        for path in [path, "calendars/anna/"] {
            let busy = try ask(site, path)
            #expect(busy.name == "VFREEBUSY")
            #expect(
                Set(busy.all("FREEBUSY").map(\.rawValue)) == [
                    "20260105T090000Z/20260105T100000Z", "20260105T140000Z/20260105T150000Z",
                ])
            #expect(!busy.has("SUMMARY"))
        }
    }
}

@Suite("REPORT free-busy-query on a home, RFC 4791 §7.10")
struct HomeFreeBusyTests {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("a.ics", event("a", start: "20260105T090000Z"))
        #expect(site.send("MKCALENDAR", "calendars/anna/work").status == 201)
        let work = event("w", start: "20260105T150000")
        #expect(site.send("PUT", "calendars/anna/work/w.ics", body: work).status == 201)
    }

    private func busy(_ path: String = "calendars/anna/", zone: String = "") -> [String] {
        let answer = site.send(
            "REPORT", path,
            body: """
                <c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav"><c:time-range \
                start="20260105T000000Z" end="20260106T000000Z"/>\(zone)</c:free-busy-query>
                """)
        return answer.text.replacing("\r\n ", with: "").split(separator: "\r\n")
            .filter { $0.hasPrefix("FREEBUSY") }.map { String($0.dropFirst("FREEBUSY;".count)) }
    }

    private func proppatch(_ path: String, _ property: String) {
        let answer = site.send(
            "PROPPATCH", path,
            body: """
                <d:propertyupdate xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set>
                <d:prop>\(property)</d:prop></d:set></d:propertyupdate>
                """)
        #expect(answer.status == 207)
    }

    @Test func allCalendarsAreOne() {
        #expect(
            busy() == [
                "FBTYPE=BUSY:20260105T090000Z/20260105T100000Z,20260105T150000Z/20260105T160000Z"
            ])
    }

    @Test func aTransparentCalendarTakesNoTime() {
        proppatch(
            "calendars/anna/work/",
            "<c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp>")
        #expect(busy() == ["FBTYPE=BUSY:20260105T090000Z/20260105T100000Z"])
        #expect(busy("calendars/anna/work/").isEmpty)
    }

    @Test func floatingTimesAreOfTheZoneThatIsSaid() {
        let zone = "<c:timezone-id>America/New_York</c:timezone-id>"
        #expect(
            busy("calendars/anna/work/", zone: zone)
                == ["FBTYPE=BUSY:20260105T200000Z/20260105T210000Z"])
    }

    @Test func availabilityOfTheOwnerCounts() {
        proppatch(
            "calendars/anna/inbox/",
            """
            <c:calendar-availability>BEGIN:VCALENDAR
            VERSION:2.0
            PRODID:x
            BEGIN:VAVAILABILITY
            UID:1
            DTSTAMP:20260101T000000Z
            BEGIN:AVAILABLE
            UID:2
            DTSTAMP:20260101T000000Z
            DTSTART:20260105T080000Z
            DTEND:20260105T180000Z
            END:AVAILABLE
            END:VAVAILABILITY
            END:VCALENDAR</c:calendar-availability>
            """)
        #expect(
            busy() == [
                "FBTYPE=BUSY-UNAVAILABLE:20260105T000000Z/20260105T080000Z,"
                    + "20260105T180000Z/20260106T000000Z",
                "FBTYPE=BUSY:20260105T090000Z/20260105T100000Z,20260105T150000Z/20260105T160000Z",
            ])
    }
}
