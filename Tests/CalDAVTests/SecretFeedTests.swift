import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"

@Suite("Secret addresses of a calendar's feed")
struct SecretFeedTests {
    private func make(_ site: Site, body: String = "") -> Answer {
        let form = ("Content-Type", "application/x-www-form-urlencoded")
        return site.send("POST", path, query: "feed", fields: [form], body: body)
    }

    @Test("its owner makes one by POST; whoever has it reads without a password")
    func made() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let made = make(site, body: "label=Ben%27s+phone")
        #expect(made.status == 201)
        #expect(made["Location"] == "https://example.org/caldav/feed/token1.ics")
        #expect(made["Content-Type"] == "application/json")
        #expect(made.text.contains("\"label\":\"Ben's phone\""))
        #expect(made.text.contains("https://example.org/caldav/feed/token1.ics"))
        let feed = site.send("GET", "feed/token1.ics", user: nil)
        #expect(feed.status == 200)
        #expect(feed["Content-Type"] == "text/calendar; charset=utf-8")
        #expect(feed.text.contains("UID:1"))
        // A file may be passed on: the address stays out of it.
        #expect(!feed.text.contains("token1"))
        #expect(feed["X-Robots-Tag"] == "noindex")
    }

    @Test("it answers as the calendar's own address does: parts, HEAD, 304")
    func sameAsFeed() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        _ = make(site)
        let etag = try #require(site.send("GET", "feed/token1.ics", user: nil)["ETag"])
        let again = site.send(
            "GET", "feed/token1.ics", user: nil, fields: [("If-None-Match", etag)])
        #expect(again.status == 304)
        let head = site.send("HEAD", "feed/token1.ics", user: nil)
        #expect(head.status == 200 && head.body.isEmpty && head["ETag"] == etag)
        let todos = site.send("GET", "feed/token1.ics", user: nil, query: "component=VTODO")
        #expect(!todos.text.contains("UID:1"))
        #expect(site.send("GET", "feed/token1.ics", user: nil, query: "start=x").status == 400)
    }

    @Test("CRM changes are merged before it is read")
    func merged() throws {
        let site = try Site()
        _ = make(site)
        site.store.hasPendingChanges = true
        site.store.calls = []
        #expect(site.send("GET", "feed/token1.ics", user: nil).status == 200)
        #expect(site.store.calls == ["open", "merge", "open", "objects"])
    }

    @Test("listed without addresses; revoked, it is 404 like one that never was")
    func revoked() throws {
        let site = try Site()
        _ = make(site, body: "label=\"a\\b\"")
        let list = site.send("GET", path, query: "feed")
        #expect(list.text.contains("\"id\":1,\"label\":\"\\\"a\\\\b\\\"\""))
        #expect(!list.text.contains("token"))
        #expect(make(site, body: "revoke=1").status == 204)
        #expect(site.send("GET", path, query: "feed").text == "[]\n")
        let gone = site.send("GET", "feed/token1.ics", user: nil)
        let never = site.send("GET", "feed/never.ics", user: nil)
        #expect(gone.status == 404 && never.status == 404)
        #expect(gone.body == never.body)
        #expect(!gone.text.contains("token1"))
        #expect(gone["WWW-Authenticate"] == nil)
        #expect(make(site, body: "revoke=1").status == 404)
        #expect(make(site, body: "revoke=x").status == 400)
    }

    @Test("who tried too many gets 429 and no look at the store")
    func lockedOut() throws {
        let site = try Site()
        let answer = site.send("GET", "feed/locked.ics", user: nil)
        #expect(answer.status == 429)
        #expect(answer["Retry-After"] == "60")
        #expect(site.store.calls.isEmpty)
    }

    @Test("nothing but reading: 405 without a look at the store", arguments: ["PUT", "PROPFIND"])
    func reading(method: String) throws {
        let site = try Site()
        let answer = site.send(method, "feed/token1.ics", user: nil)
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "OPTIONS, GET, HEAD")
        #expect(site.store.calls.isEmpty)
    }

    @Test("others cannot make one, and no other site can in the owner's name")
    func others() throws {
        let site = try Site()
        #expect(site.send("POST", path, user: "ben", query: "feed").status == 403)
        #expect(site.send("POST", path, user: nil, query: "feed").status == 401)
        for field in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
            #expect(site.send("POST", path, query: "feed", fields: [field]).status == 403)
        }
        #expect(site.store.feeds.isEmpty)
        let own = [("Origin", "https://example.org"), ("Sec-Fetch-Site", "same-origin")]
        #expect(site.send("POST", path, query: "feed", fields: own).status == 201)
    }

    @Test("a body that is no form is 415, one that is too long 413")
    func bodies() throws {
        let site = try Site()
        let type = ("Content-Type", "text/calendar")
        let answer = site.send("POST", path, query: "feed", fields: [type], body: event("1"))
        #expect(answer.status == 415)
        #expect(make(site, body: String(repeating: "x", count: 5000)).status == 413)
    }

    @Test("trouble of the database is 503, never 404 or an empty calendar")
    func trouble() throws {
        let site = try Site()
        _ = make(site)
        site.store.failure = .unavailable("away")
        #expect(site.send("GET", "feed/token1.ics", user: nil).status == 503)
        site.store.failure = nil
        site.store.failsOnObjects = true
        #expect(site.send("GET", "feed/token1.ics", user: nil).status == 503)
        #expect(site.send("GET", path).status == 503)
    }

    @Test("a calendar of which nothing can be read is 500, never an empty 200")
    func unreadable() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        site.store.calendars[0].objects["a.ics"]?.record.content = Array("rubbish".utf8)
        #expect(site.send("GET", path).status == 500)
    }
}

@Suite("What Nextcloud's importer cannot keep apart")
struct ImporterTests {
    private func uids(_ site: Site, agent: String) -> [String] {
        let text = site.send("GET", path, fields: [("User-Agent", agent)]).text
        return text.split(separator: "\r\n").filter { $0.hasPrefix("UID:") }.map {
            String($0.dropFirst(4))
        }
    }

    @Test("UIDs that differ in the first character alone, or are too long, get others of their own")
    func keys() throws {
        let site = try Site()
        let long = String(repeating: "l", count: 600)
        for (name, uid) in [("a", "1@x"), ("b", "2@x"), ("c", long), ("d", "other")] {
            site.put(name + ".ics", event(uid))
        }
        let shown = uids(site, agent: "Nextcloud Webcal Service")
        #expect(shown == uids(site, agent: "Nextcloud Webcal Service"))
        #expect(shown.count == 4)
        #expect(Set(shown.map { $0.dropFirst() }).count == 4)
        #expect(shown.allSatisfy { $0.utf8.count <= 512 })
        #expect(shown[0] == "1@x" && shown[3] == "other")
        #expect(uids(site, agent: "curl") == ["1@x", "2@x", long, "other"])
    }

    @Test("an object's components keep one UID")
    func overrides() throws {
        let site = try Site()
        site.put(
            "a.ics",
            calendar(
                "BEGIN:VEVENT\nUID:1@x\nDTSTART:20260105T090000Z\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
                    + "BEGIN:VEVENT\nUID:1@x\nRECURRENCE-ID:20260106T090000Z\n"
                    + "DTSTART:20260106T100000Z\nEND:VEVENT"))
        site.put("b.ics", event("2@x"))
        let shown = uids(site, agent: "Nextcloud Webcal Service")
        #expect(shown[0] == shown[1] && shown[2].hasSuffix("2@x") && shown[2] != "2@x")
    }
}
