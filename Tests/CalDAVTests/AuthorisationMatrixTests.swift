import CalDAV
import Testing
import WebDAV
import XML

// Who gets which status for what: every method and every report, by everybody, at every kind of place.
// A method or report that the tables do not name fails the test.

/// The columns. Ben reads Anna's calendar `work`, cleo reads and writes it, dana sees its busy times,
/// eve has nothing to do with anybody, and the last one does not sign in.
private let people: [String?] = ["anna", "ben", "cleo", "dana", "eve", nil]

private let places = [
    "calendar": "calendars/anna/work/", "object": "calendars/anna/work/1.ics",
    "freeObject": "calendars/anna/work/none.ics", "home": "calendars/anna/",
    "freeCalendar": "calendars/anna/none/", "principal": "principals/users/anna/",
    "proxy": "principals/users/anna/calendar-proxy-read/", "inbox": "calendars/anna/inbox/",
    // Nobody but Anna may know that there is such a calendar.
    "hidden": "calendars/anna/secret/", "hiddenObject": "calendars/anna/secret/2.ics",
]

private let methodTable = """
    OPTIONS    calendar      200 200 200 200 200 200
    GET        calendar      200 200 200 403 403 401
    HEAD       calendar      200 200 200 403 403 401
    PUT        calendar      405 405 405 403 403 401
    POST       calendar      201 403 201 403 403 401
    DELETE     calendar      204 403 403 403 403 401
    COPY       calendar      405 405 405 403 403 401
    MOVE       calendar      405 405 405 403 403 401
    PROPFIND   calendar      207 207 207 403 403 401
    PROPPATCH  calendar      207 207 207 403 403 401
    ACL        calendar      200 403 403 403 403 401
    MKCALENDAR calendar      405 405 405 403 403 401
    MKCOL      calendar      405 405 405 403 403 401

    OPTIONS    object        200 200 200 200 200 200
    GET        object        200 200 200 403 403 401
    HEAD       object        200 200 200 403 403 401
    PUT        object        204 403 204 403 403 401
    POST       object        405 405 405 403 403 401
    DELETE     object        204 403 204 403 403 401
    COPY       object        201 201 201 403 403 401
    MOVE       object        201 403 201 403 403 401
    PROPFIND   object        207 207 207 403 403 401
    PROPPATCH  object        207 207 207 403 403 401
    ACL        object        405 405 405 403 403 401
    MKCALENDAR object        405 405 405 403 403 401
    MKCOL      object        405 405 405 403 403 401

    OPTIONS    freeObject    200 200 200 200 200 200
    GET        freeObject    404 404 404 403 403 401
    HEAD       freeObject    404 404 404 403 403 401
    PUT        freeObject    201 403 201 403 403 401
    POST       freeObject    404 404 404 403 403 401
    DELETE     freeObject    404 404 404 403 403 401
    COPY       freeObject    404 404 404 403 403 401
    MOVE       freeObject    404 404 404 403 403 401
    PROPFIND   freeObject    404 404 404 403 403 401
    PROPPATCH  freeObject    404 404 404 403 403 401
    ACL        freeObject    404 404 404 403 403 401
    MKCALENDAR freeObject    403 403 403 403 403 401
    MKCOL      freeObject    403 403 403 403 403 401

    OPTIONS    home          200 200 200 200 200 200
    GET        home          200 200 200 403 403 401
    HEAD       home          200 200 200 403 403 401
    PUT        home          405 405 405 403 403 401
    POST       home          405 405 405 403 403 401
    DELETE     home          405 405 405 403 403 401
    COPY       home          405 405 405 403 403 401
    MOVE       home          405 405 405 403 403 401
    PROPFIND   home          207 207 207 403 403 401
    PROPPATCH  home          207 207 207 403 403 401
    ACL        home          200 403 403 403 403 401
    MKCALENDAR home          405 405 405 403 403 401
    MKCOL      home          405 405 405 403 403 401

    OPTIONS    freeCalendar  200 200 200 200 200 200
    GET        freeCalendar  404 403 403 403 403 401
    HEAD       freeCalendar  404 403 403 403 403 401
    PUT        freeCalendar  403 403 403 403 403 401
    POST       freeCalendar  404 403 403 403 403 401
    DELETE     freeCalendar  404 403 403 403 403 401
    COPY       freeCalendar  404 403 403 403 403 401
    MOVE       freeCalendar  404 403 403 403 403 401
    PROPFIND   freeCalendar  404 403 403 403 403 401
    PROPPATCH  freeCalendar  404 403 403 403 403 401
    ACL        freeCalendar  404 403 403 403 403 401
    MKCALENDAR freeCalendar  201 403 403 403 403 401
    MKCOL      freeCalendar  201 403 403 403 403 401

    OPTIONS    principal     200 200 200 200 200 200
    GET        principal     405 405 405 405 403 401
    HEAD       principal     405 405 405 405 403 401
    PUT        principal     405 405 405 405 403 401
    POST       principal     405 405 405 405 403 401
    DELETE     principal     405 405 405 405 403 401
    COPY       principal     405 405 405 405 403 401
    MOVE       principal     405 405 405 405 403 401
    PROPFIND   principal     207 207 207 207 403 401
    PROPPATCH  principal     207 207 207 207 403 401
    ACL        principal     405 405 405 405 403 401
    MKCALENDAR principal     405 405 405 405 403 401
    MKCOL      principal     405 405 405 405 403 401

    OPTIONS    proxy         200 200 200 200 200 200
    GET        proxy         405 403 403 403 403 401
    HEAD       proxy         405 403 403 403 403 401
    PUT        proxy         405 403 403 403 403 401
    POST       proxy         405 403 403 403 403 401
    DELETE     proxy         405 403 403 403 403 401
    COPY       proxy         405 403 403 403 403 401
    MOVE       proxy         405 403 403 403 403 401
    PROPFIND   proxy         207 403 403 403 403 401
    PROPPATCH  proxy         207 403 403 403 403 401
    ACL        proxy         405 403 403 403 403 401
    MKCALENDAR proxy         405 403 403 403 403 401
    MKCOL      proxy         405 403 403 403 403 401

    OPTIONS    inbox         200 200 200 200 200 200
    GET        inbox         405 403 403 403 403 401
    HEAD       inbox         405 403 403 403 403 401
    PUT        inbox         405 403 403 403 403 401
    POST       inbox         405 403 403 403 403 401
    DELETE     inbox         405 403 403 403 403 401
    COPY       inbox         405 403 403 403 403 401
    MOVE       inbox         405 403 403 403 403 401
    PROPFIND   inbox         207 403 403 403 403 401
    PROPPATCH  inbox         207 403 403 403 403 401
    ACL        inbox         405 403 403 403 403 401
    MKCALENDAR inbox         405 403 403 403 403 401
    MKCOL      inbox         405 403 403 403 403 401

    OPTIONS    hidden        200 200 200 200 200 200
    GET        hidden        200 403 403 403 403 401
    HEAD       hidden        200 403 403 403 403 401
    PUT        hidden        405 403 403 403 403 401
    POST       hidden        201 403 403 403 403 401
    DELETE     hidden        204 403 403 403 403 401
    COPY       hidden        405 403 403 403 403 401
    MOVE       hidden        405 403 403 403 403 401
    PROPFIND   hidden        207 403 403 403 403 401
    PROPPATCH  hidden        207 403 403 403 403 401
    ACL        hidden        200 403 403 403 403 401
    MKCALENDAR hidden        405 403 403 403 403 401
    MKCOL      hidden        405 403 403 403 403 401

    OPTIONS    hiddenObject  200 200 200 200 200 200
    GET        hiddenObject  200 403 403 403 403 401
    HEAD       hiddenObject  200 403 403 403 403 401
    PUT        hiddenObject  204 403 403 403 403 401
    POST       hiddenObject  405 403 403 403 403 401
    DELETE     hiddenObject  204 403 403 403 403 401
    COPY       hiddenObject  201 403 403 403 403 401
    MOVE       hiddenObject  201 403 403 403 403 401
    PROPFIND   hiddenObject  207 403 403 403 403 401
    PROPPATCH  hiddenObject  207 403 403 403 403 401
    ACL        hiddenObject  405 403 403 403 403 401
    MKCALENDAR hiddenObject  405 403 403 403 403 401
    MKCOL      hiddenObject  405 403 403 403 403 401
    """

