import Testing
import WebDAV
import XML

@testable import CalDAV

private let namespaces = "xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:x='urn:x'"

extension Site {
    /// The status of each property in a PROPPATCH that sets what stands in `set`.
    fileprivate func proppatch(_ path: String, user: String = "anna", _ set: String) -> Answer {
        send(
            "PROPPATCH", path, user: user,
            body: "<d:propertyupdate \(namespaces)><d:set><d:prop>\(set)</d:prop></d:set>"
                + "</d:propertyupdate>")
    }

    fileprivate func propfind(_ path: String, user: String = "anna", _ names: String) -> Answer {
        send(
            "PROPFIND", path, user: user, fields: [("Depth", "0")],
            body: "<d:propfind \(namespaces)><d:prop>\(names)</d:prop></d:propfind>")
    }
}

private let x = XMLName(namespace: "urn:x", local: "y")

@Suite("Collections of a home that are no calendars")
struct HomePlaceTests {
    private let site: Site

    init() throws { site = try Site() }

    @Test("are listed with their types", arguments: HomePlace.allCases)
    func listed(place: HomePlace) throws {
        let answer = site.send("PROPFIND", "calendars/anna/", fields: [("Depth", "1")])
        let type = try answer.property(
            .dav("resourcetype"), of: "/caldav/calendars/anna/\(place.rawValue)/")
        #expect(type?.elements.map(\.name) == [.dav("collection"), place.resourceType])
    }

    @Test("keep properties and take nothing else", arguments: HomePlace.allCases)
    func readOnly(place: HomePlace) throws {
        let path = "calendars/anna/\(place.rawValue)/"
        #expect(site.proppatch(path, "<x:y><x:z xml:lang='de'>1</x:z></x:y>").status == 207)
        let kept = try site.propfind(path, "<x:y/>").property(x, of: "/caldav/\(path)")
        #expect(kept?.elements.first?.text == "1")
        #expect(site.send("DELETE", path).status == 405)
        #expect(site.send("MKCALENDAR", path).status == 405)
        #expect(site.send("PUT", path + "a.ics", body: event("a")).status == 409)
        #expect(site.send("GET", path + "a.ics").status == 404)
        let listing = site.send("PROPFIND", path, fields: [("Depth", "1")])
        #expect(try listing.responses().keys.sorted() == ["/caldav/\(path)"])
    }

    @Test("sync, with nothing to tell", arguments: HomePlace.allCases)
    func sync(place: HomePlace) throws {
        let body = { (token: String) in
            "<d:sync-collection xmlns:d='DAV:'><d:sync-token>\(token)</d:sync-token><d:sync-level>"
                + "1</d:sync-level><d:prop/></d:sync-collection>"
        }
        let path = "calendars/anna/\(place.rawValue)/"
        let first = site.send("REPORT", path, body: body(""))
        let token = try #require(try first.xml().first(.dav("sync-token"))?.text)
        #expect(site.send("REPORT", path, body: body(token)).status == 207)
        #expect(site.send("REPORT", path, body: body(token + "1")).status == 403)
    }

    @Test("are nobody else's business")
    func foreign() {
        #expect(site.send("PROPFIND", "calendars/ben/inbox/").status == 403)
        #expect(site.proppatch("calendars/ben/inbox/", "<x:y/>").status == 403)
    }
}

@Suite("Properties of homes and principals, RFC 4918 §9.2")
struct HomePropertyTests {
    private let site: Site

    init() throws { site = try Site() }

    @Test(arguments: ["calendars/anna/", "principals/users/anna/"])
    func deadPropertiesAreKept(path: String) throws {
        #expect(
            try site.proppatch(path, "<x:y>kept</x:y>").responses()["/caldav/\(path)"]?
                .property(x) != nil)
        let found = site.propfind(path, "<x:y/>")
        #expect(try found.property(x, of: "/caldav/\(path)")?.text == "kept")
        let all = site.send("PROPFIND", path, fields: [("Depth", "0")])
        #expect(try all.property(x, of: "/caldav/\(path)")?.text == "kept")
        let removal = site.send(
            "PROPPATCH", path,
            body: "<d:propertyupdate \(namespaces)><d:remove><d:prop><x:y/></d:prop></d:remove>"
                + "</d:propertyupdate>")
        #expect(removal.status == 207)
        let gone = try site.propfind(path, "<x:y/>").responses()["/caldav/\(path)"]
        #expect(gone?.property(x, status: 404) != nil)
    }

    @Test func allOrNothing() throws {
        let path = "calendars/anna/"
        let answer = site.proppatch(path, "<x:y>1</x:y><d:owner/>")
        let response = try #require(try answer.responses()["/caldav/calendars/anna/"])
        #expect(response.property(x, status: 424) != nil)
        #expect(response.property(.dav("owner"), status: 403) != nil)
        #expect(try site.propfind(path, "<x:y/>").property(x, of: "/caldav/\(path)") == nil)
    }

    @Test func anAvailabilityHasToBeOne() throws {
        for text in ["", "BEGIN:VCALENDAR", "BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR"] {
            let answer = site.proppatch(
                "calendars/anna/inbox/",
                "<c:calendar-availability>\(text)</c:calendar-availability>")
            let response = try answer.responses().values.first
            #expect(response?.property(.caldav("calendar-availability"), status: 403) != nil)
        }
    }
}

@Suite("Subscriptions: resourcetype subscribed")
struct SubscriptionTests {
    @Test("are made with their source, and hold no objects")
    func made() throws {
        let site = try Site()
        let answer = site.send(
            "MKCOL", "calendars/anna/holidays",
            body: """
                <d:mkcol xmlns:d="DAV:" xmlns:s="http://calendarserver.org/ns/"><d:set><d:prop>
                <d:resourcetype><d:collection/><s:subscribed/></d:resourcetype>
                <s:source><d:href>https://example.org/holidays.ics</d:href></s:source>
                <s:subscribed-strip-alarms/></d:prop></d:set></d:mkcol>
                """)
        #expect(answer.status == 201)
        let path = "/caldav/calendars/anna/holidays/"
        let found = site.send(
            "PROPFIND", "calendars/anna/", fields: [("Depth", "1")],
            body: """
                <d:propfind xmlns:d="DAV:" xmlns:s="http://calendarserver.org/ns/"><d:prop>
                <d:resourcetype/><s:source/><s:subscribed-strip-alarms/></d:prop></d:propfind>
                """)
        let type = try found.property(.dav("resourcetype"), of: path)
        #expect(type?.elements.map(\.name) == [.dav("collection"), .calendarServer("subscribed")])
        let source = try found.property(.calendarServer("source"), of: path)
        #expect(source?.first(.dav("href"))?.text == "https://example.org/holidays.ics")
        #expect(try found.property(.calendarServer("subscribed-strip-alarms"), of: path) != nil)
        let put = site.send("PUT", "calendars/anna/holidays/a.ics", body: event("a"))
        #expect(put.status == 403)
    }
}
