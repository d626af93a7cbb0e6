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

    @Test("bytes that are not UTF-8 need a charset that says what they are")
    func charset() throws {
        let site = try Site()
        let latin = Array(event("1", more: "LOCATION:?").utf8).map { $0 == 63 ? 0xE4 : $0 }
        let refused = site.send("PUT", path + "a.ics", bytes: latin)
        #expect(refused.precondition == "valid-calendar-data")
        let field = ("Content-Type", "text/calendar; charset=ISO-8859-1")
        #expect(site.send("PUT", path + "a.ics", fields: [field], bytes: latin).status == 201)
        #expect(site.send("GET", path + "a.ics").text == event("1", more: "LOCATION:\u{E4}"))
    }

    @Test(
        "the media type is text/calendar, or not given",
        arguments: [
            ("text/calendar", 201), ("text/calendar; charset=utf-8", 201),
            ("Text/Calendar;component=vevent; charset=\"UTF-8\"", 201), ("", 201),
            ("text/calendar; version=1.0", 403), ("application/calendar+json", 403),
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

@Suite("GET and DELETE of objects")
struct GetDeleteTests {
    @Test(
        "304 where the ETag is the client's, 412 where If-Match is not",
        arguments: [
            ("If-None-Match", "\"e2\"", 304), ("If-None-Match", "W/\"e2-gzip\"", 304),
            ("If-None-Match", "\"e1\"", 200), ("If-Match", "\"e1\"", 412),
            ("If-Match", "\"e2\"", 200),
        ])
    func conditional(field: String, value: String, status: Int) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send("GET", path + "a.ics", fields: [(field, value)])
        #expect(answer.status == status)
        if status == 304 { #expect(answer.body.isEmpty) }
    }

    @Test func missing() throws {
        let site = try Site()
        #expect(site.send("GET", path + "a.ics").status == 404)
        #expect(site.send("DELETE", path + "a.ics").status == 404)
    }

    @Test func delete() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        #expect(site.send("DELETE", path + "a.ics", fields: [("If-Match", "\"e9\"")]).status == 412)
        #expect(site.send("DELETE", path + "a.ics").status == 204)
        #expect(site.send("GET", path + "a.ics").status == 404)
    }

    @Test("the calendar that everybody has stays; others go")
    func calendars() throws {
        let site = try Site()
        let refused = site.send("DELETE", path)
        #expect(refused.status == 403)
        #expect(refused.precondition == "need-privileges")
        #expect(site.send("MKCALENDAR", "calendars/anna/x/").status == 201)
        #expect(site.send("DELETE", "calendars/anna/x/").status == 204)
        #expect(site.send("PROPFIND", "calendars/anna/x/").status == 404)
    }
}

@Suite("POST with add-member, RFC 5995")
struct PostTests {
    @Test(
        "201 with Location and ETag, under a name made of the UID",
        arguments: [
            ("1-2@x", "1-2@x.ics"), ("a/b", nil), (".", nil),
        ] as [(String, String?)])
    func add(uid: String, name: String?) throws {
        let site = try Site()
        let answer = site.send("POST", path, body: event(uid))
        #expect(answer.status == 201)
        let location = try #require(answer["Location"])
        if let name { #expect(location == "/caldav/" + path + name) }
        let got = site.send("GET", String(location.dropFirst("/caldav/".count)))
        #expect(got.text == event(uid))
        #expect(got["ETag"] == answer["ETag"])
        #expect(site.send("POST", path, body: event(uid)).status == 412)
    }

    @Test("a UID that another object has is a conflict")
    func conflict() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        #expect(site.send("POST", path, body: event("1")).precondition == "no-uid-conflict")
    }
}

@Suite("Bodies in parts or compressed, RFC 9110")
struct CodingTests {
    @Test(arguments: [
        ("Content-Encoding", "gzip", 415), ("Content-Encoding", "identity", 201),
        ("Content-Range", "bytes 0-5/10", 400),
    ])
    func coding(field: String, value: String, status: Int) throws {
        let answer = try Site().send(
            "PUT", path + "a.ics", fields: [(field, value)], body: event("1"))
        #expect(answer.status == status)
    }
}
