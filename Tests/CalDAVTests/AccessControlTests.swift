import CalDAV
import Testing
import WebDAV
import XML

private let calendarPath = "calendars/anna/crm-tasks/"
private let home = "calendars/anna/"

private func acl(_ aces: String) -> String {
    "<d:acl xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">\(aces)</d:acl>"
}

private func ace(_ principal: String, _ privileges: String..., more: String = "") -> String {
    let granted = privileges.map { "<d:privilege><\($0)/></d:privilege>" }.joined()
    return """
        <d:ace><d:principal>\(principal)</d:principal><d:grant>\(granted)</d:grant>\(more)</d:ace>
        """
}

private func user(_ name: String) -> String {
    "<d:href>/caldav/principals/users/\(name)/</d:href>"
}

extension Site {
    fileprivate func find(
        _ path: String, _ names: String..., user: String = "anna", depth: String = "0"
    ) -> Answer {
        let inside = names.map { "<\($0)/>" }.joined()
        return send(
            "PROPFIND", path, user: user, fields: [("Depth", depth)],
            body: """
                <d:propfind xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" \
                xmlns:cs="http://calendarserver.org/ns/" xmlns:ic="http://apple.com/ns/ical/">\
                <d:prop>\(inside)</d:prop></d:propfind>
                """)
    }

    fileprivate func hrefs(_ path: String, _ name: String, user: String = "anna") throws -> [String]
    {
        let answer = find(path, name, user: user)
        let element = try answer.responses()["/caldav/" + path]?.all(.dav("propstat"))
            .first { $0.first(.dav("status"))?.text.contains("200") == true }?
            .first(.dav("prop"))?.elements.first
        return element?.all(.dav("href")).map(\.text) ?? []
    }
}

@Suite("ACL, RFC 3744 §8.1")
struct AccessControlTests {
    @Test("what is granted is in force, is in DAV:acl, and is replaced by the next list")
    func grants() throws {
        let site = try Site()
        site.put("1.ics", event("1"))
        let list = acl(ace(user("ben"), "d:read") + ace("<d:authenticated/>", "c:read-free-busy"))
        #expect(site.send("ACL", calendarPath, body: list).status == 200)
        #expect(site.send("GET", calendarPath + "1.ics", user: "ben").status == 200)
        let shown = site.find(calendarPath, "d:acl")
        let aces = try shown.property(.dav("acl"), of: "/caldav/" + calendarPath)?
            .all(.dav("ace"))
        #expect(aces?.count == 3)
        // Clients look for the owner's by its href, and leave out what is protected.
        #expect(aces?.first?.first(.dav("protected")) != nil)
        #expect(shown.text.contains(user("ben").dropFirst(8).dropLast(9)))
        #expect(site.send("ACL", calendarPath, body: acl("")).status == 200)
        #expect(site.send("GET", calendarPath + "1.ics", user: "ben").status == 403)
    }

    @Test("on a home it is for every calendar, which shows it as inherited")
    func inherits() throws {
        let site = try Site()
        #expect(site.send("ACL", home, body: acl(ace(user("ben"), "d:read"))).status == 200)
        #expect(site.send("PROPFIND", calendarPath, user: "ben").status == 207)
        let aces = try site.find(calendarPath, "d:acl")
            .property(.dav("acl"), of: "/caldav/" + calendarPath)?.all(.dav("ace"))
        let inherited = aces?.last?.first(.dav("inherited"))?.first(.dav("href"))?.text
        #expect(inherited == "/caldav/" + home)
    }

    @Test(
        "each precondition",
        arguments: [
            ("grant-only", "<d:ace><d:principal>U</d:principal><d:deny/></d:ace>"),
            ("no-invert", "<d:ace><d:invert><d:principal>U</d:principal></d:invert></d:ace>"),
            ("no-protected-ace-conflict", "O"),
            ("no-protected-ace-conflict", "P"),
            ("no-protected-ace-conflict", "W"),
            ("no-inherited-ace-conflict", "I"),
            ("no-ace-conflict", "RR"), ("no-ace-conflict", "A"), ("no-ace-conflict", "X"),
            ("recognized-principal", "N"), ("recognized-principal", "H"),
            ("allowed-principal", "U"), ("allowed-principal", "S"), ("allowed-principal", "G"),
            ("not-supported-privilege", "V"),
        ])
    func preconditions(name: String, body: String) throws {
        let read = ace(user("ben"), "d:read")
        let bodies = [
            "O": ace(user("anna"), "d:read"),
            "P": ace("<d:property><d:owner/></d:property>", "d:all"),
            "W": ace(user("ben"), "d:read", more: "<d:protected/>"),
            "I": ace(user("ben"), "d:read", more: "<d:inherited><d:href>/x</d:href></d:inherited>"),
            "RR": read + ace(user("ben"), "d:write"),
            "A": ace("<d:all/>", "d:write"), "X": ace("<d:authenticated/>", "d:write-acl"),
            "N": ace(user("nobody"), "d:read"),
            "H": ace("<d:href>/caldav/calendars/ben/</d:href>", "d:read"),
            "U": ace("<d:unauthenticated/>", "d:read"), "S": ace("<d:self/>", "d:read"),
            "G": ace(
                "<d:href>/caldav/principals/users/ben/calendar-proxy-read/</d:href>", "d:read"),
            "V": ace(user("ben"), "d:unlock"),
        ]
        let site = try Site()
        #expect(site.send("ACL", calendarPath, body: acl(read)).status == 200)
        let answer = site.send(
            "ACL", calendarPath,
            body: acl(bodies[body] ?? body.replacing("U", with: user("ben"))))
        #expect(answer.status == 403)
        #expect(answer.precondition == name)
        #expect(site.store.shares.count == 1)
    }

