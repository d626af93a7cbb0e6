import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"
private let href = "/caldav/calendars/anna/crm-tasks/"

@Suite("PROPFIND, RFC 4918 §9.1")
struct PropfindTests {
    @Test("what is there has 200, what is not 404, whatever its namespace")
    func propstats() throws {
        let names = #"<d:prop><d:resourcetype/><d:nope/><a xmlns="urn:a"/><b/></d:prop>"#
        let answer = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0")], body: PropertyXML.body("propfind", names))
        #expect(answer.status == 207)
        let response = try #require(try answer.responses()[href])
        #expect(
            response.property(.dav("resourcetype"))?.elements.map(\.name) == [
                .dav("collection"), .caldav("calendar"),
            ])
        for name in [
            XMLName.dav("nope"), XMLName(namespace: "urn:a", local: "a"),
            XMLName(namespace: "", local: "b"),
        ] {
            #expect(response.property(name, status: 404) != nil)
        }
    }

    @Test("members carry what clients need to see that they are events")
    func members() throws {
        let site = try Site()
        site.put("a b.ics", event("1"))
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "1")],
            body: PropertyXML.propfind(
                "d:getetag", "d:getcontenttype", "d:resourcetype", "d:getcontentlength"))
        let member = try #require(try answer.responses()[href + "a%20b.ics"])
        #expect(member.property(.dav("getetag"))?.text == "\"e2\"")
        #expect(
            member.property(.dav("getcontenttype"))?.text
                == "text/calendar; charset=utf-8; component=VEVENT")
        #expect(member.property(.dav("getcontentlength"))?.text == String(event("1").utf8.count))
        // Self-closed: one client takes open and close for a value and skips the member.
        #expect(answer.text.contains("<d:resourcetype/>"))
        let ownTypes = try answer.responses()[href]?.property(.dav("resourcetype"))
        #expect(ownTypes?.elements.count == 2)
    }

    @Test("Depth infinity is refused, no Depth at all goes one level down")
    func depth() throws {
        let site = try Site()
        let refused = site.send("PROPFIND", path, fields: [("Depth", "infinity")])
        #expect(refused.status == 403)
        #expect(refused.precondition == "propfind-finite-depth")
        #expect(site.send("PROPFIND", path, fields: [("Depth", "2")]).status == 400)
        #expect(try site.send("PROPFIND", "calendars/anna/").responses().count == 5)
    }

    @Test("an empty calendar is a multistatus with the calendar alone")
    func empty() throws {
        let answer = try Site().send("PROPFIND", path, fields: [("Depth", "1")])
        #expect(answer.status == 207)
        #expect(try answer.responses().count == 1)
    }

    @Test("a missing slash at the end makes no difference")
    func slash() throws {
        let answer = try Site().send(
            "PROPFIND", "calendars/anna/crm-tasks", fields: [("Depth", "0")])
        #expect(try answer.responses().keys.first == href)
    }

    @Test("allprop has the properties of WebDAV and dead ones, and nothing of RFC 4791")
    func allprop() throws {
        let site = try Site()
        _ = site.send("PROPPATCH", path, body: PropertyXML.set(#"<x xmlns="urn:x">1</x>"#))
        let answer = site.send("PROPFIND", path, fields: [("Depth", "0")], body: "")
        let response = try #require(try answer.responses()[href])
        #expect(response.property(.dav("displayname")) != nil)
        #expect(response.property(XMLName(namespace: "urn:x", local: "x"))?.text == "1")
        #expect(response.property(.caldav("calendar-timezone")) == nil)
        let including = PropertyXML.body(
            "propfind", "<d:allprop/><d:include><c:max-resource-size/></d:include>")
        let more = site.send("PROPFIND", path, fields: [("Depth", "0")], body: including)
        #expect(try more.property(.caldav("max-resource-size"), of: href) != nil)
    }

    @Test("propname gives names without values")
    func propname() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "1")],
            body: PropertyXML.body("propfind", "<d:propname/>"))
        for response in try answer.responses().values {
            let names = response.first(.dav("propstat"))?.first(.dav("prop"))?.elements ?? []
            #expect(names.count > 5)
            #expect(names.allSatisfy { $0.content.isEmpty })
        }
    }

    @Test(
        "return=minimal leaves out what is not there",
        arguments: [
            ("Prefer", "return=minimal"), ("Brief", "t"),
        ])
    func minimal(field: String, value: String) throws {
        let answer = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0"), (field, value)],
            body: PropertyXML.propfind("d:displayname", "d:nope"))
        #expect(!answer.text.contains("nope"))
        #expect(!answer.text.contains("404"))
        #expect(answer["Vary"] == "Brief, Prefer")
        let nothing = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0"), (field, value)],
            body: PropertyXML.propfind("d:nope"))
        #expect(try nothing.responses()[href]?.first(.dav("propstat")) != nil)
    }

    @Test(
        "a broken body is 400, a document type 403",
        arguments: [
            ("<d:propfind", 400), ("<a/>", 400), ("<d:propfind xmlns:d='DAV:'/>", 400),
            ("<!DOCTYPE a><a/>", 403),
        ])
    func broken(text: String, status: Int) throws {
        #expect(try Site().send("PROPFIND", "", body: text).status == status)
    }

    @Test("a list costs the store the same, however long")
    func statements() throws {
        let site = try Site()
        let count = { () -> Int in
            site.store.calls = []
            _ = site.send(
                "PROPFIND", path, fields: [("Depth", "1")],
                body: PropertyXML.propfind("d:getetag", "d:displayname", "cs:getctag"))
            return site.store.calls.count
        }
        let few = count()
        for number in 0..<50 { site.put("\(number).ics", event("\(number)")) }
        #expect(count() == few)
        #expect(few == 2)
    }
}

