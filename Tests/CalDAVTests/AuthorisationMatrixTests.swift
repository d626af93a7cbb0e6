import Testing
import WebDAV
import XML

@testable import CalDAV

// Who gets which status for what: every method and every report, by everybody, at every kind of place.
// A method or report that the tables do not name fails the test.

private typealias Row = AuthorisationTables.Row
private let people = AuthorisationTables.people
private let places = AuthorisationTables.places

private func site() throws -> Site {
    let site = try Site()
    site.settings.findPeople = .nobody
    for name in ["cleo", "dana", "eve"] {
        site.store.users.append(
            UserRecord(
                name: name, passwordHash: [], email: "\(name)@example.org", displayName: nil))
        try site.store.createCalendar("crm-tasks", of: name, with: [])
    }
    try site.store.createCalendar("work", of: "anna", with: [.displayName("Workplan")])
    try site.store.createCalendar("secret", of: "anna", with: [.displayName("Hideaway")])
    _ = site.send("PUT", "calendars/anna/work/1.ics", body: event("workday"))
    _ = site.send("PUT", "calendars/anna/secret/2.ics", body: event("hideout"))
    for name in ["anna", "ben", "cleo", "dana", "eve"] {
        _ = site.send(
            "PUT", "calendars/\(name)/crm-tasks/own.ics", user: name, body: event("own-\(name)"))
    }
    let work = try #require(site.store.calendars.first { $0.record.uri == "work" }).record.id
    let grants: [(String, Privileges)] = [
        ("ben", .read), ("cleo", [.read, .write]), ("dana", .readFreeBusy),
    ]
    site.store.shares = grants.map {
        MemoryShare(owner: "anna", calendar: work, grantee: $0, privileges: $1)
    }
    return site
}

/// All that a request could change.
private func contents(of site: Site) -> [String] {
    site.store.calendars.flatMap { calendar in
        let address = "\(calendar.record.owner)/\(calendar.record.uri)"
        return ["\(address) \(calendar.record.displayName) \(calendar.record.revision)"]
            + calendar.objects.keys.sorted().map { name in
                "\(address)/\(name) \(calendar.objects[name]?.record.etag ?? "")"
            }
    } + site.store.shares.map { "\($0)" }
}

private func body(of method: String, _ place: String) -> String {
    switch method {
    case "PUT": event(place == "hiddenObject" ? "hideout" : place == "object" ? "workday" : "new")
    case "POST": event("posted")
    case "PROPPATCH":
        """
        <d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><d:displayname>x</d:displayname></d:prop>\
        </d:set></d:propertyupdate>
        """
    case "ACL": "<d:acl xmlns:d=\"DAV:\"/>"
    default: ""
    }
}

private func body(ofReport name: String) -> String {
    let inside =
        switch name {
        case "calendar-query":
            """
            <d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter>\
            <c:comp-filter name="VCALENDAR"/></c:filter>
            """
        case "calendar-multiget":
            """
            <d:prop><d:getetag/><c:calendar-data/></d:prop>\
            <d:href>/caldav/calendars/anna/work/1.ics</d:href>\
            <d:href>/caldav/calendars/anna/secret/2.ics</d:href>
            """
        case "free-busy-query":
            "<c:time-range start=\"20260101T000000Z\" end=\"20270101T000000Z\"/>"
        case "sync-collection":
            "<d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop>"
        case "principal-match":
            """
            <d:principal-property><d:owner/></d:principal-property>\
            <d:prop><d:displayname/></d:prop>
            """
        case "principal-property-search":
            """
            <d:property-search><d:prop><d:displayname/></d:prop><d:match>nn</d:match>\
            </d:property-search><d:prop><d:displayname/></d:prop>
            """
        case "expand-property":
            """
            <d:property name="owner"><d:property name="displayname"/></d:property>\
            <d:property name="displayname"/>
            """
        case "principal-search-property-set": ""
        default: "<d:prop><d:displayname/></d:prop>"
        }
    let space = name.hasPrefix("calendar-") || name.hasPrefix("free-busy") ? "c" : "d"
    return """
        <\(space):\(name) xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">\
        \(inside)</\(space):\(name)>
        """
}

/// One that the report is defined for.
private func depth(ofReport name: String) -> String {
    Report.all.first { $0.name.local == name }?.depth.kind == .zeroOnly ? "0" : "1"
}

/// What each person may never see a byte of.
private func secrets(from user: String?) -> [String] {
    switch user {
    case "anna": []
    case "ben", "cleo": ["hideout", "Hideaway", "2.ics\""]
    default: ["hideout", "Hideaway", "workday", "Workplan"]
    }
}

private func check(
    _ answer: Answer, _ status: Int, _ user: String?, unchanged: Bool, _ what: String
) {
    #expect(answer.status == status, "\(what) by \(user ?? "nobody")")
    let told = answer.fields.map { "\($0.name): \($0.value)" }.joined(separator: "\n") + answer.text
    for secret in secrets(from: user) {
        #expect(!told.contains(secret), "\(what) by \(user ?? "nobody") tells \(secret)")
    }
    if status == 403, answer.status == 403 {
        #expect(answer.precondition != nil || !answer.body.isEmpty, "\(what)")
    }
    #expect(unchanged || status < 300, "\(what) by \(user ?? "nobody") changed something")
}

@Suite("Authorisation matrix")
struct AuthorisationMatrixTests {
    @Test("methods", arguments: Row.all(in: AuthorisationTables.methods))
    fileprivate func methods(row: Row) throws {
        let path = try #require(places[row.place])
        #expect(row.statuses.count == people.count)
        for (user, status) in zip(people, row.statuses) {
            let site = try site()
            let before = contents(of: site)
            let answer = site.send(
                row.what, path, user: user,
                fields: [
                    ("Destination", "/caldav/calendars/\(user ?? "eve")/crm-tasks/moved.ics"),
                    ("Depth", "1"),
                ], body: body(of: row.what, row.place))
            check(answer, status, user, unchanged: contents(of: site) == before, "\(row)")
        }
    }