    @Test("too many entries: limited-number-of-aces")
    func limit() throws {
        let many = String(repeating: ace(user("ben"), "d:read"), count: 501)
        let answer = try Site().send("ACL", calendarPath, body: acl(many))
        #expect(answer.precondition == "limited-number-of-aces")
    }

    @Test(
        "what is no list of entries is 400",
        arguments: ["", "<d:x xmlns:d=\"DAV:\"/>", acl("<d:ace/>"), acl(ace(user("ben")))])
    func malformed(body: String) throws {
        #expect(try Site().send("ACL", calendarPath, body: body).status == 400)
    }

    @Test("who was granted write-acl may grant")
    func delegated() throws {
        let site = try Site()
        let list = acl(ace(user("ben"), "d:read", "d:write-acl", "d:read-acl"))
        #expect(site.send("ACL", calendarPath, body: list).status == 200)
        #expect(site.send("ACL", calendarPath, user: "ben", body: list).status == 200)
        #expect(try site.find(calendarPath, "d:acl", user: "ben").responses().count == 1)
    }

    @Test("who may not read the list is told so, property by property, objects too")
    func hiddenList() throws {
        let site = try Site()
        site.put("1.ics", event("1"))
        _ = site.send("ACL", calendarPath, body: acl(ace(user("ben"), "d:read")))
        let answer = site.find(
            calendarPath, "d:acl", "d:resourcetype", "d:group", user: "ben", depth: "1")
        let responses = try answer.responses()
        #expect(responses.count == 2)
        for response in responses.values {
            #expect(response.property(.dav("acl"), status: 403) != nil)
            #expect(response.property(.dav("resourcetype")) != nil)
            #expect(response.property(.dav("group")) != nil)
        }
    }

    @Test("acl-principal-prop-set: the owner and whom they grant something")
    func principals() throws {
        let site = try Site()
        _ = site.send("ACL", calendarPath, body: acl(ace(user("ben"), "d:read")))
        let answer = site.send(
            "REPORT", calendarPath,
            body: """
                <d:acl-principal-prop-set xmlns:d="DAV:"><d:prop><d:displayname/></d:prop>\
                </d:acl-principal-prop-set>
                """)
        let names = try answer.responses().mapValues { $0.property(.dav("displayname"))?.text }
        #expect(
            names == [
                "/caldav/principals/users/anna/": "Anna A.",
                "/caldav/principals/users/ben/": "ben",
            ])
    }
}

@Suite("Properties of a shared calendar that are the viewer's")
struct ViewersPropertyTests {
    private func update(_ inside: String) -> String {
        """
        <d:propertyupdate xmlns:d="DAV:" xmlns:ic="http://apple.com/ns/ical/" \
        xmlns:oc="http://owncloud.org/ns"><d:set><d:prop>\(inside)</d:prop></d:set>\
        </d:propertyupdate>
        """
    }

    @Test("a reader sets colour, order and enabled for themselves, and nothing else")
    func reader() throws {
        let site = try Site()
        site.store.shares = [
            MemoryShare(owner: "anna", calendar: 1, grantee: "ben", privileges: .read)
        ]
        let color = "<ic:calendar-color>#111111</ic:calendar-color>"
        _ = site.send("PROPPATCH", calendarPath, body: update(color))
        let revision = site.store.calendars[0].record.revision
        let own =
            color.replacing("1", with: "2") + "<ic:calendar-order>7</ic:calendar-order>"
            + "<oc:calendar-enabled>0</oc:calendar-enabled>"
        let set = site.send("PROPPATCH", calendarPath, user: "ben", body: update(own))
        #expect(!set.text.contains("403"))
        #expect(site.store.calendars[0].record.revision == revision)
        func colour(_ user: String) throws -> String? {
            try site.find(calendarPath, "ic:calendar-color", user: user)
                .property(.apple("calendar-color"), of: "/caldav/" + calendarPath)?.text
        }
        #expect(try colour("anna") == "#111111")
        #expect(try colour("ben") == "#222222")

        let refused = site.send(
            "PROPPATCH", calendarPath, user: "ben",
            body: update("<d:displayname>Mine</d:displayname>" + color))
        let response = try #require(try refused.responses()["/caldav/" + calendarPath])
        #expect(response.property(.dav("displayname"), status: 403) != nil)
        #expect(response.property(.apple("calendar-color"), status: 424) != nil)
        #expect(refused.text.contains("write-properties"))
        #expect(try colour("ben") == "#222222")
    }
}

