import Testing
import WebDAV
import XML

@testable import CalDAV

private let home = "/caldav/calendars/anna/"

extension Site {
    /// Paths below the home that a calendar-query finds.
    fileprivate func found(
        _ filter: String, at path: String = "crm-tasks/", depth: String = "1", more: String = ""
    ) throws -> [String] {
        let answer = query(filter, at: path, depth: depth, more: more)
        #expect(answer.status == 207)
        return try answer.xml().all(.dav("response")).filter {
            $0.first(.dav("status")) == nil
        }.map { String(($0.first(.dav("href"))?.text ?? "").dropFirst(home.count)) }.sorted()
    }

    fileprivate func query(
        _ filter: String, at path: String = "crm-tasks/", depth: String = "1", more: String = "",
        prop: String = "<d:getetag/>", fields: [(String, String)] = []
    ) -> Answer {
        send(
            "REPORT", "calendars/anna/\(path)", fields: [("Depth", depth)] + fields,
            body: """
                <c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">\
                <d:prop>\(prop)</d:prop><c:filter><c:comp-filter name="VCALENDAR">\(filter)\
                </c:comp-filter></c:filter>\(more)</c:calendar-query>
                """)
    }
}

private func comp(_ name: String, _ inside: String, test: String? = nil) -> String {
    let attribute = test.map { " test=\"\($0)\"" } ?? ""
    return "<c:comp-filter name=\"\(name)\"\(attribute)>\(inside)</c:comp-filter>"
}

private func text(_ property: String, _ text: String) -> String {
    "<c:prop-filter name=\"\(property)\"><c:text-match>\(text)</c:text-match></c:prop-filter>"
}

private func range(_ start: String, _ end: String) -> String {
    "<c:time-range start=\"\(start)T000000Z\" end=\"\(end)T000000Z\"/>"
}

@Suite("A time-range with other conditions, RFC 4791 §9.7.1")
struct InstanceQueryTests {
    private let site: Site

    /// Weekly from 5 January as Plain; that of 12 January is on the 20th of March, as Moved.
    init() throws {
        site = try Site()
        let override =
            "END:VEVENT\nBEGIN:VEVENT\nUID:1\nDTSTART:20260320T120000Z\nDURATION:PT1H\n"
            + "RECURRENCE-ID:20260112T090000Z\nSUMMARY:Moved"
        let text = event("1", more: "RRULE:FREQ=WEEKLY;COUNT=3\n" + override)
        site.put("a.ics", text.replacing("SUMMARY:Event 1", with: "SUMMARY:Plain"))
    }

    @Test(
        "is judged by the instances of the component that meets them",
        arguments: [
            ("20260105", "20260106", "Plain", true), ("20260105", "20260106", "Moved", false),
            ("20260320", "20260321", "Moved", true), ("20260320", "20260321", "Plain", false),
            ("20260112", "20260113", "Moved", false), ("20260112", "20260113", "Plain", false),
        ])
    func together(start: String, end: String, summary: String, isFound: Bool) throws {
        let filter = comp("VEVENT", range(start, end) + text("SUMMARY", summary))
        #expect(try site.found(filter).isEmpty != isFound)
    }
}

@Suite("The attribute test of filters")
struct FilterTestAttributeTests {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("a.ics", event("a", more: "LOCATION:Hall"))
        site.put("b.ics", event("b", more: "CATEGORIES:WORK"))
        site.put("c.ics", event("c"))
        site.put("t.ics", calendar("BEGIN:VTODO\nUID:t\nSUMMARY:Hall\nEND:VTODO"))
    }

    @Test func anyOfProperties() throws {
        let both = text("LOCATION", "hall") + text("CATEGORIES", "work")
        #expect(try site.found(comp("VEVENT", both)) == [])
        #expect(try site.found(comp("VEVENT", both, test: "allof")) == [])
        let any = try site.found(comp("VEVENT", both, test: "anyof"))
        #expect(any == ["crm-tasks/a.ics", "crm-tasks/b.ics"])
    }

    @Test func anyOfTexts() throws {
        let filter = """
            <c:prop-filter name="SUMMARY" test="anyof"><c:text-match>event a</c:text-match>\
            <c:text-match>event c</c:text-match></c:prop-filter>
            """
        #expect(
            try site.found(comp("VEVENT", filter)) == ["crm-tasks/a.ics", "crm-tasks/c.ics"])
    }

    @Test func anyOfComponents() throws {
        let body = """
            <c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:prop>\
            <d:getetag/></d:prop><c:filter><c:comp-filter name="VCALENDAR" test="anyof">\
            \(comp("VEVENT", text("LOCATION", "hall")))\(comp("VTODO", ""))</c:comp-filter>\
            </c:filter></c:calendar-query>
            """
        let answer = site.send(
            "REPORT", "calendars/anna/crm-tasks/", fields: [("Depth", "1")], body: body)
        #expect(
            try answer.responses().keys.sorted()
                == ["a.ics", "t.ics"].map { home + "crm-tasks/" + $0 })
    }

    @Test(
        "what a filter cannot have is refused",
        arguments: [
            comp("VEVENT", "", test: "someof"),
            comp("VEVENT", range("20260101", "20260102") + range("20260101", "20260102")),
            comp(
                "VEVENT",
                "<c:prop-filter name=\"X\"><c:text-match>a</c:text-match><c:text-match>b"
                    + "</c:text-match></c:prop-filter>"),
            comp("VEVENT", "<c:is-not-defined/>" + text("X", "a")),
            comp(
                "VEVENT",
                "<c:prop-filter name=\"X\"><c:time-range start=\"20260101T000000Z\"/>"
                    + "<c:text-match>a</c:text-match></c:prop-filter>"),
            comp(
                "VEVENT",
                "<c:prop-filter name=\"X\"><c:text-match negate-condition=\"true\">a"
                    + "</c:text-match></c:prop-filter>"),
        ])
    func refused(filter: String) {
        let answer = site.query(filter)
        #expect(answer.status == 403 && answer.precondition == "valid-filter")
    }

    @Test("before the first year there is nothing")
    func minDateTime() {
        let filter = comp("VEVENT", "<c:time-range start=\"00000101T000000Z\"/>")
        #expect(site.query(filter).precondition == "min-date-time")
    }
}

