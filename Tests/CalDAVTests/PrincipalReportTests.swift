import CalDAV
import Testing
import WebDAV
import XML

private let principal = "/caldav/principals/users/anna/"

private func body(_ name: String, _ inside: String, attributes: String = "") -> String {
    """
    <d:\(name) xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" \(attributes)>\
    \(inside)</d:\(name)>
    """
}

@Suite("Reports on principals, RFC 3744 §9")
struct PrincipalReportTests {
    private func search(_ name: String, _ text: String, type: String = "") throws -> [String] {
        let inside = """
            <d:property-search><d:prop><\(name)/></d:prop><d:match \(type)>\(text)</d:match>\
            </d:property-search><d:prop><d:displayname/></d:prop>
            """
        let answer = try Site().send(
            "REPORT", "principals/", body: body("principal-property-search", inside))
        #expect(answer.status == 207)
        return try answer.responses().keys.sorted()
    }

    @Test(
        "principal-property-search finds oneself by name or address, and nobody else",
        arguments: [
            ("d:displayname", "NNA", true), ("d:displayname", "zzz", false),
            ("c:calendar-user-address-set", "anna@example.org", true),
            ("d:displayname", "b", false), ("d:resourcetype", "", false),
        ])
    func search(name: String, text: String, isFound: Bool) throws {
        #expect(try search(name, text) == (isFound ? [principal] : []))
    }

    @Test("a search for nothing finds oneself alone")
    func everybody() throws {
        let answer = try Site().send(
            "REPORT", "", fields: [("Depth", "0")],
            body: body("principal-property-search", "<d:prop/><d:displayname/>"))
        #expect(try answer.responses().keys.sorted() == [principal])
        #expect(try answer.property(.dav("displayname"), of: principal)?.text == "Anna A.")
    }

    @Test func matchTypes() throws {
        #expect(try search("d:displayname", "anna", type: "match-type=\"equals\"").isEmpty)
        #expect(try !search("d:displayname", "anna", type: "match-type=\"starts-with\"").isEmpty)
    }

    @Test(
        "several searches have all to fit, or any where the client says so",
        arguments: [
            ("", 0), ("test=\"anyof\"", 1),
        ])
    func several(attributes: String, count: Int) throws {
        let inside = ["Anna", "Zoe"].map {
            "<d:property-search><d:prop><d:displayname/></d:prop><d:match>\($0)</d:match></d:property-search>"
        }.joined()
        let answer = try Site().send(
            "REPORT", "principals/users/",
            body: body("principal-property-search", inside, attributes: attributes))
        #expect(try answer.responses().count == count)
    }

    @Test func searchPropertySet() throws {
        let answer = try Site().send(
            "REPORT", "principals/", body: body("principal-search-property-set", ""))
        #expect(answer.status == 200)
        let names = try answer.xml().elements.compactMap {
            $0.first(.dav("prop"))?.elements.first?.name.local
        }
        #expect(names.contains("displayname"))
    }

    @Test(
        "principal-match by oneself and by a property",
        arguments: [
            ("principals/", "<d:self/>", [principal]),
            (
                "calendars/anna/", "<d:principal-property><d:owner/></d:principal-property>",
                ["/caldav/calendars/anna/", "/caldav/calendars/anna/crm-tasks/"]
            ),
            ("calendars/anna/", "<d:principal-property><d:group/></d:principal-property>", []),
        ])
    func match(path: String, inside: String, hrefs: [String]) throws {
        let answer = try Site().send("REPORT", path, body: body("principal-match", inside))
        #expect(try answer.responses().keys.sorted() == hrefs)
    }

    @Test("the principals of an ACL")
    func aclPrincipals() throws {
        let answer = try Site().send(
            "REPORT", "calendars/anna/crm-tasks/",
            body: body("acl-principal-prop-set", "<d:prop><d:displayname/></d:prop>"))
        #expect(try answer.property(.dav("displayname"), of: principal)?.text == "Anna A.")
    }
}

