import CalDAV
import ICalendar
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"
private let json = "application/calendar+json"
private let xml = "application/calendar+xml"

@Suite("jCal (RFC 7265) and xCal (RFC 6321) on the wire")
struct NegotiationTests {
    @Test(
        "GET answers in the form that Accept puts first; iCalendar where none is",
        arguments: [
            (nil, "text/calendar"), ("*/*", "text/calendar"), ("image/png", "text/calendar"),
            (json, json), ("Application/Calendar+XML", xml),
            ("text/calendar, \(json), \(xml)", "text/calendar"),
            ("text/calendar;q=0.5, \(json)", json), ("\(json);q=0, */*", "text/calendar"),
            ("application/*, text/*;q=0.1", json), ("*/*;q=0.1, \(xml);q=0.2", xml),
            ("\(xml); q=x", xml), (";;,,/;q=", "text/calendar"),
            ("text/html, */*", "text/calendar"),
        ] as [(String?, String)])
    func preferred(accept: String?, type: String) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let fields = accept.map { [("Accept", $0)] } ?? []
        for (method, target) in [("GET", path + "a.ics"), ("HEAD", path + "a.ics")] {
            let answer = site.send(method, target, fields: fields)
            #expect(answer.status == 200)
            #expect(answer["Content-Type"] == "\(type); charset=utf-8; component=VEVENT")
            #expect(answer["Vary"] == "Accept")
        }
        guard accept?.contains("html") != true else { return }
        let feed = site.send("GET", path, fields: fields)
        #expect(feed["Content-Type"] == "\(type); charset=utf-8")
    }

    @Test("each form says the same, and has an ETag of its own", arguments: [json, xml])
    func object(type: String) throws {
        let site = try Site()
        let text = event("1", more: "LOCATION:a\\, b\nRRULE:FREQ=DAILY;COUNT=3")
        site.put("a.ics", text)
        let accept = ("Accept", type)
        let answer = site.send("GET", path + "a.ics", fields: [accept])
        let format = try #require(CalendarFormat(mediaType: type))
        #expect(try format.read(answer.body) == Component.parse(Array(text.utf8)))
        let etag = try #require(answer["ETag"])
        #expect(etag != site.send("GET", path + "a.ics")["ETag"])
        let again = site.send("GET", path + "a.ics", fields: [accept, ("If-None-Match", etag)])
        #expect(again.status == 304)
        // What a cache has of another form is not this one.
        let other = site.send("GET", path + "a.ics", fields: [("If-None-Match", etag)])
        #expect(other.status == 200)
        // Whoever read one form may change the object.
        let put = site.send("PUT", path + "a.ics", fields: [("If-Match", etag)], body: event("1"))
        #expect(put.status == 204)
        let stale = site.send("PUT", path + "a.ics", fields: [("If-Match", etag)], body: text)
        #expect(stale.status == 412)
    }

    @Test("PUT takes each form, keeps it as iCalendar, and tells no ETag", arguments: [json, xml])
    func stored(type: String) throws {
        let site = try Site()
        let format = try #require(CalendarFormat(mediaType: type))
        let calendar = try Component.parse(Array(event("1", more: "LOCATION:a\\, b").utf8))
        for (method, target) in [("PUT", path + "a.ics"), ("POST", path)] {
            let site = method == "PUT" ? site : try Site()
            let answer = site.send(
                method, target, fields: [("Content-Type", "\(type); charset=utf-8; version=2.0")],
                bytes: format.write(calendar))
            #expect(answer.status == 201)
            #expect(answer["ETag"] == nil)
            let stored = try #require(site.store.calendars[0].objects.values.first)
            #expect(try Component.parse(stored.record.content) == calendar)
        }
        #expect(
            site.send("GET", path + "a.ics")["Content-Type"]
                == "text/calendar; charset=utf-8; component=VEVENT")
    }

    @Test(
        "what is none of it has the preconditions of iCalendar",
        arguments: [
            (json, "{}", "valid-calendar-data"), (json, "", "valid-calendar-data"),
            (
                json, #"["vcalendar",[["method",{},"text","REQUEST"]],[]]"#,
                "valid-calendar-object-resource"
            ),
            (xml, "<a/>", "valid-calendar-data"), (xml, "<!DOCTYPE a><a/>", "valid-calendar-data"),
            ("\(json); version=1.0", "[]", "supported-calendar-data"),
            ("application/json", "[]", "supported-calendar-data"),
        ])
    func refused(type: String, body: String, precondition: String) throws {
        let answer = try Site().send(
            "PUT", path + "a.ics", fields: [("Content-Type", type)], body: body)
        #expect(answer.status == 403)
        #expect(answer.precondition == precondition)
    }

    @Test(
        "a whole feed in each form, by Accept or by name",
        arguments: [("jcal", json), ("xcal", xml)])
    func feed(name: String, type: String) throws {
        let site = try Site()
        for number in 1...3 { site.put("\(number).ics", event("uid-\(number)")) }
        let format = try #require(CalendarFormat(mediaType: type))
        let named = site.send("GET", path, query: "export&accept=\(name)")
        #expect(named["Content-Type"] == "\(type); charset=utf-8")
        #expect(
            named["Content-Disposition"]
                == "attachment; filename=\"crm-tasks.\(format.fileExtension)\"")
        let calendar = try format.read(named.body)
        #expect(calendar.components(named: "VEVENT").count == 3)
        #expect(calendar.first("NAME") != nil)
        let accepted = site.send("GET", path, fields: [("Accept", type)])
        #expect(accepted.body == named.body)
        #expect(accepted["ETag"] != site.send("GET", path)["ETag"])
        #expect(site.send("GET", path, query: "accept=csv").status == 400)
    }

    @Test("an empty calendar is one in each form", arguments: [json, xml])
    func emptyFeed(type: String) throws {
        let answer = try Site().send("GET", path, fields: [("Accept", type)])
        let format = try #require(CalendarFormat(mediaType: type))
        #expect(try format.read(answer.body).components.isEmpty)
    }

    @Test(
        "reports give calendar-data in the form asked for, whole or in part",
        arguments: [json, xml])
    func report(type: String) throws {
        let site = try Site()
        site.put("a.ics", event("1", more: "LOCATION:x"))
        let format = try #require(CalendarFormat(mediaType: type))
        for part in [
            "",
            "<C:comp name='VCALENDAR'><C:comp name='VEVENT'><C:prop name='UID'/></C:comp></C:comp>",
        ] {
            let answer = site.send(
                "REPORT", path,
                body: """
                    <C:calendar-multiget xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns="DAV:"><prop>
                    <C:calendar-data content-type="\(type)" version="2.0">\(part)</C:calendar-data>
                    </prop><href>/caldav/\(path)a.ics</href></C:calendar-multiget>
                    """)
            #expect(answer.status == 207)
            let data = try #require(
                try answer.property(.caldav("calendar-data"), of: "/caldav/\(path)a.ics"))
            #expect(data.attribute("content-type") == type)
            #expect(data.attribute("version") == "2.0")
            let calendar = try format.read(Array(data.text.utf8))
            let event = try #require(calendar.components(named: "VEVENT").first)
            #expect(event.first("UID")?.text == "1")
            #expect(event.has("LOCATION") == part.isEmpty)
        }
    }

    @Test("calendars say which forms there are")
    func advertised() throws {
        let answer = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0")],
            body: """
                <propfind xmlns="DAV:"><prop>
                <supported-calendar-data xmlns="urn:ietf:params:xml:ns:caldav"/></prop></propfind>
                """)
        let data = try #require(
            try answer.property(.caldav("supported-calendar-data"), of: "/caldav/\(path)"))
        let types = data.all(.caldav("calendar-data")).map { $0.attribute("content-type") }
        #expect(types == ["text/calendar", json, xml])
    }
}