@Suite("calendar-query of a home, and with a limit")
struct WideQueryTests {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("a.ics", event("a"))
        #expect(site.send("MKCALENDAR", "calendars/anna/work").status == 201)
        let other = event("w", start: "20260601T090000Z")
        #expect(site.send("PUT", "calendars/anna/work/w.ics", body: other).status == 201)
    }

    @Test("Depth infinity finds what is in its calendars, Depth 1 calendars alone")
    func depth() throws {
        let filter = comp("VEVENT", "")
        let all = try site.found(filter, at: "", depth: "infinity")
        #expect(all == ["crm-tasks/a.ics", "work/w.ics"])
        #expect(try site.found(filter, at: "", depth: "1") == [])
        let june = comp("VEVENT", range("20260601", "20260602"))
        #expect(try site.found(june, at: "", depth: "infinity") == ["work/w.ics"])
    }

    @Test("a limit cuts off, and says so for the request's own address")
    func limit() throws {
        let limit = "<d:limit><d:nresults>1</d:nresults></d:limit>"
        let filter = comp("VEVENT", "")
        let answer = site.query(filter, at: "", depth: "infinity", more: limit)
        let responses = try answer.responses()
        #expect(responses.count == 2)
        #expect(responses[home]?.first(.dav("status"))?.text.contains("507") == true)
        let rest = site.query(filter, more: limit)
        #expect(try rest.responses().keys.sorted() == [home + "crm-tasks/a.ics"])
    }
}

@Suite("CalDAV-Timezones, RFC 7809 §6")
struct WantedTimezoneTests {
    private let zone = """
        BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000
        TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
        END:STANDARD\nEND:VTIMEZONE\n
        """

    private func data(stored: String, _ wanted: String?) throws -> String {
        let site = try Site()
        site.put("a.ics", stored)
        let answer = site.query(
            comp("VEVENT", ""), prop: "<c:calendar-data/>",
            fields: wanted.map { [("CalDAV-Timezones", $0)] } ?? [])
        let response = try #require(try answer.responses().values.first)
        return try #require(response.property(.caldav("calendar-data"))?.text)
    }

    private func text(with zone: String) -> String {
        calendar(
            "\(zone)BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\n"
                + "DTSTART;TZID=Europe/Berlin:20260105T090000\nEND:VEVENT")
    }

    @Test func withoutTheFieldAsStored() throws {
        for stored in [text(with: zone), text(with: "")] {
            // XML has no carriage returns of its own.
            let sent = stored.replacing("\r\n", with: "\n")
            #expect(try data(stored: stored, nil).replacing("\r\n", with: "\n") == sent)
        }
    }

    @Test func knownZonesAreLeftOutOnDemand() throws {
        #expect(try !data(stored: text(with: zone), "F").contains("VTIMEZONE"))
        let own = zone.replacing("Europe/Berlin", with: "Own/Zone")
        let stored = text(with: own).replacing("TZID=Europe/Berlin", with: "TZID=Own/Zone")
        #expect(try data(stored: stored, "F").contains("BEGIN:VTIMEZONE"))
    }

    @Test func getTakesTheFieldToo() throws {
        let site = try Site()
        let stored = text(with: zone)
        site.put("a.ics", stored)
        let path = "calendars/anna/crm-tasks/a.ics"
        let without = site.send("GET", path, fields: [("CalDAV-Timezones", "F")])
        #expect(without.status == 200 && !without.text.contains("VTIMEZONE"))
        #expect(site.send("GET", path).text == stored)
    }

    @Test func missingZonesAreAddedOnDemand() throws {
        #expect(try data(stored: text(with: ""), "T").contains("TZID:Europe/Berlin"))
    }
}

