import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"
private let href = "/caldav/calendars/anna/crm-tasks/"

private func report(_ name: String, _ inside: String) -> String {
    """
    <\(name) xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">\
    <d:prop><d:getetag/></d:prop>\(inside)</\(name)>
    """
}

extension Site {
    fileprivate func sync(_ token: String, limit: Int? = nil) -> Answer {
        let nresults = limit.map { "<d:limit><d:nresults>\($0)</d:nresults></d:limit>" } ?? ""
        let body = report(
            "d:sync-collection", "<d:sync-token>\(token)</d:sync-token>\(nresults)")
        return send("REPORT", path, body: body)
    }

    fileprivate func query(_ filter: String, data: Bool = false) -> Answer {
        let body = report("c:calendar-query", "<c:filter>\(filter)</c:filter>")
        let wanted = data ? body.replacing("<d:getetag/>", with: "<c:calendar-data/>") : body
        return send("REPORT", path, fields: [("Depth", "1")], body: wanted)
    }

    /// Names of the objects that a filter inside VCALENDAR finds.
    fileprivate func found(_ filter: String) throws -> [String] {
        let answer = query("<c:comp-filter name=\"VCALENDAR\">\(filter)</c:comp-filter>")
        #expect(answer.status == 207)
        return try answer.responses().keys.map { String($0.dropFirst(href.count)) }.sorted()
    }
}

extension Answer {
    fileprivate var token: String { (try? xml().first(.dav("sync-token"))?.text) ?? "" }

    /// Names in a sync report: `+` for what is there, `-` for what is gone.
    fileprivate func changes() throws -> [String] {
        try responses().map { path, response in
            let isGone = response.first(.dav("status"))?.text.contains("404") == true
            return (isGone ? "-" : "+") + path.dropFirst(href.count)
        }.sorted()
    }
}

@Suite("REPORT sync-collection, RFC 6578 §3")
struct SyncCollectionTests {
    @Test("from nothing: all objects and a token; then what changed since")
    func rounds() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        site.put("b.ics", event("2"))
        let first = site.sync("")
        #expect(try first.changes() == ["+a.ics", "+b.ics"])
        site.put("c.ics", event("3"))
        _ = site.send("DELETE", path + "a.ics")
        site.put("b.ics", event("2", more: "LOCATION:x"))
        let second = site.sync(first.token)
        #expect(try second.changes() == ["+b.ics", "+c.ics", "-a.ics"])
        #expect(try second.responses()[href + "b.ics"]?.property(.dav("getetag")) != nil)
        let third = site.sync(second.token)
        #expect(try third.changes() == [])
        #expect(third.token == second.token)
    }

    @Test("made and deleted in between is reported as gone")
    func shortLife() throws {
        let site = try Site()
        let token = site.sync("").token
        site.put("a.ics", event("1"))
        _ = site.send("DELETE", path + "a.ics")
        #expect(try site.sync(token).changes() == ["-a.ics"])
    }

    @Test(
        "a limit cuts with 507 for the calendar, and every part makes progress",
        arguments: [1, 2, 3, 7])
    func paging(limit: Int) throws {
        let site = try Site()
        for number in 0..<7 { site.put("\(number).ics", event("\(number)")) }
        var seen: [String] = []
        var token = ""
        var parts = 0
        while true {
            let answer = site.sync(token, limit: limit)
            let responses = try answer.responses()
            let cut = responses[href]?.first(.dav("status"))?.text.contains("507") == true
            if cut { #expect(answer.text.contains("number-of-matches-within-limits")) }
            let names = responses.keys.filter { $0 != href }
            #expect(names.count <= limit)
            seen += names
            #expect(answer.token != token)
            token = answer.token
            parts += 1
            if !cut { break }
        }
        #expect(Set(seen).count == 7)
        #expect(seen.count == 7)
        #expect(parts == (7 + limit - 1) / limit)
    }

    @Test("a part's token is never one that is already too old")
    func pagingBelowTheFloor() throws {
        let site = try Site()
        for number in 0..<5 { site.put("\(number).ics", event("\(number)")) }
        site.store.calendars[0].record.floor = 5
        let first = site.sync("", limit: 1)
        #expect(site.sync(first.token, limit: 1).status == 207)
        let rest = site.sync(first.token)
        let all = Set(try first.changes() + rest.changes().map { $0 })
        #expect(all.isSuperset(of: (0..<5).map { "+\($0).ics" }))
    }

    @Test(
        "a token that is not valid is 403 valid-sync-token",
        arguments: [
            "nonsense", "http://sabre.io/ns/sync/99", "http://sabre.io/ns/sync/1",
            "http://example.org/ns/sync/3", "data:,3",
        ])
    func invalid(token: String) throws {
        let site = try Site()
        for number in 0..<3 { site.put("\(number).ics", event("\(number)")) }
        site.store.calendars[0].record.floor = 2
        let answer = site.sync(token)
        #expect(answer.status == 403)
        #expect(answer.precondition == "valid-sync-token")
    }

    @Test("Nextcloud's federation starts with token 0, without Depth and level")
    func federation() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        #expect(try site.sync("http://sabre.io/ns/sync/0").changes() == ["+a.ics"])
    }

    @Test("a limit has to be a number above 0", arguments: ["0", "-1", "x", ""])
    func badLimit(text: String) throws {
        let body = report(
            "d:sync-collection",
            "<d:sync-token/><d:limit><d:nresults>\(text)</d:nresults></d:limit>")
        #expect(try Site().send("REPORT", path, body: body).status == 400)
    }
}

