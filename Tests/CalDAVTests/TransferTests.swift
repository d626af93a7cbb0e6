import CalDAV
import Testing
import WebDAV
import XML

private let home = "calendars/anna/crm-tasks/"
private let other = "calendars/anna/other/"

/// Anna with two calendars, `1.ics` in the first; Ben with his own.
private func site() throws -> Site {
    let site = try Site()
    try site.store.createCalendar("other", of: "anna", with: [])
    site.put("1.ics", event("1"))
    return site
}

extension Site {
    fileprivate func transfer(
        _ method: String, _ path: String, to destination: String, user: String = "anna",
        _ fields: [(String, String)] = []
    ) -> Answer {
        send(
            method, path, user: user,
            fields: [("Destination", "https://example.org/caldav/" + destination)] + fields)
    }

    fileprivate func status(_ path: String) -> Int { send("GET", path).status }
}

@Suite("COPY and MOVE, RFC 4918 §9.8 and §9.9")
struct TransferTests {
    @Test("MOVE to another calendar: 201 with Location, the old name is gone, text and ETag stay")
    func moves() throws {
        let site = try site()
        let etag = site.send("GET", home + "1.ics")["ETag"]
        let answer = site.transfer("MOVE", home + "1.ics", to: other + "new.ics")
        #expect(answer.status == 201)
        #expect(answer["Location"] == "/caldav/" + other + "new.ics")
        #expect(site.status(home + "1.ics") == 404)
        let moved = site.send("GET", other + "new.ics")
        #expect(moved.text == event("1"))
        #expect(moved["ETag"] == etag)
    }

    @Test("MOVE within a calendar gives another name")
    func renames() throws {
        let site = try site()
        #expect(site.transfer("MOVE", home + "1.ics", to: home + "2.ics").status == 201)
        #expect(site.status(home + "1.ics") == 404)
        #expect(site.status(home + "2.ics") == 200)
    }

    @Test("COPY leaves the source; within one calendar the UID is in the way")
    func copies() throws {
        let site = try site()
        #expect(site.transfer("COPY", home + "1.ics", to: other + "1.ics").status == 201)
        #expect(site.status(home + "1.ics") == 200)
        #expect(site.status(other + "1.ics") == 200)
        let same = site.transfer("COPY", home + "1.ics", to: home + "2.ics")
        #expect(same.status == 403)
        #expect(same.precondition == "no-uid-conflict")
        #expect(same.text.contains("<d:href>/caldav/\(home)1.ics</d:href>"))
    }

    @Test(
        "Overwrite F where something is: 412; T, or none: 204",
        arguments: [("F", 412), ("T", 204), (nil, 204), ("x", 400)] as [(String?, Int)])
    func overwrites(field: String?, status: Int) throws {
        for method in ["COPY", "MOVE"] {
            let site = try site()
            _ = site.send("PUT", other + "2.ics", body: event("2"))
            let answer = site.transfer(
                method, home + "1.ics", to: other + "2.ics",
                field.map { [("Overwrite", $0)] } ?? [])
            #expect(answer.status == status, "\(method)")
            let text = site.send("GET", other + "2.ics").text
            #expect(text == (status == 204 ? event("1") : event("2")))
        }
    }

    @Test(
        "the Destination is an absolute address or a path, of whatever host",
        arguments: [
            ("/caldav/calendars/anna/other/n.ics", 201),
            ("http://inside.local:8080/caldav/calendars/anna/other/n.ics", 201),
            ("https://example.org/elsewhere/n.ics", 502), ("ftp://example.org/caldav/", 400),
            ("n.ics", 400), ("/caldav/calendars/anna/other/%zz.ics", 400),
            ("/caldav/calendars/anna/nothing/n.ics", 409),
            ("/caldav/calendars/anna/other/", 403), ("/caldav/calendars/anna/", 403),
            ("/caldav/calendars/anna/new", 403), ("/caldav/", 403),
            ("/caldav/calendars/anna/crm-tasks/1.ics", 403),
        ])
    func destinations(destination: String, status: Int) throws {
        for method in ["COPY", "MOVE"] {
            let site = try site()
            let answer = site.send(
                method, home + "1.ics", fields: [("Destination", destination)])
            #expect(answer.status == status, "\(method)")
        }
        let without = try site().send("MOVE", home + "1.ics")
        #expect(without.status == 400)
    }

    @Test("collections are neither copied nor moved: 405 with Allow")
    func collections() throws {
        let site = try site()
        for path in ["", "calendars/anna/", home, "principals/users/anna/"] {
            let answer = site.transfer("MOVE", path, to: "calendars/anna/moved/")
            #expect(answer.status == 405)
            #expect(answer["Allow"]?.contains("PROPFIND") == true)
        }
        #expect(site.transfer("MOVE", home + "none.ics", to: other + "n.ics").status == 404)
    }