@Suite("Proxy groups (caldav-proxy)")
struct ProxyTests {
    private let write = "principals/users/anna/calendar-proxy-write/"
    private let read = "principals/users/anna/calendar-proxy-read/"
    private let ben = "/caldav/principals/users/ben/"

    private func setMembers(_ site: Site, _ path: String, _ members: String) -> Answer {
        site.send(
            "PROPPATCH", path,
            body: """
                <d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><d:group-member-set>\(members)\
                </d:group-member-set></d:prop></d:set></d:propertyupdate>
                """)
    }

    @Test("a member may do with all calendars what the group may, and both sides see it")
    func members() throws {
        let site = try Site()
        #expect(setMembers(site, write, user("ben")).status == 207)
        #expect(
            site.send("PUT", calendarPath + "b.ics", user: "ben", body: event("b")).status == 201)
        #expect(try site.hrefs(write, "d:group-member-set") == [ben])
        let bens = "principals/users/ben/"
        #expect(
            try site.hrefs(bens, "d:group-membership", user: "ben") == ["/caldav/" + write])
        #expect(
            try site.hrefs(bens, "cs:calendar-proxy-write-for", user: "ben") == [
                "/caldav/principals/users/anna/"
            ])
        // In the other group, they change over.
        #expect(setMembers(site, read, user("ben")).status == 207)
        #expect(try site.hrefs(write, "d:group-member-set").isEmpty)
        #expect(
            site.send("PUT", calendarPath + "c.ics", user: "ben", body: event("c")).status == 403)
        #expect(setMembers(site, read, "").status == 207)
        #expect(site.send("PROPFIND", calendarPath, user: "ben").status == 403)
    }

    @Test("a single shared calendar is found by calendar-proxy-read-for, principal, home")
    func single() throws {
        let site = try Site()
        site.store.shares = [
            MemoryShare(owner: "anna", calendar: 1, grantee: "ben", privileges: .read)
        ]
        let owners = try site.hrefs(
            "principals/users/ben/", "cs:calendar-proxy-read-for", user: "ben")
        #expect(owners == ["/caldav/principals/users/anna/"])
        let homes = try site.hrefs(
            "principals/users/anna/", "c:calendar-home-set", user: "ben")
        #expect(homes == ["/caldav/calendars/anna/"])
    }

    @Test("the groups say what they are, and DAV names calendar-proxy")
    func types() throws {
        let answer = try Site().find(write, "d:resourcetype")
        let types = try answer.property(.dav("resourcetype"), of: "/caldav/" + write)?.elements
        #expect(types?.map(\.name.local) == ["collection", "principal", "calendar-proxy-write"])
        #expect(answer["DAV"]?.contains("calendar-proxy") == true)
    }

    @Test("only those who are there can be members, and only one's own group is set")
    func refusals() throws {
        let site = try Site()
        #expect(setMembers(site, write, user("nobody")).precondition == "recognized-principal")
        #expect(
            setMembers(site, "principals/users/ben/calendar-proxy-write/", user("anna")).status
                == 403)
        #expect(site.store.shares.isEmpty)
    }

    @Test("expand-property goes from a person to the groups and on to their owners")
    func expands() throws {
        let site = try Site()
        _ = setMembers(site, read, user("ben"))
        let answer = site.send(
            "REPORT", "principals/users/ben/", user: "ben",
            body: """
                <d:expand-property xmlns:d="DAV:"><d:property name="group-membership">\
                <d:property name="displayname"/><d:property name="owner">\
                <d:property name="displayname"/></d:property>\
                <d:property name="group-member-set"><d:property name="principal-URL"/>\
                </d:property></d:property></d:expand-property>
                """)
        #expect(answer.text.contains("<d:displayname>Anna A.</d:displayname>"))
        #expect(answer.text.contains("<d:href>/caldav/\(read)</d:href>"))
        #expect(answer.text.contains("<d:href>\(ben)</d:href>"))
    }

    @Test("expand-property answers 403 for whom one may not see")
    func expandsRefused() throws {
        let site = try Site()
        site.settings.findPeople = .nobody
        site.store.shares = [
            MemoryShare(owner: "anna", calendar: 0, grantee: "ben", privileges: .read)
        ]
        let answer = site.send(
            "REPORT", read,
            body: """
                <d:expand-property xmlns:d="DAV:"><d:property name="group-member-set">\
                <d:property name="displayname"/></d:property></d:expand-property>
                """)
        #expect(answer.text.contains("403"))
        #expect(answer.text.contains("need-privileges"))
    }

    @Test("principal-match for oneself finds the groups one is in")
    func match() throws {
        let site = try Site()
        _ = setMembers(site, read, user("ben"))
        let answer = site.send(
            "REPORT", "principals/users/", user: "ben",
            body: "<d:principal-match xmlns:d=\"DAV:\"><d:self/></d:principal-match>")
        #expect(try answer.responses().keys.sorted() == ["/caldav/" + read, ben].sorted())
    }
}