@Suite("REPORT expand-property, RFC 3253 §3.8")
struct ExpandPropertyTests {
    @Test("an href gives way to what it leads to, as deep as asked")
    func nested() throws {
        let inside = """
            <d:property name="current-user-principal"><d:property name="displayname"/>\
            <d:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav">\
            <d:property name="getctag" namespace="http://calendarserver.org/ns/"/></d:property>\
            <d:property name="nope"/></d:property><d:property name="displayname"/>
            """
        let answer = try Site().send(
            "REPORT", "calendars/anna/crm-tasks/", body: body("expand-property", inside))
        #expect(answer.status == 207)
        let calendar = try #require(try answer.responses()["/caldav/calendars/anna/crm-tasks/"])
        #expect(calendar.property(.dav("displayname"))?.text == "crm-tasks")
        let user = try #require(
            calendar.property(.dav("current-user-principal"))?.first(.dav("response")))
        #expect(user.first(.dav("href"))?.text == principal)
        #expect(user.property(.dav("displayname"))?.text == "Anna A.")
        #expect(user.property(.dav("nope"), status: 404) != nil)
        let home = user.property(.caldav("calendar-home-set"))?.first(.dav("response"))
        #expect(home?.property(.calendarServer("getctag"))?.text.isEmpty == false)
    }
}

@Suite("Every row of the tables")
struct TableTests {
    @Test("supported-report-set names no report that is not answered")
    func reports() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        for path in [
            "", "principals/", "principals/users/anna/", "calendars/anna/",
            "calendars/anna/crm-tasks/", "calendars/anna/crm-tasks/a.ics",
        ] {
            let answer = site.send(
                "PROPFIND", path, fields: [("Depth", "0")],
                body: body("propfind", "<d:prop><d:supported-report-set/></d:prop>"))
            let set = try #require(
                try answer.property(.dav("supported-report-set"), of: "/caldav/" + path))
            for name in set.elements.compactMap({ $0.elements.first?.elements.first?.name }) {
                let report = XMLElement(name).serialized()
                let text = String(decoding: report, as: UTF8.self)
                    .replacing(
                        "<\(name.local)/>", with: "<\(name.local) xmlns=\"\(name.namespace)\"/>")
                let precondition = site.send("REPORT", path, body: text).precondition
                #expect(precondition != "supported-report", "\(name) on \(path)")
            }
        }
    }

    @Test("every property that propname lists has a value, every one with a setter takes it back")
    func properties() throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        for path in [
            "", "principals/", "principals/users/anna/", "calendars/anna/",
            "calendars/anna/crm-tasks/", "calendars/anna/crm-tasks/a.ics",
        ] {
            let names = site.send(
                "PROPFIND", path, fields: [("Depth", "0")], body: body("propfind", "<d:propname/>"))
            let listed = try #require(
                try names.responses()["/caldav/" + path]?.first(.dav("propstat"))?
                    .first(.dav("prop"))?.elements)
            let prop = listed.map { String(decoding: $0.serialized(), as: UTF8.self) }.joined()
            let values = site.send(
                "PROPFIND", path, fields: [("Depth", "0")],
                body: body("propfind", "<d:prop>\(prop)</d:prop>"))
            let response = try #require(try values.responses()["/caldav/" + path])
            for element in listed {
                #expect(response.property(element.name) != nil, "\(element.name) on \(path)")
            }
        }
    }
}

@Suite("If header field on resources")
struct IfFieldTests {
    @Test(
        "ETags of the object, sync tokens of its calendar",
        arguments: [
            (#"(["e2"])"#, 204), (#"(["e1"])"#, 412),
            (#"</caldav/calendars/anna/crm-tasks/a.ics> (["e2"])"#, 204),
            (
                #"<https://example.org/caldav/calendars/anna/crm-tasks/> (<http://sabre.io/ns/sync/2>)"#,
                204
            ),
            (#"</caldav/calendars/anna/crm-tasks/> (<http://sabre.io/ns/sync/1>)"#, 412),
            ("(<opaquelocktoken:1>)", 412), ("(Not <opaquelocktoken:1>)", 204), ("nonsense", 400),
        ])
    func delete(field: String, status: Int) throws {
        let site = try Site()
        site.put("a.ics", event("1"))
        let answer = site.send(
            "DELETE", "calendars/anna/crm-tasks/a.ics", fields: [("If", field)])
        #expect(answer.status == status)
    }
}
