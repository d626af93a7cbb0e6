import CalDAV
import ICalendar
import Testing
import WebDAV

private let path = "calendars/anna/crm-tasks/"

@Suite("A calendar as a feed, for Nextcloud's importer and others")
struct FeedTests {
    private func site() throws -> Site {
        let site = try Site()
        site.store.calendars[0].record.color = "#FF0000"
        site.store.calendars[0].record.displayName = "Tasks; and more"
        let zone =
            "BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
            + "TZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
        for name in ["a", "b"] {
            site.put(
                "\(name).ics",
                calendar(
                    zone + "BEGIN:VEVENT\nUID:\(name)\nDTSTAMP:20260101T000000Z\n"
                        + "DTSTART;TZID=Mine:20260105T090000\nBEGIN:VALARM\nUID:alarm\n"
                        + "TRIGGER:-PT5M\nEND:VALARM\nEND:VEVENT"))
        }
        site.put(
            "c.ics",
            calendar(
                "BEGIN:VTODO\nUID:c\nDTSTART;TZID=Europe/Berlin:20260105T090000\n"
                    + "DUE;TZID=Europe/Berlin:20260105T100000\nSTATUS:COMPLETED\n"
                    + "COMPLETED:20260105T090000Z\nPERCENT-COMPLETE:100\nSUMMARY:Call\nEND:VTODO"))
        return site
    }

