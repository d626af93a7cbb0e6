import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"
private let href = "/caldav/calendars/anna/crm-tasks/"

@Suite("PROPPATCH, RFC 4918 §9.2")
struct ProppatchTests {
    @Test("properties with a column of their own")
    func columns() throws {
        let site = try Site()
        let answer = site.send(
            "PROPPATCH", path,
            body: PropertyXML.set(
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
        #expect(
            site.send("PROPPATCH", path, body: PropertyXML.set(element)).text.contains("200 OK"))
        let sent = try XMLParser.parse(Array(PropertyXML.set(element).utf8)).first(.dav("set"))?
            .first(.dav("prop"))?.elements.first
        let name = try #require(sent?.name)
        let names = #"<d:prop><x:\#(name.local) xmlns:x="\#(name.namespace)"/></d:prop>"#
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "0")], body: PropertyXML.body("propfind", names))
        let back = try #require(try answer.property(name, of: href))
        #expect(shape(back) == shape(try #require(sent)))
        let home = site.send(
            "PROPFIND", "calendars/anna/", fields: [("Depth", "1")],
            body: PropertyXML.body("propfind", names))
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
            "PROPPATCH", path,
            body: PropertyXML.set("<d:displayname>X</d:displayname><d:getetag>1</d:getetag>")
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
        _ = site.send(
            "PROPPATCH", path, body: PropertyXML.set("<ic:calendar-order>5</ic:calendar-order>"))
        let removal = PropertyXML.body(
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
            "PROPPATCH", path,
            body: PropertyXML.set("<c:calendar-timezone>\(text)</c:calendar-timezone>"))
        #expect(site.store.calendars[0].record.timeZone == "Europe/Rome")
        let back = try site.property("c:calendar-timezone", .caldav("calendar-timezone"), of: path)
        #expect(back?.text.contains("X-MINE:1") == true)
        let bad = site.send(
            "PROPPATCH", path, body: PropertyXML.set("<c:calendar-timezone>x</c:calendar-timezone>")
        )
        #expect(bad.text.contains("<cal:valid-calendar-data/>"))
    }

    @Test("a calendar's component types are settled when it is made")
    func componentSet() throws {
        let answer = try Site().send(
            "PROPPATCH", path,
            body: PropertyXML.set(
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
        let text = PropertyXML.body("x", inside + "</d:prop></d:set>")
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
        let text = PropertyXML.body("mkcol", inside + type + "</d:prop></d:set>")
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
        let text = PropertyXML.body(
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
        let answer = site.send(
            "MKCOL", "calendars/anna/book/", body: PropertyXML.body("mkcol", type))
        #expect(answer.status == 403)
        let propstat = try answer.xml().first(.dav("propstat"))
        #expect(propstat?.first(.dav("prop"))?.elements.map(\.name) == [.dav("resourcetype")])
        #expect(propstat?.first(.dav("error"))?.first(.dav("valid-resourcetype")) != nil)
        #expect(site.send("MKCOL", "calendars/anna/x/", body: "<a/>").status == 415)
    }
}