    @Test("a calendar that does not take the component: supported-calendar-component")
    func components() throws {
        let site = try site()
        site.store.calendars[2].record.components = ["VTODO"]
        let answer = site.transfer("MOVE", home + "1.ics", to: other + "1.ics")
        #expect(answer.status == 403)
        #expect(answer.precondition == "supported-calendar-component")
    }

    @Test("If-Match is about the source")
    func ifMatch() throws {
        let site = try site()
        let stale = site.transfer(
            "MOVE", home + "1.ics", to: other + "1.ics", [("If-Match", "\"old\"")])
        #expect(stale.status == 412)
        let etag = try #require(site.send("GET", home + "1.ics")["ETag"])
        let fresh = site.transfer(
            "MOVE", home + "1.ics", to: other + "1.ics", [("If-Match", etag)])
        #expect(fresh.status == 201)
    }

    @Test(
        "If names source, destination, or the calendar around it",
        arguments: [
            ("</caldav/calendars/anna/crm-tasks/1.ics> ([\"SOURCE\"])", 204),
            ("</caldav/calendars/anna/other/2.ics> ([\"DESTINATION\"])", 204),
            ("<http://any/caldav/calendars/anna/other/2.ics> ([\"SOURCE\"])", 412),
            ("</caldav/calendars/anna/other/2.ics> (Not [\"SOURCE\"])", 204),
            ("</caldav/calendars/anna/other/> (<http://sabre.io/ns/sync/3>)", 204),
            ("</caldav/calendars/anna/other/> (<http://sabre.io/ns/sync/1>)", 412),
            ("([\"SOURCE\"]) </caldav/calendars/anna/other/2.ics> ([\"x\"])", 204),
            ("(<opaquelocktoken:x>)", 412), ("(Not <DAV:no-lock>)", 204),
        ])
    func ifHeader(field: String, status: Int) throws {
        for method in ["COPY", "MOVE"] {
            let site = try site()
            // Twice, so that no ETag of the memory's is another's, too.
            for _ in 1...2 { _ = site.send("PUT", other + "2.ics", body: event("2")) }
            func tag(_ path: String) -> String {
                (site.send("GET", path)["ETag"] ?? "").filter { $0 != "\"" }
            }
            let judged =
                field.replacing("SOURCE", with: tag(home + "1.ics"))
                .replacing("DESTINATION", with: tag(other + "2.ics") + "")
            let answer = site.transfer(
                method, home + "1.ics", to: other + "2.ics", [("If", judged)])
            #expect(answer.status == status, "\(method) \(judged)")
        }
    }

    @Test("to and from another user's calendar as far as it is granted")
    func others() throws {
        let site = try site()
        let bens = "calendars/ben/crm-tasks/"
        func move() -> Answer { site.transfer("MOVE", home + "1.ics", to: bens + "1.ics") }
        let refused = move()
        #expect(refused.status == 403)
        #expect(refused.text.contains("<d:href>/caldav/\(bens)1.ics</d:href>"))
        site.store.shares = [
            MemoryShare(owner: "ben", calendar: 2, grantee: "anna", privileges: .read)
        ]
        let reading = move()
        #expect(reading.status == 403)
        #expect(reading.text.contains("<d:href>/caldav/\(bens)</d:href>"))
        #expect(reading.text.contains("<d:bind/>"))
        site.store.shares[0].privileges = [.read, .write]
        #expect(move().status == 201)
        // Back again, by the one who may write there.
        #expect(site.transfer("MOVE", bens + "1.ics", to: home + "1.ics").status == 201)
        // A reader copies, and cannot move.
        #expect(move().status == 201)
        site.store.shares[0].privileges = .read
        #expect(site.transfer("MOVE", bens + "1.ics", to: home + "1.ics").status == 403)
        #expect(site.transfer("COPY", bens + "1.ics", to: home + "1.ics").status == 201)
    }

    @Test("a destination that may not be known is 403, whether something is there or not")
    func hiddenDestinations() throws {
        let site = try site()
        _ = site.send("PUT", "calendars/ben/crm-tasks/b.ics", user: "ben", body: event("b"))
        let places = ["crm-tasks/b.ics", "crm-tasks/none.ics", "none/none.ics", "a/b/c", ""]
        for place in places {
            for owner in ["ben", "nobody"] {
                let answer = site.transfer(
                    "COPY", home + "1.ics", to: "calendars/\(owner)/\(place)")
                #expect(answer.status == 403, "\(place)")
                #expect(answer.precondition == "need-privileges")
            }
        }
    }
}