private let reportTable = """
    calendar-query                calendar   207 207 207 403 403 401
    calendar-multiget             calendar   207 207 207 403 403 401
    free-busy-query               calendar   200 200 200 200 403 401
    sync-collection               calendar   207 207 207 403 403 401
    acl-principal-prop-set        calendar   207 403 403 403 403 401
    principal-match               calendar   207 207 207 403 403 401
    principal-property-search     calendar   403 403 403 403 403 401
    principal-search-property-set calendar   403 403 403 403 403 401
    expand-property               calendar   207 207 207 403 403 401

    calendar-query                object     207 207 207 403 403 401
    calendar-multiget             object     207 207 207 403 403 401
    free-busy-query               object     403 403 403 403 403 401
    sync-collection               object     403 403 403 403 403 401
    acl-principal-prop-set        object     207 403 403 403 403 401
    principal-match               object     403 403 403 403 403 401
    principal-property-search     object     403 403 403 403 403 401
    principal-search-property-set object     403 403 403 403 403 401
    expand-property               object     403 403 403 403 403 401

    calendar-query                home       207 207 207 403 403 401
    calendar-multiget             home       207 207 207 403 403 401
    free-busy-query               home       200 200 200 200 403 401
    sync-collection               home       207 207 207 403 403 401
    acl-principal-prop-set        home       207 403 403 403 403 401
    principal-match               home       207 207 207 403 403 401
    principal-property-search     home       403 403 403 403 403 401
    principal-search-property-set home       403 403 403 403 403 401
    expand-property               home       207 207 207 403 403 401

    calendar-query                principal  403 403 403 403 403 401
    calendar-multiget             principal  403 403 403 403 403 401
    free-busy-query               principal  403 403 403 403 403 401
    sync-collection               principal  403 403 403 403 403 401
    acl-principal-prop-set        principal  207 403 403 403 403 401
    principal-match               principal  207 207 207 207 403 401
    principal-property-search     principal  207 207 207 207 403 401
    principal-search-property-set principal  200 200 200 200 403 401
    expand-property               principal  207 207 207 207 403 401

    calendar-query                inbox      403 403 403 403 403 401
    calendar-multiget             inbox      403 403 403 403 403 401
    free-busy-query               inbox      403 403 403 403 403 401
    sync-collection               inbox      207 403 403 403 403 401
    acl-principal-prop-set        inbox      403 403 403 403 403 401
    principal-match               inbox      207 403 403 403 403 401
    principal-property-search     inbox      403 403 403 403 403 401
    principal-search-property-set inbox      403 403 403 403 403 401
    expand-property               inbox      207 403 403 403 403 401

    calendar-query                hidden     207 403 403 403 403 401
    calendar-multiget             hidden     207 403 403 403 403 401
    free-busy-query               hidden     200 403 403 403 403 401
    sync-collection               hidden     207 403 403 403 403 401
    acl-principal-prop-set        hidden     207 403 403 403 403 401
    principal-match               hidden     207 403 403 403 403 401
    principal-property-search     hidden     403 403 403 403 403 401
    principal-search-property-set hidden     403 403 403 403 403 401
    expand-property               hidden     207 403 403 403 403 401
    """

