import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"
private let href = "/caldav/calendars/anna/crm-tasks/"

/// A propfind or proppatch body around elements, with our usual prefixes.
private func body(_ root: String, _ inside: String) -> String {
    """
    <d:\(root) xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" \
    xmlns:cs="http://calendarserver.org/ns/" xmlns:ic="http://apple.com/ns/ical/">\
    \(inside)</d:\(root)>
    """
}

private func propfind(_ names: String...) -> String {
    body("propfind", "<d:prop>" + names.map { "<\($0)/>" }.joined() + "</d:prop>")
}

private func set(_ elements: String) -> String {
    body("propertyupdate", "<d:set><d:prop>\(elements)</d:prop></d:set>")
}

extension Site {
    fileprivate func property(
        _ name: String, _ element: XMLName, of path: String, depth: String = "0"
    ) throws -> XMLElement? {
        let answer = send("PROPFIND", path, fields: [("Depth", depth)], body: propfind(name))
        return try answer.property(element, of: "/caldav/" + path)
    }
}

@Suite("PROPFIND, RFC 4918 §9.1")
struct PropfindTests {
    @Test("what is there has 200, what is not 404, whatever its namespace")
    func propstats() throws {
        let names = #"<d:prop><d:resourcetype/><d:nope/><a xmlns="urn:a"/><b/></d:prop>"#
        let answer = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0")], body: body("propfind", names))
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
            body: propfind("d:getetag", "d:getcontenttype", "d:resourcetype", "d:getcontentlength"))
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
        _ = site.send("PROPPATCH", path, body: set(#"<x xmlns="urn:x">1</x>"#))
        let answer = site.send("PROPFIND", path, fields: [("Depth", "0")], body: "")
        let response = try #require(try answer.responses()[href])
        #expect(response.property(.dav("displayname")) != nil)
        #expect(response.property(XMLName(namespace: "urn:x", local: "x"))?.text == "1")
        #expect(response.property(.caldav("calendar-timezone")) == nil)
        let including = body(
            "propfind", "<d:allprop/><d:include><c:max-resource-size/></d:include>")
        let more = site.send("PROPFIND", path, fields: [("Depth", "0")], body: including)
        #expect(try more.property(.caldav("max-resource-size"), of: href) != nil)
    }

    @Test("propname gives names without values")
    func propname() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "1")], body: body("propfind", "<d:propname/>"))
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
            body: propfind("d:displayname", "d:nope"))
        #expect(!answer.text.contains("nope"))
        #expect(!answer.text.contains("404"))
        #expect(answer["Vary"] == "Brief, Prefer")
        let nothing = try Site().send(
            "PROPFIND", path, fields: [("Depth", "0"), (field, value)], body: propfind("d:nope"))
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
                body: propfind("d:getetag", "d:displayname", "cs:getctag"))
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
            body: propfind("d:owner", "d:current-user-principal", "d:acl", "d:principal-URL"))
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
            "PROPFIND", path, fields: [("Depth", "0")], body: propfind(name))
        #expect(answer.text.contains("200 OK"))
        #expect(!answer.text.contains("404"))
    }
}

@Suite("PROPPATCH, RFC 4918 §9.2")
struct ProppatchTests {
    @Test("properties with a column of their own")
    func columns() throws {
        let site = try Site()
        let answer = site.send(
            "PROPPATCH", path,
            body: set(
                "<d:displayname>New &amp; nice</d:displayname><ic:calendar-color>#FF0000AA"
                    + "</ic:calendar-color><c:calendar-description>D</c:calendar-description>"
                    + "<c:calendar-timezone-id>Europe/Paris</c:calendar-timezone-id>"))
        #expect(answer.status == 207)
        #expect(!answer.text.contains("403"))
        let record = site.store.calendars[0].record
        #expect(record.displayName == "New & nice")
        #expect(record.color == "#FF0000AA")
        #expect(record.description == "D")
        #expect(record.timeZone == "Europe/Paris")
    }

