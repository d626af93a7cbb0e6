import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"

@Suite("PUT of calendar object resources, RFC 4791 §5.3.2")
struct PutTests {
    @Test("201, then 204, always with a strong ETag")
    func etags() throws {
        let site = try Site()
        let first = site.put("a.ics", event("1"))
        let second = site.put("a.ics", event("1", more: "LOCATION:x"))
        #expect((first.status, second.status) == (201, 204))
        #expect(first["ETag"] == "\"e2\"")
        #expect(second["ETag"] == "\"e3\"")
    }

    @Test("GET gives back every byte, folding and odd lines included")
    func verbatim() throws {
        let site = try Site()
        let text = calendar(
            "BEGIN:VEVENT\nUID:1\nDTSTART:20260105T090000Z\nX-A;B=\"c\":d\\,e\nSUMMARY:a\n b\n"
                + "BEGIN:X-MINE\nX-B:1\nEND:X-MINE\nEND:VEVENT")
        site.put("a.ics", text)
        let answer = site.send("GET", path + "a.ics")
        #expect(answer.status == 200)
        #expect(answer.text == text)
        #expect(answer["Content-Type"] == "text/calendar; charset=utf-8; component=VEVENT")
        #expect(answer["Last-Modified"] == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    @Test("HEAD says what GET says, without the text")
    func head() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send("HEAD", path + "a.ics")
        #expect(answer.status == 200)
        #expect(answer["ETag"] == "\"e2\"")
        #expect(answer["Content-Length"] == String(event("1").utf8.count))
        #expect(answer.body.isEmpty)
    }

