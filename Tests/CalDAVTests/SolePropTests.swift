import Testing
import WebDAV

private let names = "xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\""

@Suite("One DAV:prop where one is allowed")
struct SolePropTests {
    private static let twice = "<d:prop><d:displayname/></d:prop><d:prop><d:getetag/></d:prop>"

    private func status(_ name: String, _ inside: String, at path: String) throws -> Int {
        try Site().send(
            "REPORT", path, fields: [("Depth", "0")], body: "<\(name) \(names)>\(inside)</\(name)>"
        ).status
    }

    @Test(
        "a report with two is 400",
        arguments: [
            ("d:acl-principal-prop-set", "", "calendars/anna/"),
            ("d:principal-match", "<d:self/>", "principals/"),
            (
                "d:principal-property-search",
                "<d:property-search><d:prop><d:displayname/></d:prop><d:match>anna</d:match>"
                    + "</d:property-search>", "principals/"
            ),
            (
                "c:calendar-query", "<c:filter><c:comp-filter name=\"VCALENDAR\"/></c:filter>",
                "calendars/anna/crm-tasks/"
            ),
            (
                "c:calendar-multiget", "<d:href>/caldav/calendars/anna/crm-tasks/a.ics</d:href>",
                "calendars/anna/crm-tasks/"
            ),
            (
                "d:sync-collection", "<d:sync-token/><d:sync-level>1</d:sync-level>",
                "calendars/anna/crm-tasks/"
            ),
        ])
    func reports(name: String, inside: String, path: String) throws {
        let once = "<d:prop><d:displayname/></d:prop>"
        #expect(try status(name, inside + once, at: path) == 207)
        #expect(try status(name, inside + SolePropTests.twice, at: path) == 400)
    }

    @Test(
        "so is a property-search with two of what it has one of, RFC 3744 §9.4",
        arguments: [
            "<d:prop><d:displayname/></d:prop><d:match>a</d:match><d:match>b</d:match>",
            twice + "<d:match>a</d:match>", "<d:match>a</d:match>",
            "<d:prop><d:displayname/></d:prop>",
        ])
    func propertySearch(inside: String) throws {
        let search = "<d:property-search>\(inside)</d:property-search>"
        #expect(try status("d:principal-property-search", search, at: "principals/") == 400)
    }

    @Test("principal-search-property-set is empty, RFC 3744 §9.5")
    func empty() throws {
        let name = "d:principal-search-property-set"
        #expect(try status(name, "\n", at: "principals/") == 200)
        #expect(try status(name, "<d:prop/>", at: "principals/") == 400)
    }

    @Test(
        "attributes that CalendarServer added have the values that there are",
        arguments: [
            ("test=\"anyof\"", "match-type=\"equals\"", 207), ("test=\"one\"", "", 400),
            ("", "match-type=\"like\"", 400),
        ])
    func searchAttributes(ofReport: String, ofMatch: String, status: Int) throws {
        let body = """
            <d:principal-property-search \(names) \(ofReport)><d:property-search><d:prop>\
            <d:displayname/></d:prop><d:match \(ofMatch)>anna</d:match></d:property-search>\
            </d:principal-property-search>
            """
        #expect(try Site().send("REPORT", "principals/", body: body).status == status)
    }
}