    @Test(
        "what clients set blindly is kept and comes back as it was",
        arguments: [
            "<ic:calendar-order>5</ic:calendar-order>",
            "<c:schedule-calendar-transp><c:transparent/></c:schedule-calendar-transp>",
            "<c:default-alarm-vevent-datetime>BEGIN:VALARM</c:default-alarm-vevent-datetime>",
            "<m:mine xmlns:m=\"urn:m\" a=\"1\"> <m:x/>t<n xmlns=\"\">u</n> </m:mine>",
        ])
    func stored(element: String) throws {
        let site = try Site()
        #expect(site.send("PROPPATCH", path, body: set(element)).text.contains("200 OK"))
        let sent = try XMLParser.parse(Array(set(element).utf8)).first(.dav("set"))?
            .first(.dav("prop"))?.elements.first
        let name = try #require(sent?.name)
        let names = #"<d:prop><x:\#(name.local) xmlns:x="\#(name.namespace)"/></d:prop>"#
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "0")], body: body("propfind", names))
        let back = try #require(try answer.property(name, of: href))
        #expect(shape(back) == shape(try #require(sent)))
        let home = site.send(
            "PROPFIND", "calendars/anna/", fields: [("Depth", "1")], body: body("propfind", names))
        #expect(shape(try #require(try home.property(name, of: href))) == shape(back))
    }

    /// All that matters of an element, whatever its prefixes.
    private func shape(_ element: XMLElement) -> String {
        let attributes = element.attributes.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        let inside = element.content.map { node in
            switch node {
            case .text(let text): text
            case .element(let child): shape(child)
            }
        }
        return "<\(element.name) \(attributes)>\(inside.joined())</>"
    }

    @Test("one protected property and nothing is done: 403 for it, 424 for the rest")
    func atomic() throws {
        let site = try Site()
        let answer = site.send(
            "PROPPATCH", path, body: set("<d:displayname>X</d:displayname><d:getetag>1</d:getetag>")
        )
        let response = try #require(try answer.responses()[href])
        #expect(response.property(.dav("displayname"), status: 424) != nil)
        #expect(response.property(.dav("getetag"), status: 403) != nil)
        #expect(answer.text.contains("<d:cannot-modify-protected-property/>"))
        #expect(site.store.calendars[0].record.displayName == "crm-tasks")
    }

    @Test("removing what is not there is no error")
    func remove() throws {
        let site = try Site()
        _ = site.send("PROPPATCH", path, body: set("<ic:calendar-order>5</ic:calendar-order>"))
        let removal = body(
            "propertyupdate", "<d:remove><d:prop><ic:calendar-order/><d:none/></d:prop></d:remove>")
        for _ in 0..<2 {
            #expect(site.send("PROPPATCH", path, body: removal).text.contains("200 OK"))
        }
        #expect(try site.property("ic:calendar-order", .apple("calendar-order"), of: path) == nil)
    }

    @Test("a time zone given in full sets the calendar's, and comes back as given")
    func timezone() throws {
        let site = try Site()
        let zone = calendar("BEGIN:VTIMEZONE\nTZID:Europe/Rome\nX-MINE:1\nEND:VTIMEZONE")
        let text = zone.split(separator: "\r\n").joined(separator: "&#13;\n")
        _ = site.send(
            "PROPPATCH", path, body: set("<c:calendar-timezone>\(text)</c:calendar-timezone>"))
        #expect(site.store.calendars[0].record.timeZone == "Europe/Rome")
        let back = try site.property("c:calendar-timezone", .caldav("calendar-timezone"), of: path)
        #expect(back?.text.contains("X-MINE:1") == true)
        let bad = site.send(
            "PROPPATCH", path, body: set("<c:calendar-timezone>x</c:calendar-timezone>"))
        #expect(bad.text.contains("<cal:valid-calendar-data/>"))
    }

    @Test("a calendar's component types are settled when it is made")
    func componentSet() throws {
        let answer = try Site().send(
            "PROPPATCH", path,
            body: set(
                "<c:supported-calendar-component-set><c:comp name=\"VTODO\"/>"
                    + "</c:supported-calendar-component-set>"))
        #expect(answer.text.contains("cannot-modify-protected-property"))
    }
}