    @Test(
        "conditions hold or nothing is done",
        arguments: [
            ("If-None-Match", "*", 412), ("If-Match", "\"e2\"", 204), ("If-Match", "\"e1\"", 412),
            ("If-Match", "W/\"e2\"", 204), ("If-Match", "\"e2-gzip\"", 204), ("If-Match", "*", 204),
            ("If-None-Match", "\"e2\"", 412), ("If-None-Match", "\"e1\"", 204),
        ])
    func conditions(field: String, value: String, status: Int) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send("PUT", path + "a.ics", fields: [(field, value)], body: event("1"))
        #expect(answer.status == status)
    }

    @Test(
        "dates are conditions too, where no ETag is one",
        arguments: [
            // The object's date is 784111777.
            ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 204),
            ("If-Unmodified-Since", "Sunday, 06-Nov-94 08:49:38 GMT", 204),
            ("If-Unmodified-Since", "Sun Nov  6 08:49:36 1994", 412),
            ("If-Unmodified-Since", "yesterday", 204),
            ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 204),
            ("If-Schedule-Tag-Match", "\"1\"", 412),
        ])
    func dates(field: String, value: String, status: Int) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send("PUT", path + "a.ics", fields: [(field, value)], body: event("1"))
        #expect(answer.status == status)
        if status == 412 { #expect(answer["ETag"] == "\"e2\"") }
    }

    @Test(
        "every method heeds conditions, and 412 tells what the ETag is",
        arguments: [
            ("PUT", "a.ics", "If-Match"), ("DELETE", "a.ics", "If-Match"),
            ("GET", "a.ics", "If-Match"), ("HEAD", "a.ics", "If-Match"),
            ("PROPFIND", "a.ics", "If-Match"), ("PROPPATCH", "a.ics", "If-Match"),
            ("REPORT", "a.ics", "If-Match"), ("PROPFIND", "", "If-Match"), ("POST", "", "If-Match"),
            ("PROPPATCH", "", "If-Match"), ("GET", "", "If-Match"), ("REPORT", "", "If-Match"),
            ("PROPFIND", "", "If-None-Match"), ("PUT", "a.ics", "If-None-Match"),
        ])
    func everyMethod(method: String, name: String, field: String) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let value = field == "If-Match" ? "\"none\"" : "*"
        let answer = site.send(method, path + name, fields: [(field, value)], body: event("2"))
        #expect(answer.status == 412)
        #expect(answer["ETag"] != nil)
        #expect(site.store.calendars[0].objects.count == 1)
        #expect(site.send("OPTIONS", path + name, fields: [(field, value)]).status == 200)
    }

    @Test("a calendar's ETag is the one that GET answers")
    func calendarETag() throws {
        let site = try Site()
        #expect(site.send("MKCALENDAR", "calendars/anna/x/").status == 201)
        let etag = try #require(site.send("GET", "calendars/anna/x/")["ETag"])
        let other = site.send("DELETE", "calendars/anna/x/", fields: [("If-Match", "\"other\"")])
        #expect(other.status == 412)
        #expect(other["ETag"] == etag)
        let answer = site.send("DELETE", "calendars/anna/x/", fields: [("If-Match", etag)])
        #expect(answer.status == 204)
    }

    @Test("If-Match of what is gone is 412")
    func gone() throws {
        let answer = try Site().send(
            "PUT", path + "a.ics", fields: [("If-Match", "\"e2\"")], body: event("1"))
        #expect(answer.status == 412)
    }

    @Test(
        "each precondition of §5.3.2.1 is an element",
        arguments: [
            ("nonsense", "valid-calendar-data"),
            ("", "valid-calendar-data"),
            (calendar("BEGIN:VEVENT\nUID:1"), "valid-calendar-data"),
            (event("1", more: "X-A:\u{1}"), "valid-calendar-data"),
            (event("1") + event("2"), "valid-calendar-data"),
            (calendar("BEGIN:VEVENT\nUID:1\nEND:VEVENT"), "valid-calendar-data"),
            (event("1", start: "20261399T990000Z"), "valid-calendar-data"),
            (
                event(
                    "1",
                    more: String(repeating: "BEGIN:X-A\n", count: 20)
                        + "X-B:1" + String(repeating: "\nEND:X-A", count: 20)),
                "valid-calendar-data"
            ),
            (
                calendar("BEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VTODO\nUID:1\nEND:VTODO"),
                "valid-calendar-object-resource"
            ),
            (
                calendar("BEGIN:VEVENT\nUID:1\nEND:VEVENT\nBEGIN:VEVENT\nUID:2\nEND:VEVENT"),
                "valid-calendar-object-resource"
            ),
            (
                calendar("METHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nEND:VEVENT"),
                "valid-calendar-object-resource"
            ),
            (calendar("BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT"), "valid-calendar-object-resource"),
            (calendar("X-A:1"), "valid-calendar-object-resource"),
            (calendar("BEGIN:VJOURNAL\nUID:1\nEND:VJOURNAL"), "supported-calendar-component"),
            (event("1", more: "LOCATION:a \\x b"), "valid-calendar-data"),
            (event("1", more: "DESCRIPTION:the end\\"), "valid-calendar-data"),
            (
                event("1", more: "RECURRENCE-ID:20260105T090000Z\nRECURRENCE-ID:20260106T090000Z"),
                "valid-calendar-data"
            ),
            (event("1", more: "RECURRENCE-ID:soon"), "valid-calendar-data"),
            (event("1", start: "00001231T090000Z"), "min-date-time"),
            (event("1", start: "20260105T090000Z", more: "DUE:00000101"), "min-date-time"),
            (
                calendar(
                    "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=America/New_York:99991231T235959\n"
                        + "END:VEVENT"),
                "max-date-time"
            ),
            (
                event(
                    "1",
                    more: "RDATE:" + String(repeating: "20260105T090000Z,", count: 10_000)
                        + "20260105T090000Z"),
                "max-instances"
            ),
            (event("1", more: "RRULE:FREQ=DAILY;COUNT=10001"), "max-instances"),
            (event("1", more: "RRULE:FREQ=DAILY;COUNT=99999999999999999999"), "max-instances"),
        ])
    func preconditions(text: String, precondition: String) throws {
        let site = try Site()
        let answer = site.put("a.ics", text)
        #expect(answer.status == 403)
        #expect(answer.precondition == precondition)
        #expect(site.store.calendars[0].objects.isEmpty)
    }

    @Test(
        "bytes that are not UTF-8 need a charset that says so; no ETag is told of what was converted",
        arguments: [
            ("ISO-8859-1", [0xE4, 0x80], "\u{E4}\u{20AC}"), ("windows-1252", [0x96], "\u{2013}"),
            ("ISO-8859-15", [0xA4, 0xE4], "\u{20AC}\u{E4}"),
        ] as [(String, [UInt8], String)])
    func charset(name: String, bytes: [UInt8], text: String) throws {
        let site = try Site()
        let body = Array(event("1", more: "LOCATION:?").utf8.flatMap { $0 == 63 ? bytes : [$0] })
        let refused = site.send("PUT", path + "a.ics", bytes: body)
        #expect(refused.precondition == "valid-calendar-data")
        let field = ("Content-Type", "text/calendar; charset=\"\(name)\"")
        let answer = site.send("PUT", path + "a.ics", fields: [field], bytes: body)
        #expect(answer.status == 201)
        #expect(answer["ETag"] == nil)
        #expect(site.send("GET", path + "a.ics").text == event("1", more: "LOCATION:\(text)"))
    }

    @Test(
        "UTF-16 with and without a byte order mark",
        arguments: [
            ("utf-16", [0xFF, 0xFE], false), ("utf-16", [0xFE, 0xFF], true), ("utf-16", [], true),
            ("utf-16le", [], false), ("utf-16be", [], true),
        ] as [(String, [UInt8], Bool)])
    func utf16(name: String, mark: [UInt8], isBigEndian: Bool) throws {
        let site = try Site()
        let text = event("1", more: "LOCATION:\u{1F600}")
        let units = text.utf16.flatMap { unit in
            let pair = [UInt8(unit >> 8), UInt8(unit & 255)]
            return isBigEndian ? pair : pair.reversed()
        }
        let field = ("Content-Type", "text/calendar; charset=\(name)")
        #expect(
            site.send("PUT", path + "a.ics", fields: [field], bytes: mark + units).status == 201)
        #expect(site.send("GET", path + "a.ics").text == text)
        let cut = site.send("PUT", path + "a.ics", fields: [field], bytes: mark + units.dropLast())
        #expect(cut.precondition == "valid-calendar-data")
    }

    @Test("a charset that nobody knows is no data that is supported")
    func unknownCharset() throws {
        let field = ("Content-Type", "text/calendar; charset=ebcdic")
        let answer = try Site().send("PUT", path + "a.ics", fields: [field], body: event("1"))
        #expect(answer.precondition == "supported-calendar-data")
    }

    private func series(instance: String, rule: String = "RRULE:FREQ=WEEKLY") -> String {
        calendar(
            "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:20260105T100000\nDURATION:PT1H\n"
                + "\(rule)\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\nRECURRENCE-ID\(instance)\n"
                + "DTSTART;TZID=Europe/Berlin:20260112T150000\nEND:VEVENT")
    }

    @Test(
        "a RECURRENCE-ID that no instance can have is invalid",
        arguments: [
            ";TZID=Europe/Berlin:20260112T160000", ":20260113T090000Z", ";VALUE=DATE:20260113",
            ";TZID=Europe/Berlin:20251229T100000",
        ])
    func impossibleInstance(instance: String) throws {
        let answer = try Site().put("a.ics", series(instance: instance))
        #expect(answer.status == 403)
        #expect(answer.precondition == "valid-calendar-data")
    }

    @Test(
        "one that an instance has, in whatever form programs write it, is kept",
        arguments: [
            (";TZID=Europe/Berlin:20260112T100000", "RRULE:FREQ=WEEKLY"),
            (":20260112T090000Z", "RRULE:FREQ=WEEKLY"),
            (";VALUE=DATE:20260112", "RRULE:FREQ=WEEKLY"),
            (";TZID=Europe/Berlin:20260112T000000", "RRULE:FREQ=WEEKLY"),
            (
                ":20260112T090000Z",
                "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20260112T100000"
            ),
            (":20260112T090000Z", "RDATE:20260112T090000Z"),
            (":20260113T090000Z", "RRULE:FREQ=NEVER"),
            (":20360107T090000Z", "RRULE:RSCALE=CHINESE;FREQ=YEARLY"),
        ])
    func possibleInstance(instance: String, rule: String) throws {
        #expect(try Site().put("a.ics", series(instance: instance, rule: rule)).status == 201)
    }

    @Test("overrides that a changed rule leaves behind go with the series: programs keep them")
    func leftOver() throws {
        let site = try Site()
        let good = series(instance: ":20260112T090000Z")
        #expect(site.put("a.ics", good).status == 201)
        let moved = good.replacing("FREQ=WEEKLY", with: "FREQ=MONTHLY")
        #expect(site.put("a.ics", moved).status == 204)
        // Android's way into another calendar.
        let agent = ("User-Agent", "DAVx5/4.5 (dav4jvm; okhttp/4.12.0) Android/15")
        let other = moved.replacing("UID:1", with: "UID:2")
        #expect(site.send("PUT", path + "b.ics", fields: [agent], body: other).status == 201)
    }

    @Test(
        "backslashes of a client that escapes none are kept; escapes that are right are right",
        arguments: [
            ("CalDavSynchronizer/4.4", "LOCATION:C:\\temp\\"),
            ("x", "DESCRIPTION:a\\nb\\Nc\\, d\\; e\\\\"), ("x", "LOCATION:10\\:30"),
            ("x", "X-PATH:C:\\temp"), ("x", "SUMMARY;X-A=\"a\\b\":c"),
        ])
    func escapes(agent: String, line: String) throws {
        let site = try Site()
        let text = event("1", more: line)
        let answer = site.send(
            "PUT", path + "a.ics", fields: [("User-Agent", agent)], body: text)
        #expect(answer.status == 201)
        #expect(site.send("GET", path + "a.ics").text == text)
    }

    @Test(
        "the media type is text/calendar, or not given",
        arguments: [
            ("text/calendar", 201), ("text/calendar; charset=utf-8", 201),
            ("Text/Calendar;component=vevent; charset=\"UTF-8\"", 201), ("", 201),
            ("text/calendar; version=1.0", 403), ("application/json", 403),
            ("text/plain", 403),
        ])
    func mediaType(type: String, status: Int) throws {
        let site = try Site()
        let answer = site.send(
            "PUT", path + "a.ics", fields: [("Content-Type", type)], body: event("1"))
        #expect(answer.status == status)
        if status == 403 { #expect(answer.precondition == "supported-calendar-data") }
    }

    @Test("a UID belongs to one object of a calendar; the other one is named")
    func uidConflict() throws {
        let site = try Site()
        site.put("a b.ics", event("1"))
        let answer = site.put("c.ics", event("1"))
        #expect(answer.status == 403)
        let conflict = try answer.xml().first(.caldav("no-uid-conflict"))
        #expect(conflict?.first(.dav("href"))?.text == "/caldav/calendars/anna/crm-tasks/a%20b.ics")
    }

    @Test("limits have their own preconditions")
    func limits() throws {
        let site = try Site()
        site.settings.maxResourceSize = 300
        let large = site.put(
            "a.ics", event("1", more: "LOCATION:" + String(repeating: "x", count: 300)))
        #expect(large.precondition == "max-resource-size")
        site.settings = ServerSettings()
        site.settings.maxAttendeesPerInstance = 1
        let guests = "ATTENDEE:mailto:a@example.org\nATTENDEE:mailto:b@example.org"
        #expect(
            site.put("a.ics", event("1", more: guests)).precondition == "max-attendees-per-instance"
        )
    }

    @Test(
        "odd but readable objects are kept: an error would stop a client's whole calendar",
        arguments: [
            event("1", more: "RRULE:FREQ=NEVER"),
            event("1", more: "RECURRENCE-ID:20260105T090000Z"),
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20260105\nEND:VEVENT\nEND:VCALENDAR",
            event("a/b@{c} \u{1F600}"),
        ])
    func tolerated(text: String) throws {
        #expect(try Site().put("a.ics", text).status == 201)
    }

    @Test(
        "an event without a start, or with one that is no date, has no place in a calendar",
        arguments: ["", "DTSTART:nonsense\n", "DTSTART:20261399T990000Z\n"])
    func placeless(start: String) throws {
        let text = calendar("BEGIN:VEVENT\nUID:1\n\(start)END:VEVENT")
        let response = try Site().put("a.ics", text)
        #expect(response.status == 403)
        #expect(response.precondition == "valid-calendar-data")
    }

    @Test("a place without calendar is 409, one in the home takes no object")
    func places() throws {
        let site = try Site()
        #expect(site.send("PUT", "calendars/anna/none/a.ics", body: event("1")).status == 409)
        #expect(site.send("PUT", "calendars/anna/a.ics", body: event("1")).status == 403)
    }

    @Test(
        "names are whatever a client likes, up to 255 bytes",
        arguments: [
            ("%C3%A4%20%2B%F0%9F%98%80.ics", 201), ("no-suffix", 201),
            (String(repeating: "a", count: 255), 201), (String(repeating: "a", count: 256), 403),
        ])
    func names(name: String, status: Int) throws {
        let site = try Site()
        #expect(site.put(name, event("1")).status == status)
        if status == 201 { #expect(site.send("GET", path + name).status == 200) }
    }
}