@Suite("Prefer, RFC 7240 and RFC 8144")
struct PreferTests {
    @Test("depth-noroot leaves the collection itself out of a listing")
    func depthNoroot() throws {
        let site = try Site()
        site.put("a.ics", event("a"))
        let fields = [("Depth", "1"), ("Prefer", "depth-noroot")]
        let objects = site.send("PROPFIND", "calendars/anna/crm-tasks/", fields: fields)
        #expect(try objects.responses().keys.sorted() == [home + "crm-tasks/a.ics"])
        #expect(objects["Preference-Applied"] == "depth-noroot")
        let calendars = site.send("PROPFIND", "calendars/anna/", fields: fields)
        #expect(try calendars.responses()[home] == nil)
        #expect(try calendars.responses()[home + "crm-tasks/"] != nil)
    }

    @Test("return=representation answers a PUT with what is there then")
    func representation() throws {
        let site = try Site()
        let path = "calendars/anna/crm-tasks/a.ics"
        let wanted = ("Prefer", "return=representation")
        let made = site.send("PUT", path, fields: [wanted], body: event("a"))
        #expect(made.status == 201 && made.text == event("a"))
        #expect(made["Preference-Applied"] == "return=representation")
        let changed = site.send("PUT", path, fields: [wanted], body: event("a", more: "X-A:1"))
        #expect(changed.status == 200 && changed.text == event("a", more: "X-A:1"))
        #expect(changed["ETag"] != nil && changed["ETag"] != made["ETag"])
        let late = site.send(
            "PUT", path, fields: [wanted, ("If-Match", made["ETag"] ?? "")], body: event("a"))
        #expect(late.status == 412 && late.text == event("a", more: "X-A:1"))
        #expect(late["ETag"] == changed["ETag"])
        #expect(site.send("GET", path).text == event("a", more: "X-A:1"))
    }
}

@Suite("VFREEBUSY and VJOURNAL in calendars, RFC 4791 §9.9")
struct OtherComponentTests {
    private let site: Site

    init() throws {
        site = try Site()
        let body = """
            <c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>
            <c:supported-calendar-component-set><c:comp name="VFREEBUSY"/><c:comp name="VJOURNAL"/>
            </c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>
            """
        #expect(site.send("MKCALENDAR", "calendars/anna/other", body: body).status == 201)
        let texts = [
            "period": "BEGIN:VFREEBUSY\nUID:1\nDTSTAMP:20260101T000000Z\n"
                + "FREEBUSY:20260105T090000Z/PT1H,20260107T090000Z/PT1H\nEND:VFREEBUSY",
            "span": "BEGIN:VFREEBUSY\nUID:2\nDTSTAMP:20260101T000000Z\n"
                + "DTSTART:20260110T000000Z\nDTEND:20260112T000000Z\nEND:VFREEBUSY",
            "day": "BEGIN:VJOURNAL\nUID:3\nDTSTAMP:20260101T000000Z\n"
                + "DTSTART;VALUE=DATE:20260105\nEND:VJOURNAL",
            "undated": "BEGIN:VJOURNAL\nUID:4\nDTSTAMP:20260101T000000Z\nEND:VJOURNAL",
        ]
        for (name, text) in texts {
            let answer = site.send(
                "PUT", "calendars/anna/other/\(name).ics", body: calendar(text))
            #expect(answer.status == 201)
        }
    }

    @Test(
        "are found by time",
        arguments: [
            ("VFREEBUSY", "20260105", "20260106", ["period"]),
            ("VFREEBUSY", "20260106", "20260107", []),
            ("VFREEBUSY", "20260111", "20260112", ["span"]),
            ("VJOURNAL", "20260105", "20260106", ["day"]),
            ("VJOURNAL", "20260106", "20260107", []),
        ])
    func byTime(component: String, start: String, end: String, names: [String]) throws {
        let found = try site.found(comp(component, range(start, end)), at: "other/")
        #expect(found == names.map { "other/\($0).ics" })
    }

    @Test("a stored VFREEBUSY is busy time")
    func busy() {
        let answer = site.send(
            "REPORT", "calendars/anna/other/",
            body: """
                <c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav"><c:time-range \
                start="20260105T000000Z" end="20260106T000000Z"/></c:free-busy-query>
                """)
        #expect(answer.text.contains("FREEBUSY;FBTYPE=BUSY:20260105T090000Z/20260105T100000Z"))
    }

    @Test("limit-freebusy-set keeps the periods of the range alone")
    func limited() throws {
        let limit = """
            <c:calendar-data><c:limit-freebusy-set start="20260107T000000Z" \
            end="20260108T000000Z"/></c:calendar-data>
            """
        let answer = site.query(
            comp("VFREEBUSY", range("20260105", "20260108")), at: "other/", prop: limit)
        let response = try #require(try answer.responses()[home + "other/period.ics"])
        let data = try #require(response.property(.caldav("calendar-data"))?.text)
        #expect(data.contains("FREEBUSY:20260107T090000Z/PT1H"))
        #expect(!data.contains("20260105T090000Z"))
    }
}