@Suite("MKCALENDAR, RFC 4791 §5.3.1, and MKCOL, RFC 5689")
struct NewCalendarTests {
    private let inside = """
        <d:set><d:prop><d:displayname>Work</d:displayname><ic:calendar-color>#123456FF\
        </ic:calendar-color><c:supported-calendar-component-set><c:comp name="VTODO"/>\
        </c:supported-calendar-component-set><ic:calendar-order>2</ic:calendar-order>
        """

    @Test func mkcalendar() throws {
        let site = try Site()
        let text = body("x", inside + "</d:prop></d:set>")
            .replacing("<d:x ", with: "<c:mkcalendar ").replacing("</d:x>", with: "</c:mkcalendar>")
        #expect(site.send("MKCALENDAR", "calendars/anna/work/", body: text).status == 201)
        let record = try #require(site.store.calendars.last?.record)
        #expect(record.displayName == "Work")
        #expect(record.color == "#123456FF")
        #expect(record.components == ["VTODO"])
        #expect(
            site.store.calendars.last?.viewersProperties["anna"]?.map(\.name) == ["calendar-order"])
    }

    @Test func extendedMkcol() throws {
        let site = try Site()
        let type = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"
        let text = body("mkcol", inside + type + "</d:prop></d:set>")
        #expect(site.send("MKCOL", "calendars/anna/work", body: text).status == 201)
        #expect(site.store.calendars.last?.record.displayName == "Work")
    }

    @Test(
        "without a body a calendar with all components and its name is made",
        arguments: ["MKCALENDAR", "MKCOL"])
    func plain(method: String) throws {
        let site = try Site()
        #expect(site.send(method, "calendars/anna/w%20x/").status == 201)
        let record = try #require(site.store.calendars.last?.record)
        #expect(record.uri == "w x")
        #expect(record.displayName == "w x")
        #expect(record.components == ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"])
    }

    @Test("one property that cannot be set and no calendar is made")
    func refused() throws {
        let site = try Site()
        let text = body(
            "mkcol",
            "<d:set><d:prop><d:displayname>W</d:displayname><d:getetag>1</d:getetag></d:prop></d:set>"
        )
        let answer = site.send("MKCOL", "calendars/anna/work/", body: text)
        #expect(answer.status == 403)
        #expect(try answer.xml().name == .dav("mkcol-response"))
        #expect(answer.text.contains("424"))
        #expect(site.store.calendars.count == 2)
    }

    @Test(
        "places",
        arguments: [
            ("calendars/anna/crm-tasks/", 405, "resource-must-be-null"),
            ("calendars/anna/crm-tasks/inner/", 403, "calendar-collection-location-ok"),
            ("calendars/anna/inbox/", 405, "resource-must-be-null"),
            ("calendars/anna/INBOX/", 403, "calendar-collection-location-ok"),
            ("calendars/anna/none/inner/", 409, nil), ("elsewhere/", 409, nil),
            ("calendars/ben/mine/", 403, "need-privileges"),
        ] as [(String, Int, String?)])
    func places(path: String, status: Int, precondition: String?) throws {
        for method in ["MKCALENDAR", "MKCOL"] {
            let answer = try Site().send(method, path)
            #expect(answer.status == status)
            #expect(answer.precondition == precondition)
        }
    }

    @Test("MKCOL of anything but a calendar is refused")
    func otherTypes() throws {
        let site = try Site()
        let type =
            "<d:set><d:prop><d:resourcetype><d:collection/><x:addressbook "
            + "xmlns:x=\"urn:ietf:params:xml:ns:carddav\"/></d:resourcetype></d:prop></d:set>"
        let answer = site.send("MKCOL", "calendars/anna/book/", body: body("mkcol", type))
        #expect(answer.status == 403)
        let propstat = try answer.xml().first(.dav("propstat"))
        #expect(propstat?.first(.dav("prop"))?.elements.map(\.name) == [.dav("resourcetype")])
        #expect(propstat?.first(.dav("error"))?.first(.dav("valid-resourcetype")) != nil)
        #expect(site.send("MKCOL", "calendars/anna/x/", body: "<a/>").status == 415)
    }
}