/// The status inside a calendar-multiget, asked of the calendar `work` or of the home, and (last) of
/// one's own calendar; 0 where the request as a whole is refused.
private let hrefTable = """
    calendar object       200 200 200 0   0   0
    calendar freeObject   404 404 404 0   0   0
    calendar hiddenObject 200 403 403 0   0   0
    calendar hidden       404 404 404 0   0   0
    calendar freeCalendar 404 404 404 0   0   0
    calendar home         404 404 404 0   0   0
    calendar principal    404 404 404 0   0   0
    home     object       200 200 200 0   0   0
    home     freeObject   404 404 404 0   0   0
    home     hiddenObject 200 403 403 0   0   0
    own      object       200 403 403 403 403 0
    own      freeObject   404 403 403 403 403 0
    own      hiddenObject 200 403 403 403 403 0
    own      home         404 403 403 403 403 0
    own      principal    404 403 403 403 403 0
    """

/// COPY and MOVE of one's own object to a destination.
private let destinationTable = """
    COPY object       204 403 204 403 403 401
    COPY freeObject   201 403 201 403 403 401
    COPY calendar     403 403 403 403 403 401
    COPY home         403 403 403 403 403 401
    COPY freeCalendar 403 403 403 403 403 401
    COPY principal    403 403 403 403 403 401
    COPY hidden       403 403 403 403 403 401
    COPY hiddenObject 204 403 403 403 403 401
    MOVE object       204 403 204 403 403 401
    MOVE freeObject   201 403 201 403 403 401
    MOVE calendar     403 403 403 403 403 401
    MOVE home         403 403 403 403 403 401
    MOVE freeCalendar 403 403 403 403 403 401
    MOVE principal    403 403 403 403 403 401
    MOVE hidden       403 403 403 403 403 401
    MOVE hiddenObject 204 403 403 403 403 401
    """

private struct Row: Sendable, CustomStringConvertible {
    let what: String
    let place: String
    let statuses: [Int]

    var description: String { "\(what) \(place)" }

    static func all(in table: String) -> [Row] {
        table.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return Row(
                what: words[0], place: words[1], statuses: words.dropFirst(2).compactMap { Int($0) }
            )
        }
    }
}

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
        default: "<d:prop><d:displayname/></d:prop>"
        }
    let space = name.hasPrefix("calendar-") || name.hasPrefix("free-busy") ? "c" : "d"
    return """
        <\(space):\(name) xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">\
        \(inside)</\(space):\(name)>
        """
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
    @Test("methods", arguments: Row.all(in: methodTable))
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

    @Test("reports", arguments: Row.all(in: reportTable))
    fileprivate func reports(row: Row) throws {
        let path = try #require(places[row.place])
        #expect(row.statuses.count == people.count)
        for (user, status) in zip(people, row.statuses) {
            let site = try site()
            let before = contents(of: site)
            let answer = site.send(
                "REPORT", path, user: user, fields: [("Depth", "1")], body: body(ofReport: row.what)
            )
            check(answer, status, user, unchanged: contents(of: site) == before, "\(row)")
            #expect(contents(of: site) == before)
        }
    }

    @Test("hrefs inside a multiget", arguments: Row.all(in: hrefTable))
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

    @Test("destinations", arguments: Row.all(in: destinationTable))
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
        let rows = Row.all(in: methodTable)
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
        let reportRows = Row.all(in: reportTable)
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
        for method in Set(Row.all(in: methodTable).map(\.what)).subtracting(["OPTIONS"]) {
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