    private func feed(_ site: Site, query: String? = nil, agent: String = "x") throws -> Component {
        let answer = site.send("GET", path, query: query, fields: [("User-Agent", agent)])
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "text/calendar; charset=utf-8")
        return try Component.parse(answer.body)
    }

    @Test("one VCALENDAR that says what it is and when to come again")
    func header() throws {
        let feed = try feed(site())
        #expect(feed.first("X-WR-CALNAME")?.text == "Tasks; and more")
        #expect(feed.first("NAME")?.text == "Tasks; and more")
        #expect(feed.first("COLOR")?.text == "red")
        #expect(feed.first("X-WR-TIMEZONE")?.text == "UTC")
        #expect(feed.first("REFRESH-INTERVAL")?.parameter("VALUE") == "DURATION")
        #expect(feed.first("REFRESH-INTERVAL")?.rawValue == "PT1H")
        #expect(feed.first("X-PUBLISHED-TTL")?.rawValue == "PT1H")
        #expect(feed.first("SOURCE")?.rawValue == "https://example.org/caldav/" + path)
        // A reader of lines would take it for an event's.
        #expect(!feed.has("UID"))
    }

    @Test("each zone once, also one that an object names and does not define")
    func zones() throws {
        let feed = try feed(site())
        let names = feed.components(named: "VTIMEZONE").map { $0.first("TZID")?.text }
        #expect(names == ["Mine", "Europe/Berlin"])
        #expect(feed.components(named: "VEVENT").count == 2)
        #expect(feed.components(named: "VTODO").count == 1)
    }

    @Test("an object's cut-off definition of a common zone is no good for the others")
    func cutOffZone() throws {
        let site = try Site()
        let zone =
            "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:20251026T030000\n"
            + "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
        site.put(
            "a.ics",
            calendar(
                zone + "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Berlin:20260105T090000\n"
                    + "END:VEVENT"))
        let zones = try feed(site).components(named: "VTIMEZONE")
        #expect(zones.first?.components(named: "DAYLIGHT").isEmpty == false)
    }

    @Test("alarms stay at home: the importer takes their UID for the event's")
    func alarms() throws {
        #expect(try !feed(site()).components.contains { !$0.components(named: "VALARM").isEmpty })
    }

    @Test("a long UID stands on one line, without parameters")
    func longUID() throws {
        let site = try Site()
        let uid = String(repeating: "u\u{E4}", count: 60)
        site.put("a.ics", event(uid).replacing("UID:", with: "UID;X-A=1:"))
        let text = site.send("GET", path).text
        #expect(text.contains("\r\nUID:\(uid)\r\n"))
    }

    @Test(
        "to-dos become events where asked for, and for Nextcloud, which drops to-dos",
        arguments: [
            ("todos=events", "x", "VEVENT"), (nil, "Nextcloud Webcal Service", "VEVENT"),
            (nil, "Google-Calendar-Importer", "VEVENT"), (nil, "curl", "VTODO"),
            ("todos=todos", "Nextcloud Webcal Service", "VTODO"),
        ] as [(String?, String, String)])
    func todos(query: String?, agent: String, name: String) throws {
        let feed = try feed(site(), query: query, agent: agent)
        // The importer's own keys may put something before it.
        let member = try #require(
            feed.components.first { $0.first("UID")?.text.hasSuffix("c") == true })
        #expect(member.name == name)
        if name == "VEVENT" {
            #expect(member.first("DTEND")?.rawValue == "20260105T100000")
            #expect(member.first("DTEND")?.parameter("TZID") == "Europe/Berlin")
            #expect(member.first("STATUS")?.text == "CONFIRMED")
            #expect(member.first("SUMMARY")?.text == "\u{2713} Call")
            for absent in ["DUE", "COMPLETED", "PERCENT-COMPLETE"] { #expect(!member.has(absent)) }
        }
    }

    @Test("a to-do that is only due is an event at that time; one without date is none")
    func dueAlone() throws {
        let site = try Site()
        site.put("a.ics", calendar("BEGIN:VTODO\nUID:a\nDUE;VALUE=DATE:20260105\nEND:VTODO"))
        site.put("b.ics", calendar("BEGIN:VTODO\nUID:b\nEND:VTODO"))
        let events = try feed(site, query: "todos=events").components
        #expect(events.map { $0.first("DTSTART")?.rawValue } == ["20260105"])
        #expect(events.first?.first("DTSTART")?.parameter("VALUE") == "DATE")
    }

    @Test(
        "a part of the calendar: by time, by component, by single instances",
        arguments: [
            ("export", ["a", "b", "c"]), ("export&component=VTODO", ["c"]),
            ("start=20260105T000000Z&end=20260106T000000Z", ["a", "b", "c"]),
            ("start=20260106T000000Z", []), ("end=1767571200", []),
            ("componentType=VEVENT&start=1767571200", ["a", "b"]),
            ("expand=1&start=20260105T000000Z&end=20260106T000000Z", ["a", "b", "c"]),
        ])
    func parts(query: String, uids: [String]) throws {
        let feed = try feed(site(), query: query)
        let members = feed.components.filter { $0.name != "VTIMEZONE" }
        #expect(members.compactMap { $0.first("UID")?.text } == uids)
    }

    @Test(
        "times far beyond any calendar end nothing",
        arguments: [
            "expand=1&start=-9223372036854775808&end=9223372036854775807",
            "expand=1&start=-9223372036854775807&end=-9223372036854775806",
            "start=9223372036854775806", "end=-9223372036854775807",
            "expand=1&start=00010101T000000Z&end=99991231T235959Z",
        ])
    func farTimes(query: String) throws {
        let site = try site()
        site.put("r.ics", event("r", more: "RRULE:FREQ=DAILY"))
        #expect(site.send("GET", path, query: query).status == 200)
    }

    @Test("a file to keep is an attachment, for a browser as well")
    func export() throws {
        let answer = try site().send(
            "GET", path, query: "export", fields: [("Accept", "text/html,*/*")])
        #expect(answer["Content-Type"] == "text/calendar; charset=utf-8")
        #expect(answer["Content-Disposition"] == "attachment; filename=\"crm-tasks.ics\"")
        let plain = try site().send("GET", path)
        #expect(plain["Content-Disposition"] == "inline; filename=\"crm-tasks.ics\"")
    }

    @Test(
        "a part that means nothing is 400",
        arguments: [
            "start=x", "expand=1", "component=VALARM", "todos=no", "start=2&end=1", "start=%zz",
        ])
    func badParts(query: String) throws {
        #expect(try Site().send("GET", path, query: query).status == 400)
    }

    @Test("equal calendars give equal bytes, and the ETag moves with them")
    func deterministic() throws {
        let site = try site()
        let first = site.send("GET", path)
        #expect(site.send("GET", path).body == first.body)
        let etag = try #require(first["ETag"])
        let again = site.send("GET", path, fields: [("If-None-Match", etag)])
        #expect(again.status == 304)
        #expect(site.send("GET", path, query: "todos=events")["ETag"] != etag)
        site.store.calendars[0].record.displayName = "Other"
        #expect(site.send("GET", path, fields: [("If-None-Match", etag)]).status == 200)
    }

    @Test("an unreadable stored object is left out, never a failed feed")
    func unreadable() throws {
        let site = try site()
        site.store.calendars[0].objects["a.ics"]?.record.content = Array("rubbish".utf8)
        #expect(try feed(site).components(named: "VEVENT").count == 1)
        #expect(site.events.count == 1)
    }

    @Test("an object stored with other line ends is written with ours")
    func lineEnds() throws {
        let site = try Site()
        site.put("a.ics", event("1").replacing("\r\n", with: "\n"))
        let text = site.send("GET", path).text
        #expect(
            text.split(separator: "\r\n", omittingEmptySubsequences: false).allSatisfy {
                !$0.contains("\n")
            })
    }
}
