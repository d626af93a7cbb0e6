import CalDAV
import Testing
import WebDAV
import XML

private let shared = "calendars/anna/crm-tasks/"

/// Anna's calendar with one event, and what she granted on it.
private func site(
    _ grantee: String?, _ privileges: Privileges, onHome: Bool = false
) throws -> Site {
    let site = try Site()
    site.put("1.ics", event("1"))
    site.store.shares = [
        MemoryShare(
            owner: "anna", calendar: onHome ? 0 : 1, grantee: grantee, privileges: privileges)
    ]
    return site
}

@Suite("Shared calendars, RFC 3744 §3 and RFC 4791 §6.1")
struct SharingTests {
    @Test("who may read gets the object, and cannot change it")
    func reader() throws {
        let site = try site("ben", .read)
        let got = site.send("GET", shared + "1.ics", user: "ben")
        #expect(got.status == 200)
        #expect(got.text == event("1"))
        let put = site.send("PUT", shared + "1.ics", user: "ben", body: event("1"))
        #expect(put.status == 403)
        #expect(put.precondition == "need-privileges")
        #expect(put.text.contains("write-content"))
        #expect(put.text.contains("/caldav/" + shared + "1.ics"))
    }

    @Test("who may write writes, and does not delete the calendar")
    func writer() throws {
        let site = try site("ben", [.read, .write])
        #expect(site.send("PUT", shared + "2.ics", user: "ben", body: event("2")).status == 201)
        #expect(site.send("DELETE", shared + "1.ics", user: "ben").status == 204)
        let deleted = site.send("DELETE", shared, user: "ben")
        #expect(deleted.status == 403)
        #expect(deleted.text.contains("<d:href>/caldav/calendars/anna/</d:href>"))
        #expect(deleted.text.contains("unbind"))
    }

    @Test("current-user-privilege-set is the viewer's, owner the owner")
    func privileges() throws {
        let site = try site("ben", .read)
        let answer = site.send(
            "PROPFIND", shared, user: "ben", fields: [("Depth", "0")],
            body: """
                <d:propfind xmlns:d="DAV:"><d:prop><d:current-user-privilege-set/><d:owner/>\
                </d:prop></d:propfind>
                """)
        let href = "/caldav/" + shared
        let set = try answer.property(.dav("current-user-privilege-set"), of: href)
        let names = set?.elements.compactMap { $0.elements.first?.name.local }
        #expect(names == ["read", "read-free-busy", "read-current-user-privilege-set"])
        let owner = try answer.property(.dav("owner"), of: href)?.elements.first?.text
        #expect(owner == "/caldav/principals/users/anna/")
    }

    @Test("a home shows its granted calendars, and is closed where there is none")
    func home() throws {
        let site = try site("ben", .read)
        try site.store.createCalendar("private", of: "anna", with: [])
        let listed = site.send(
            "PROPFIND", "calendars/anna/", user: "ben", fields: [("Depth", "1")])
        #expect(listed.status == 207)
        #expect(
            try listed.responses().keys.sorted() == [
                "/caldav/calendars/anna/", "/caldav/" + shared,
            ])
        site.store.shares = []
        let closed = site.send("PROPFIND", "calendars/anna/", user: "ben")
        #expect(closed.status == 403)
    }

    @Test("what is granted on the home is granted on each calendar, but not to make or delete one")
    func wholeHome() throws {
        let site = try site("ben", [.read, .write], onHome: true)
        #expect(site.send("PUT", shared + "2.ics", user: "ben", body: event("2")).status == 201)
        #expect(site.send("MKCALENDAR", "calendars/anna/new/", user: "ben").status == 403)
        #expect(site.send("DELETE", shared, user: "ben").status == 403)
        // The listing would show it, so it may be known that there is none.
        #expect(site.send("GET", "calendars/anna/none/", user: "ben").status == 404)
    }

    @Test("with busy times alone nothing else is told")
    func freeBusy() throws {
        let site = try site("ben", .readFreeBusy)
        let report = """
            <c:free-busy-query xmlns:c="urn:ietf:params:xml:ns:caldav"><c:time-range \
            start="20260101T000000Z" end="20260201T000000Z"/></c:free-busy-query>
            """
        for path in [shared, "calendars/anna/"] {
            let busy = site.send("REPORT", path, user: "ben", body: report)
            #expect(busy.status == 200)
            #expect(busy.text.contains("FREEBUSY"))
            #expect(!busy.text.contains("Event 1"))
            #expect(site.send("PROPFIND", path, user: "ben").status == 403)
        }
        #expect(site.send("GET", shared + "1.ics", user: "ben").status == 403)
    }

    @Test("what is granted to all is read by GET without signing in; the rest is challenged")
    func everybody() throws {
        let site = try site("", .read)
        #expect(site.send("GET", shared + "1.ics", user: nil).status == 200)
        #expect(site.send("GET", shared, user: nil).status == 200)
        #expect(site.send("PROPFIND", shared, user: nil).status == 401)
        #expect(site.send("GET", "calendars/ben/crm-tasks/", user: nil).status == 401)
        site.store.shares[0].grantee = nil
        #expect(site.send("GET", shared + "1.ics", user: nil).status == 401)
        #expect(site.send("GET", shared + "1.ics", user: "ben").status == 200)
    }
}