@Suite("REPORT calendar-multiget, RFC 4791 §7.9")
struct CalendarMultigetTests {
    private func get(_ site: Site, _ hrefs: [String], at path: String = path) -> Answer {
        let list = hrefs.map { "<d:href>\($0)</d:href>" }.joined()
        let body = report("c:calendar-multiget", list)
            .replacing("<d:getetag/>", with: "<d:getetag/><c:calendar-data/>")
        return site.send("REPORT", path, body: body)
    }

    @Test("texts with ETags, 404 for what is not there, each in the client's spelling")
    func spelling() throws {
        let site = try Site()
        site.put("a@b c.ics", event("1", more: "X-A:<&>"))
        let hrefs = [
            href + "a@b%20c.ics", href + "a%40b%20c.ics",
            "https://example.org" + href + "%61@b%20c.ics", href + "none.ics",
        ]
        let responses = try get(site, hrefs).responses()
        #expect(Set(responses.keys) == Set(hrefs))
        for href in hrefs.prefix(3) {
            let data = responses[href]?.property(.caldav("calendar-data"))?.text
            #expect(data == event("1", more: "X-A:<&>"))
            #expect(responses[href]?.property(.dav("getetag"))?.text == "\"e2\"")
        }
        #expect(responses[hrefs[3]]?.first(.dav("status"))?.text == "HTTP/1.1 404 Not Found")
    }

    @Test("another's hrefs are 403, whether there is something or not")
    func strangers() throws {
        let site = try Site()
        _ = site.send("PUT", "calendars/ben/crm-tasks/b.ics", user: "ben", body: event("secret"))
        let hrefs = [
            "/caldav/calendars/ben/crm-tasks/b.ics", "/caldav/calendars/ben/crm-tasks/no.ics",
            "/caldav/calendars/nobody/x/y.ics",
        ]
        let answer = get(site, hrefs)
        for href in hrefs {
            #expect(
                try answer.responses()[href]?.first(.dav("status"))?.text.contains("403") == true)
        }
        #expect(!answer.text.contains("secret"))
    }

    @Test(
        "hrefs that cannot be ours are answered one by one",
        arguments: [
            ("/elsewhere/a.ics", "404"), ("/caldav/calendars/anna/", "404"), ("a.ics", "404"),
            ("/caldav/calendars/anna/../ben/x", "400"),
            ("/caldav/calendars/anna/crm-tasks/%00", "400"),
        ])
    func foreign(wanted: String, status: String) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let responses = try get(site, [wanted, href + "a.ics"]).responses()
        #expect(responses[wanted]?.first(.dav("status"))?.text.contains(status) == true)
        #expect(responses[href + "a.ics"]?.property(.dav("getetag")) != nil)
    }

    @Test("from the home, of several calendars")
    func home() throws {
        let site = try Site()
        _ = site.send("MKCALENDAR", "calendars/anna/x/")
        site.put("a.ics", event("1"))
        _ = site.send("PUT", "calendars/anna/x/b.ics", body: event("1"))
        let hrefs = [
            href + "a.ics", "/caldav/calendars/anna/x/b.ics", "/caldav/calendars/anna/y/c.ics",
        ]
        let responses = try get(site, hrefs, at: "calendars/anna/").responses()
        #expect(responses[hrefs[0]]?.property(.dav("getetag")) != nil)
        #expect(responses[hrefs[1]]?.property(.dav("getetag")) != nil)
        #expect(responses[hrefs[2]]?.first(.dav("status"))?.text.contains("404") == true)
    }
}

