import Testing
import WebDAV
import XML

@testable import CalDAV

private let namespaces = "xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:x='urn:x'"
private let quotaAvailable = XMLName.dav("quota-available-bytes")

extension Site {
    fileprivate func proppatch(_ path: String, _ set: String) -> Answer {
        send(
            "PROPPATCH", path,
            body: "<d:propertyupdate \(namespaces)><d:set><d:prop>\(set)</d:prop></d:set>"
                + "</d:propertyupdate>")
    }

    fileprivate func available(_ path: String, user: String = "anna") throws -> String? {
        try send(
            "PROPFIND", path, user: user, fields: [("Depth", "0")],
            body: "<d:propfind \(namespaces)><d:prop><d:quota-available-bytes/></d:prop>"
                + "</d:propfind>"
        ).property(quotaAvailable, of: "/caldav/" + path)?.text
    }
}

@Suite("Quota, RFC 4331")
struct QuotaTests {
    private let site: Site
    private let calendar = "calendars/anna/crm-tasks/"

    init() throws { site = try Site() }

    // MARK: Properties

    @Test("What is left of the home is said of it and of its calendars")
    func whatIsLeft() throws {
        site.store.maxHomeSize = 10_000
        let text = event("a")
        site.put("a.ics", text)
        for path in ["calendars/anna/", calendar] {
            #expect(try site.available(path) == String(10_000 - text.utf8.count))
        }
    }

    @Test("It is told to those alone who may write")
    func whoMayWrite() throws {
        site.store.shares = [
            MemoryShare(owner: "anna", calendar: 0, grantee: "ben", privileges: .read)
        ]
        #expect(try site.available(calendar, user: "ben") == nil)
        site.store.shares[0].privileges = [.read, .write]
        #expect(try site.available(calendar, user: "ben") != nil)
    }

    @Test("It is protected, and no part of allprop")
    func isProtected() throws {
        let answer = site.proppatch(
            calendar, "<d:quota-available-bytes>1</d:quota-available-bytes>")
        let response = try answer.responses()["/caldav/" + calendar]
        #expect(response?.property(quotaAvailable, status: 403) != nil)
        let all = site.send(
            "PROPFIND", calendar, fields: [("Depth", "0")],
            body: "<d:propfind \(namespaces)><d:allprop/></d:propfind>")
        #expect(try all.property(quotaAvailable, of: "/caldav/" + calendar) == nil)
    }

    // MARK: Refusals

    @Test("PUT and POST of what does not fit: 507, quota-not-exceeded")
    func objects() throws {
        site.store.maxHomeSize = 100
        let put = site.put("a.ics", event("a"))
        #expect(put.status == 507)
        #expect(put.precondition == "quota-not-exceeded")
        #expect(site.send("GET", calendar + "a.ics").status == 404)
        let post = site.send("POST", calendar, body: event("a"))
        #expect(post.status == 507)
        #expect(post.precondition == "quota-not-exceeded")
    }

    @Test("One calendar too many: 507")
    func calendars() throws {
        site.store.maxCalendars = 1
        for method in ["MKCALENDAR", "MKCOL"] {
            let answer = site.send(method, "calendars/anna/more/")
            #expect(answer.status == 507)
            #expect(answer.precondition == "quota-not-exceeded")
        }
        #expect(site.store.find("anna", "more") == nil)
    }

    @Test("One secret address too many: 507")
    func feeds() throws {
        site.store.maxFeeds = 0
        let answer = site.send("POST", calendar, query: "feed")
        #expect(answer.status == 507)
        #expect(answer.precondition == "quota-not-exceeded")
    }

    @Test(
        "PROPPATCH says 507 of what was to be stored and 424 of the rest, RFC 4918 §9.2.1",
        arguments: ["calendars/anna/crm-tasks/", "calendars/anna/", "principals/users/anna/"])
    func proppatch(path: String) throws {
        site.store.maxProperties = 1
        #expect(try stored(site.proppatch(path, "<x:a>1</x:a>"), "a", at: path, status: 200))
        let set = path == calendar ? "<d:displayname>New</d:displayname><x:b/>" : "<x:b/>"
        let answer = site.proppatch(path, set)
        #expect(answer.status == 207)
        #expect(try stored(answer, "b", at: path, status: 507))
        let error = try answer.responses()["/caldav/" + path]?.all(.dav("propstat"))
            .compactMap { $0.first(.dav("error"))?.elements.first?.name }
        #expect(error == [.dav("quota-not-exceeded")])
        if path == calendar {
            let name = try answer.responses()["/caldav/" + path]?
                .property(.dav("displayname"), status: 424)
            #expect(name != nil)
            #expect(site.store.find("anna", "crm-tasks")?.record.displayName != "New")
        }
    }

    private func stored(
        _ answer: Answer, _ name: String, at path: String, status: Int
    ) throws -> Bool {
        try answer.responses()["/caldav/" + path]?
            .property(XMLName(namespace: "urn:x", local: name), status: status) != nil
    }

    @Test("MKCALENDAR with too many properties says which, and makes nothing")
    func propertiesOfANewCalendar() throws {
        site.store.maxProperties = 1
        let answer = site.send(
            "MKCALENDAR", "calendars/anna/more/",
            body: "<c:mkcalendar \(namespaces)><d:set><d:prop><x:a/><x:b/></d:prop></d:set>"
                + "</c:mkcalendar>")
        #expect(answer.status == 507)
        #expect(try answer.xml().name == .caldav("mkcalendar-response"))
        #expect(answer.text.contains("quota-not-exceeded"))
        #expect(site.store.find("anna", "more") == nil)
    }
}