    @Test("reports", arguments: Row.all(in: AuthorisationTables.reports))
    fileprivate func reports(row: Row) throws {
        let path = try #require(places[row.place])
        #expect(row.statuses.count == people.count)
        for (user, status) in zip(people, row.statuses) {
            let site = try site()
            let before = contents(of: site)
            let answer = site.send(
                "REPORT", path, user: user, fields: [("Depth", depth(ofReport: row.what))],
                body: body(ofReport: row.what))
            check(answer, status, user, unchanged: contents(of: site) == before, "\(row)")
            #expect(contents(of: site) == before)
        }
    }

    @Test("hrefs inside a multiget", arguments: Row.all(in: AuthorisationTables.hrefs))
    fileprivate func hrefs(row: Row) throws {
        let href = "/caldav/" + (try #require(places[row.place]))
        for (user, status) in zip(people, row.statuses) {
            let site = try site()
            let path =
                row.what == "own"
                ? "calendars/\(user ?? "eve")/crm-tasks/" : try #require(places[row.what])
            let answer = site.send(
                "REPORT", path, user: user,
                body: """
                    <c:calendar-multiget xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">\
                    <d:prop><c:calendar-data/></d:prop><d:href>\(href)</d:href>\
                    </c:calendar-multiget>
                    """)
            guard status != 0 else {
                #expect(answer.status == (user == nil ? 401 : 403), "\(row) by \(user ?? "nobody")")
                continue
            }
            let response = try #require(try answer.responses()[href])
            let line =
                response.first(.dav("status"))
                ?? response.first(.dav("propstat"))?
                .first(.dav("status"))
            #expect(line?.text.contains(" \(status) ") == true, "\(row) by \(user ?? "nobody")")
            for secret in secrets(from: user) { #expect(!answer.text.contains(secret)) }
        }
    }

    @Test("destinations", arguments: Row.all(in: AuthorisationTables.destinations))
    fileprivate func destinations(row: Row) throws {
        let path = try #require(places[row.place])
        for (user, status) in zip(people, row.statuses) {
            let site = try site()
            let before = contents(of: site)
            let answer = site.send(
                row.what, "calendars/\(user ?? "eve")/crm-tasks/own.ics", user: user,
                fields: [("Destination", "/caldav/" + path)])
            check(answer, status, user, unchanged: contents(of: site) == before, "\(row)")
        }
    }

    @Test("no method and no report is missing in the tables")
    func complete() throws {
        let site = try site()
        var methods: Set<String> = []
        for path in places.values + ["", "principals/"] {
            let allow = site.send("OPTIONS", path)["Allow"] ?? ""
            methods.formUnion(allow.split(separator: ",").map { $0.filter { $0 != " " } })
        }
        // What can be done where nothing is.
        let free = site.send("OPTIONS", "nowhere/at/all/")["Allow"] ?? ""
        methods.formUnion(free.split(separator: ",").map { $0.filter { $0 != " " } })
        methods.remove("REPORT")
        let rows = Row.all(in: AuthorisationTables.methods)
        for place in places.keys {
            #expect(Set(rows.filter { $0.place == place }.map(\.what)) == methods, "\(place)")
        }

        var reports: Set<String> = []
        for path in places.values + ["", "principals/"] {
            let answer = site.send(
                "PROPFIND", path, fields: [("Depth", "0")],
                body: """
                    <d:propfind xmlns:d="DAV:"><d:prop><d:supported-report-set/></d:prop></d:propfind>
                    """)
            guard answer.status == 207 else { continue }
            for response in try answer.responses().values {
                let set = response.property(.dav("supported-report-set"))?.elements ?? []
                reports.formUnion(set.compactMap { $0.elements.first?.elements.first?.name.local })
            }
        }
        let reportRows = Row.all(in: AuthorisationTables.reports)
        for place in Set(reportRows.map(\.place)) {
            let named = Set(reportRows.filter { $0.place == place }.map(\.what))
            #expect(named == reports, "\(place)")
        }
    }

    @Test("a refusal says the same of what is there and of what is not")
    func sameRefusals() throws {
        let pairs = [
            ("calendars/anna/secret/", "calendars/anna/nothing/"),
            ("calendars/anna/secret/2.ics", "calendars/anna/nothing/2.ics"),
            ("calendars/anna/secret/2.ics", "calendars/anna/secret/3.ics"),
            ("calendars/anna/crm-tasks/own.ics", "calendars/nobody/crm-tasks/own.ics"),
            ("principals/users/eve/", "principals/users/nobody/"),
        ]
        let site = try site()
        for method in Set(Row.all(in: AuthorisationTables.methods).map(\.what)).subtracting([
            "OPTIONS"
        ]) {
            for user in ["ben", "cleo", "dana", "eve"] {
                for (there, missing) in pairs where !there.contains("/\(user)/") {
                    func answer(_ path: String) -> Answer {
                        site.send(
                            method, path, user: user,
                            fields: [
                                ("Destination", "/caldav/calendars/\(user)/crm-tasks/moved.ics")
                            ], body: body(of: method, "object"))
                    }
                    let one = answer(there)
                    let other = answer(missing)
                    #expect(one.status == 403, "\(method) \(there) by \(user)")
                    #expect(one.status == other.status)
                    #expect(
                        one.text.replacing("/caldav/\(there)", with: "")
                            == other.text.replacing("/caldav/\(missing)", with: ""),
                        "\(method) \(there) by \(user)")
                }
            }
        }
    }
}
