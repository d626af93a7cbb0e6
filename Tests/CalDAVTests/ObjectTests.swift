import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"

@Suite("GET and DELETE of objects")
struct GetDeleteTests {
    @Test(
        "304 where the ETag is the client's, 412 where If-Match is not",
        arguments: [
            ("If-None-Match", "\"e2\"", 304), ("If-None-Match", "W/\"e2-gzip\"", 304),
            ("If-None-Match", "\"e1\"", 200), ("If-Match", "\"e1\"", 412),
            ("If-Match", "\"e2\"", 200), ("If-None-Match", "*", 304),
            ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 304),
            ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 200),
            ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", 412),
            ("Range", "bytes=0-3", 200), ("If-Schedule-Tag-Match", "\"1\"", 412),
        ])
    func conditional(field: String, value: String, status: Int) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send("GET", path + "a.ics", fields: [(field, value)])
        #expect(answer.status == status)
        if status == 304 { #expect(answer.body.isEmpty) }
    }

    @Test("an ETag goes before a date")
    func precedence() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let date = ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")
        let answer = site.send(
            "GET", path + "a.ics", fields: [("If-None-Match", "\"e1\""), date])
        #expect(answer.status == 200)
    }

    @Test("no locks: 405 with what there is, and class 2 is not claimed", arguments: ["", "a.ics"])
    func locks(name: String) throws {
        for method in ["LOCK", "UNLOCK", "PATCH"] {
            let answer = try Site().send(method, path + name)
            #expect(answer.status == 405)
            let allowed = try #require(answer["Allow"]?.split(separator: ", "))
            #expect(allowed.contains("PROPFIND") && !allowed.contains("LOCK"))
            #expect(answer["DAV"]?.split(separator: ", ").contains("2") == false)
        }
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