@Suite("REPORT calendar-query, RFC 4791 §7.8")
struct CalendarQueryTests {
    private func site() throws -> Site {
        let site = try Site()
        site.put(
            "jan.ics",
            event("1", start: "20260105T090000Z", more: "LOCATION:Hall\nCATEGORIES:CALL,Work"))
        site.put(
            "feb.ics", event("2", start: "20260205T090000Z", more: "CATEGORIES;X-P=ab:MEETING"))
        site.put("week.ics", event("3", start: "20250106T090000Z", more: "RRULE:FREQ=WEEKLY"))
        site.put("day.ics", event("4", start: "20260110").replacing("DURATION:PT1H", with: "X-D:1"))
        site.put(
            "todo.ics",
            calendar("BEGIN:VTODO\nUID:5\nDUE:20260106T120000Z\nSTATUS:NEEDS-ACTION\nEND:VTODO"))
        return site
    }

    private func comp(_ name: String, _ inside: String = "") -> String {
        "<c:comp-filter name=\"\(name)\">\(inside)</c:comp-filter>"
    }

    private func range(_ start: String?, _ end: String?) -> String {
        let attributes = [start.map { "start=\"\($0)\"" }, end.map { "end=\"\($0)\"" }]
        return "<c:time-range \(attributes.compactMap { $0 }.joined(separator: " "))/>"
    }

    private func prop(_ name: String, _ inside: String = "") -> String {
        "<c:prop-filter name=\"\(name)\">\(inside)</c:prop-filter>"
    }

    @Test func byComponent() throws {
        let site = try site()
        #expect(try site.found("").count == 5)
        #expect(try site.found(comp("VEVENT")) == ["day.ics", "feb.ics", "jan.ics", "week.ics"])
        #expect(try site.found(comp("VTODO")) == ["todo.ics"])
        #expect(try site.found(comp("VJOURNAL")) == [])
        #expect(try site.found(comp("VTODO", "<c:is-not-defined/>")).count == 4)
    }

    @Test(
        "time ranges, recurrences and days included",
        arguments: [
            ("20260105T000000Z", "20260106T000000Z", ["jan.ics", "week.ics"]),
            ("20260105T100000Z", "20260106T000000Z", []),
            ("20260112T000000Z", "20260113T000000Z", ["week.ics"]),
            ("20260110T120000Z", "20260110T130000Z", ["day.ics"]),
            ("20260111T000000Z", "20260112T000000Z", []),
            ("20260201T000000Z", nil, ["feb.ics", "week.ics"]),
            (nil, "20250107T000000Z", ["week.ics"]),
        ] as [(String?, String?, [String])])
    func byTime(start: String?, end: String?, names: [String]) throws {
        #expect(try site().found(comp("VEVENT", range(start, end))) == names)
    }

    @Test("a day begins and ends in the calendar's zone")
    func floating() throws {
        let site = try site()
        site.store.calendars[0].record.timeZone = "America/New_York"
        let early = range("20260110T000000Z", "20260110T040000Z")
        #expect(try site.found(comp("VEVENT", early)) == [])
        let late = range("20260111T030000Z", "20260111T040000Z")
        #expect(try site.found(comp("VEVENT", late)) == ["day.ics"])
    }