@Suite("Properties")
struct PropertyTableTests {
    @Test("the principal's, the owner's and the ACE's hrefs are one string")
    func identicalStrings() throws {
        let site = try Site()
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "0")],
            body: PropertyXML.propfind(
                "d:owner", "d:current-user-principal", "d:acl", "d:principal-URL"))
        let response = try #require(try answer.responses()[href])
        let principal = "/caldav/principals/users/anna/"
        for name in ["owner", "current-user-principal", "principal-URL"] {
            #expect(response.property(.dav(name))?.first(.dav("href"))?.text == principal)
        }
        let ace = response.property(.dav("acl"))?.first(.dav("ace"))
        #expect(ace?.first(.dav("principal"))?.first(.dav("href"))?.text == principal)
        #expect(
            try site.property("d:resourcetype", .dav("resourcetype"), of: "principals/users/anna/")
                != nil)
    }

    @Test("a mailto address in lower case comes first")
    func addresses() throws {
        let set = try Site().property(
            "c:calendar-user-address-set", .caldav("calendar-user-address-set"),
            of: "principals/users/anna/")
        #expect(
            set?.elements.map(\.text) == [
                "mailto:anna@example.org", "/caldav/principals/users/anna/",
            ])
    }

    @Test("the privileges of the owner tell every client that it may write")
    func privileges() throws {
        let set = try #require(
            try Site().property(
                "d:current-user-privilege-set", .dav("current-user-privilege-set"), of: path))
        let names = Set(set.elements.compactMap { $0.elements.first?.name.local })
        #expect(
            names.isSuperset(of: ["read", "write", "write-content", "bind", "unbind", "write-acl"]))
    }

    @Test("ctag and token of a calendar, and the ctag of the home, move with every change")
    func tags() throws {
        let site = try Site()
        let tags = { () -> [String?] in
            [
                try site.property("cs:getctag", .calendarServer("getctag"), of: path)?.text,
                try site.property("d:sync-token", .dav("sync-token"), of: path)?.text,
                try site.property("cs:getctag", .calendarServer("getctag"), of: "calendars/anna/")?
                    .text,
            ]
        }
        let before = try tags()
        #expect(try tags() == before)
        site.put("a.ics", event("1"))
        let after = try tags()
        for (old, new) in zip(before, after) { #expect(old != nil && new != nil && old != new) }
        #expect(after[1] == "http://sabre.io/ns/sync/2")
    }

    @Test("the time zone is there in full and by name")
    func timezone() throws {
        let site = try Site()
        site.store.calendars[0].record.timeZone = "Europe/Berlin"
        let full = try site.property("c:calendar-timezone", .caldav("calendar-timezone"), of: path)
        #expect(full?.text.contains("TZID:Europe/Berlin") == true)
        let id = try site.property(
            "c:calendar-timezone-id", .caldav("calendar-timezone-id"), of: path)
        #expect(id?.text == "Europe/Berlin")
    }

    @Test(
        "what the clients ask for on the way in is answered",
        arguments: [
            ("", "d:current-user-principal"), ("", "c:calendar-home-set"),
            ("", "d:principal-collection-set"),
            ("principals/users/anna/", "c:calendar-home-set"),
            ("principals/users/anna/", "d:principal-URL"),
            ("principals/users/anna/", "d:displayname"),
            ("principals/users/anna/", "d:supported-report-set"),
            ("calendars/anna/", "cs:getctag"), ("calendars/anna/", "d:owner"),
            ("calendars/anna/", "c:supported-calendar-component-sets"),
            ("calendars/anna/crm-tasks/", "c:supported-calendar-component-set"),
            ("calendars/anna/crm-tasks/", "d:supported-report-set"),
            ("calendars/anna/crm-tasks/", "c:supported-calendar-data"),
            ("calendars/anna/crm-tasks/", "c:supported-collation-set"),
            ("calendars/anna/crm-tasks/", "c:max-resource-size"),
            ("calendars/anna/crm-tasks/", "c:max-instances"),
            ("calendars/anna/crm-tasks/", "c:max-attendees-per-instance"),
            ("calendars/anna/crm-tasks/", "c:min-date-time"),
            ("calendars/anna/crm-tasks/", "c:max-date-time"),
            ("calendars/anna/crm-tasks/", "c:schedule-calendar-transp"),
            ("calendars/anna/crm-tasks/", "d:supported-privilege-set"),
        ])
    func onTheWayIn(path: String, name: String) throws {
        let answer = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0")], body: PropertyXML.propfind(name))
        #expect(answer.text.contains("200 OK"))
        #expect(!answer.text.contains("404"))
    }
}