@Suite("Finding people, RFC 3744 §9.4")
struct FindPeopleTests {
    private func search(
        _ site: Site, _ searches: (names: [String], match: String)..., anyOf: Bool = false
    ) throws -> [String] {
        let inside = searches.map { search in
            "<d:property-search><d:prop>\(search.names.map { "<\($0)/>" }.joined())</d:prop>"
                + "<d:match>\(search.match)</d:match></d:property-search>"
        }.joined()
        let answer = site.send(
            "REPORT", "principals/users/",
            body: """
                <d:principal-property-search xmlns:d="DAV:" \
                xmlns:c="urn:ietf:params:xml:ns:caldav" \(anyOf ? "test=\"anyof\"" : "")>\(inside)\
                <d:prop><d:displayname/></d:prop></d:principal-property-search>
                """)
        guard answer.status == 207 else { return ["\(answer.status)"] }
        return try answer.responses().keys.map {
            String($0.dropFirst("/caldav/principals/users/".count).dropLast())
        }.sorted()
    }

    private func site(_ findPeople: PeopleSearch) throws -> Site {
        let site = try Site()
        site.settings.findPeople = findPeople
        site.store.users.append(
            UserRecord(
                name: "benedikt", passwordHash: [], email: "b.k@example.org", displayName: "B. K."))
        return site
    }

    private let address = "c:calendar-user-address-set"

    @Test("by a part of the name; never by less than two characters")
    func part() throws {
        let site = try site(.part)
        #expect(try search(site, (["d:displayname"], "be")) == ["ben"])
        #expect(try search(site, ([address], "example.org")) == ["anna", "benedikt"])
        #expect(try search(site, (["d:displayname"], "b")).isEmpty)
        #expect(try search(site, (["d:displayname"], "")) == ["anna"])
        #expect(try search(site, ([address], "/principals/users/benedikt/")) == ["benedikt"])
    }

    @Test("several properties and several searches are all to fit, or any")
    func several() throws {
        let site = try site(.part)
        #expect(try search(site, (["d:displayname", address], "anna")) == ["anna"])
        #expect(try search(site, (["d:displayname", address], "b. k")).isEmpty)
        #expect(try search(site, (["d:displayname"], "b. k"), ([address], "b.k")) == ["benedikt"])
        #expect(try search(site, (["d:displayname"], "ben"), ([address], "b.k")).isEmpty)
        #expect(
            try search(site, (["d:displayname"], "ben"), ([address], "b.k"), anyOf: true) == [
                "ben", "benedikt",
            ])
    }

    @Test("by the whole name or address alone, where the operator says so")
    func whole() throws {
        let site = try site(.whole)
        #expect(try search(site, ([address], "b.k@")).isEmpty)
        #expect(try search(site, ([address], "B.K@example.org")) == ["benedikt"])
        #expect(try search(site, ([address], "mailto:b.k@example.org")) == ["benedikt"])
    }

    @Test("nobody, where the operator says so")
    func nobody() throws {
        let site = try site(.nobody)
        #expect(try search(site, ([address], "b.k@example.org")).isEmpty)
        #expect(try search(site, ([address], "anna@")) == ["anna"])
        #expect(site.send("PROPFIND", "principals/users/ben/").status == 403)
        // Nor are they found by sharing with them.
        let list = """
            <d:acl xmlns:d="DAV:"><d:ace><d:principal>\(user("ben"))</d:principal><d:grant>\
            <d:privilege><d:read/></d:privilege></d:grant></d:ace></d:acl>
            """
        #expect(
            site.send("ACL", "calendars/anna/", body: list).precondition == "recognized-principal")
    }

    @Test("too many to list: number-of-matches-within-limits")
    func tooMany() throws {
        let site = try site(.part)
        for number in 0..<200 {
            site.store.users.append(
                UserRecord(
                    name: "many\(number)", passwordHash: [], email: nil, displayName: nil))
        }
        #expect(try search(site, (["d:displayname"], "many")) == ["507"])
    }
}