    @Test(
        "properties and parameters",
        arguments: [
            ("<c:prop-filter name=\"LOCATION\"/>", ["jan.ics"]),
            (
                "<c:prop-filter name=\"LOCATION\"><c:is-not-defined/></c:prop-filter>",
                ["day.ics", "feb.ics", "week.ics"]
            ),
            (
                "<c:prop-filter name=\"CATEGORIES\"><c:text-match>call</c:text-match></c:prop-filter>",
                ["jan.ics"]
            ),
            (
                "<c:prop-filter name=\"CATEGORIES\"><c:text-match collation=\"i;octet\">call"
                    + "</c:text-match></c:prop-filter>", []
            ),
            (
                "<c:prop-filter name=\"CATEGORIES\"><c:text-match negate-condition=\"yes\">call"
                    + "</c:text-match></c:prop-filter>", ["feb.ics"]
            ),
            (
                "<c:prop-filter name=\"CATEGORIES\"><c:param-filter name=\"X-P\"/></c:prop-filter>",
                ["feb.ics"]
            ),
            (
                "<c:prop-filter name=\"CATEGORIES\"><c:param-filter name=\"X-P\"><c:is-not-defined/>"
                    + "</c:param-filter></c:prop-filter>", ["jan.ics"]
            ),
            (
                "<c:prop-filter name=\"DTSTAMP\"><c:time-range start=\"20260101T000000Z\"/></c:prop-filter>"
                    + "<c:prop-filter name=\"LOCATION\"/>", ["jan.ics"]
            ),
        ])
    func byProperty(filter: String, names: [String]) throws {
        #expect(try site().found(comp("VEVENT", filter)) == names)
    }

    @Test(
        "what RFC 4791 does not know or allow is an error with its precondition",
        arguments: [
            ("", "valid-filter"), ("<c:comp-filter name=\"VEVENT\"/>", "valid-filter"),
            ("<c:comp-filter/>", "valid-filter"),
            (
                "<c:comp-filter name=\"VCALENDAR\"><c:time-range start=\"20260101T000000Z\"/>"
                    + "</c:comp-filter>", "valid-filter"
            ),
            ("<c:comp-filter name=\"VCALENDAR\"><d:what/></c:comp-filter>", "supported-filter"),
            (
                "<c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\">"
                    + "<c:time-range/></c:comp-filter></c:comp-filter>", "valid-filter"
            ),
            (
                "<c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\"><c:time-range "
                    + "start=\"20260102T000000Z\" end=\"20260101T000000Z\"/></c:comp-filter></c:comp-filter>",
                "valid-filter"
            ),
            (
                "<c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\"><c:time-range "
                    + "start=\"20260102\"/></c:comp-filter></c:comp-filter>", "valid-filter"
            ),
            (
                "<c:comp-filter name=\"VCALENDAR\"><c:prop-filter name=\"X\"><c:text-match "
                    + "collation=\"i;none\">a</c:text-match></c:prop-filter></c:comp-filter>",
                "supported-collation"
            ),
        ])
    func refused(filter: String, precondition: String) throws {
        let answer = try Site().query(filter)
        #expect(answer.status == 403)
        #expect(answer.precondition == precondition)
    }

    @Test("Depth 0 means the calendar alone, but 1 from Windows' calendar")
    func depth() throws {
        let site = try site()
        let body = report(
            "c:calendar-query", "<c:filter><c:comp-filter name=\"VCALENDAR\"/></c:filter>")
        let fields = [("Depth", "0")]
        #expect(try site.send("REPORT", path, fields: fields, body: body).responses().isEmpty)
        let windows = fields + [("User-Agent", "MSFT-WIN-3/10.0")]
        #expect(try site.send("REPORT", path, fields: windows, body: body).responses().count == 5)
    }

    @Test("an unreadable stored object is left out and reported, never an error")
    func unreadable() throws {
        let site = try site()
        site.store.calendars[0].objects["jan.ics"]?.record.content = Array("rubbish".utf8)
        #expect(try site.found(comp("VEVENT", prop("UID"))).count == 3)
        #expect(site.events.count == 1)
    }
}

@Suite("REPORT, RFC 3253 §3.6")
struct ReportTests {
    @Test(
        "an unknown report, or one in the wrong place, is 403 supported-report",
        arguments: [
            ("calendars/anna/crm-tasks/", "d:nothing"),
            ("principals/users/anna/", "d:sync-collection"),
            ("", "c:calendar-query"),
        ])
    func unknown(path: String, name: String) throws {
        let answer = try Site().send("REPORT", path, body: report(name, ""))
        #expect(answer.status == 403)
        #expect(answer.precondition == "supported-report")
    }

    @Test func noBody() throws {
        #expect(try Site().send("REPORT", path).status == 400)
    }

    @Test("a store that fails before the first byte is a 503, not half an answer")
    func failingStore() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        site.store.failsOnObjects = true
        #expect(site.sync("").status == 503)
        #expect(site.send("GET", path).status == 503)
        #expect(site.send("PROPFIND", path, fields: [("Depth", "1")]).status == 503)
    }
}
