import CalDAV
import Testing
import WebDAV
import XML

private let path = "calendars/anna/crm-tasks/"
private let secret = "0123456789abcdef0123456789abcdef"

extension Site {
    /// Shares anna's default calendar with otto of another server.
    fileprivate func invite(_ access: FederatedAccess = .readWrite) throws {
        store.guests[secret] = MemoryGuest(
            cloudID: try #require(CloudID("otto@cloud.example")), owner: "anna", uri: "crm-tasks",
            access: access)
    }

    fileprivate func asOtto(
        _ method: String, _ path: String, name: String = "otto@cloud.example",
        secret: String = secret, query: String? = nil, fields: [(String, String)] = [],
        body: String? = nil
    ) -> Answer {
        send(
            method, path, user: base64(name), password: secret, query: query, fields: fields,
            body: body)
    }
}

@Suite("Cloud ids, as Nextcloud reads them")
struct CloudIDTests {
    @Test(arguments: [
        ("otto@cloud.example", "otto", "cloud.example"),
        ("otto@mail.example@cloud.example", "otto@mail.example", "cloud.example"),
        ("otto@cloud.example/nextcloud/", "otto", "cloud.example/nextcloud"),
        ("otto@cloud.example:8443", "otto", "cloud.example:8443"),
        ("otto@https://cloud.example", "otto", "cloud.example"),
        ("otto@http://127.0.0.1:8080", "otto", "http://127.0.0.1:8080"),
        ("otto@cloud.example/index.php/s/token", "otto", "cloud.example"),
        ("otto@cloud.example/a@b", "otto", "cloud.example/a@b"),
    ])
    func read(text: String, user: String, server: String) throws {
        let id = try #require(CloudID(text))
        #expect(id.user == user)
        #expect(id.server == server)
    }

    @Test(arguments: ["otto", "@cloud.example", "otto@", "otto@https://", "o tto@x", "otto:@x", ""])
    func refused(text: String) {
        #expect(CloudID(text) == nil)
    }

    @Test("of more than 255 bytes there is none")
    func tooLong() {
        #expect(CloudID("otto@" + String(repeating: "x", count: 250)) != nil)
        #expect(CloudID("otto@" + String(repeating: "x", count: 251)) == nil)
    }
}

@Suite("Somebody of another server, with whom a calendar is shared")
struct GuestTests {
    private let report = """
        <x1:sync-collection xmlns:x1="DAV:"><x1:sync-token>http://sabre.io/ns/sync/0</x1:sync-token>
        <x1:prop><x1:getcontenttype/><x1:getetag/></x1:prop></x1:sync-collection>
        """

    @Test("reads and writes the one calendar")
    func reads() throws {
        let site = try Site()
        try site.invite()
        site.put("a.ics", event("1"))
        let listed = site.asOtto("REPORT", path, body: report)
        #expect(listed.status == 207)
        #expect(try listed.responses()["/caldav/\(path)a.ics"] != nil)
        #expect(site.asOtto("GET", path + "a.ics").text.contains("UID:1"))
        let made = site.asOtto("PUT", path + "b.ics", body: event("2"))
        #expect(made.status == 201)
        #expect(made["ETag"] != nil)
        #expect(made.user == "otto@cloud.example")
        #expect(site.asOtto("DELETE", path + "a.ics").status == 204)
    }

    @Test("a token that is no good brings everything, and what is gone")
    func invalidToken() throws {
        let site = try Site()
        try site.invite()
        site.put("a.ics", event("1"))
        site.put("b.ics", event("2"))
        _ = site.send("DELETE", path + "b.ics")
        let stale = report.replacing("sync/0", with: "sync/999999")
        let answer = site.asOtto("REPORT", path, body: stale)
        #expect(answer.status == 207)
        let responses = try answer.responses()
        #expect(responses["/caldav/\(path)a.ics"]?.property(.dav("getetag")) != nil)
        let gone = try #require(responses["/caldav/\(path)b.ics"])
        #expect(gone.first(.dav("status"))?.text.contains("404") == true)
        #expect(site.send("REPORT", path, body: stale).status == 403)
    }

    @Test("who may only read is refused what changes anything")
    func readsOnly() throws {
        let site = try Site()
        try site.invite(.read)
        site.put("a.ics", event("1"))
        #expect(site.asOtto("GET", path + "a.ics").status == 200)
        for (method, name) in [("PUT", "a.ics"), ("PUT", "new.ics"), ("DELETE", "a.ics")] {
            let answer = site.asOtto(method, path + name, body: event("1"))
            #expect(answer.status == 403)
            #expect(answer.precondition == "need-privileges")
        }
    }

    @Test(
        "everything else is refused alike, whether it exists or not",
        arguments: ["GET", "PROPFIND", "PUT", "DELETE", "REPORT", "MKCALENDAR", "COPY", "ACL"])
    func nowhereElse(method: String) throws {
        let site = try Site()
        try site.invite()
        try site.store.createCalendar("other", of: "anna", with: [])
        let places = [
            "", "calendars/", "calendars/anna/", "calendars/anna/other/", "calendars/anna/none/",
            "calendars/anna/other/x.ics", "calendars/ben/crm-tasks/", "calendars/nobody/x/",
            "principals/", "principals/users/anna/", "principals/users/nobody/",
            "calendars/anna/inbox/", "calendars/anna/crm-tasks/a/b", "x/y",
        ]
        let answers = places.map { site.asOtto(method, $0, body: "") }
        for (place, answer) in zip(places, answers) {
            #expect(answer.status == 403, "\(method) \(place)")
            #expect(
                answer.text.replacing("/caldav/\(place)<", with: "<")
                    == answers[0].text.replacing("/caldav/<", with: "<"), "\(method) \(place)")
        }
    }

    @Test(
        "of the calendar itself, what is its owner's",
        arguments: [
            ("DELETE", ""), ("PROPPATCH", ""), ("ACL", ""), ("POST", ""), ("MKCALENDAR", ""),
            ("COPY", "a.ics"), ("MOVE", "a.ics"), ("PROPPATCH", "a.ics"),
        ])
    func notTheOwners(method: String, name: String) throws {
        let site = try Site()
        try site.invite()
        site.put("a.ics", event("1"))
        let fields = [("Destination", "https://example.org/caldav/\(path)b.ics")]
        #expect(site.asOtto(method, path + name, fields: fields).status == 403)
        #expect(site.store.calendars.first?.objects.keys.sorted() == ["a.ics"])
    }

    @Test(
        "secret addresses of the calendar are not theirs to see, and no reason to ask who they are")
    func noFeeds() throws {
        let site = try Site()
        try site.invite()
        #expect(site.asOtto("GET", path, query: "feed").status == 403)
    }

    @Test(
        "reports that lead elsewhere are refused",
        arguments: [
            "<principal-match xmlns=\"DAV:\"><self/></principal-match>",
            "<expand-property xmlns=\"DAV:\"><property name=\"owner\"/></expand-property>",
            "<free-busy-query xmlns=\"urn:ietf:params:xml:ns:caldav\"/>",
        ])
    func noOtherReports(body: String) throws {
        let site = try Site()
        try site.invite()
        #expect(site.asOtto("REPORT", path, body: body).status == 403)
    }

    @Test("multiget answers for the one calendar and no other, not even for a public one")
    func multiget() throws {
        let site = try Site()
        try site.invite()
        try site.store.createCalendar("public", of: "anna", with: [])
        let id = try #require(site.store.calendars.last?.record.id)
        site.store.shares.append(
            MemoryShare(owner: "anna", calendar: id, grantee: "", privileges: .read))
        site.put("a.ics", event("1"))
        _ = site.send("PUT", "calendars/anna/public/p.ics", body: event("2"))
        let answer = site.asOtto(
            "REPORT", path,
            body: """
                <c:calendar-multiget xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns="DAV:">
                <prop><getetag/></prop><href>/caldav/\(path)a.ics</href>
                <href>/caldav/calendars/anna/public/p.ics</href></c:calendar-multiget>
                """)
        let responses = try answer.responses()
        let own = try #require(responses["/caldav/\(path)a.ics"])
        #expect(own.property(.dav("getetag")) != nil)
        let other = try #require(responses["/caldav/calendars/anna/public/p.ics"])
        #expect(other.first(.dav("status"))?.text.contains("403") == true)
    }

    @Test("properties of the calendar say that they are nobody here")
    func unauthenticated() throws {
        let site = try Site()
        try site.invite()
        let answer = site.asOtto(
            "PROPFIND", path, fields: [("Depth", "0")],
            body: """
                <propfind xmlns="DAV:"><prop><current-user-principal/><principal-URL/>
                <current-user-privilege-set/></prop></propfind>
                """)
        let calendar = try #require(try answer.responses()["/caldav/\(path)"])
        let principal = try #require(calendar.property(.dav("current-user-principal")))
        #expect(principal.elements.map(\.name.local) == ["unauthenticated"])
        #expect(calendar.property(.dav("principal-URL"), status: 404) != nil)
        let privileges = try #require(calendar.property(.dav("current-user-privilege-set")))
        let names = privileges.elements.flatMap(\.elements).map(\.name.local)
        #expect(Set(names).isSuperset(of: ["read", "write-content", "bind", "unbind"]))
        #expect(!names.contains("write-properties") && !names.contains("write-acl"))
    }

    @Test("a wrong secret is 401; so is one that its receiver declined")
    func wrong() throws {
        let site = try Site()
        try site.invite()
        let answer = site.asOtto("GET", path, secret: "wrong")
        #expect(answer.status == 401)
        #expect(answer["WWW-Authenticate"] != nil)
        #expect(site.asOtto("GET", path, name: "emil@cloud.example").status == 401)
        site.store.guests[secret]?.state = .declined
        #expect(site.asOtto("GET", path).status == 401)
    }

    @Test("the server may call itself by another name")
    func otherHost() throws {
        let site = try Site()
        try site.invite()
        #expect(site.asOtto("GET", path, name: "otto@http://localhost").status == 200)
    }

    @Test("an absent database is 503, with every secret")
    func away() throws {
        let site = try Site()
        try site.invite()
        site.store.failure = .unavailable("away")
        for given in [secret, "wrong"] {
            let answer = site.asOtto("GET", path, secret: given)
            #expect(answer.status == 503)
            #expect(answer["Retry-After"] != nil)
        }
    }

    @Test("who of the CRM has such a name signs in with their password, and nobody else under it")
    func userOfThatName() throws {
        let site = try Site()
        try site.invite()
        let name = base64("otto@cloud.example")
        site.store.users.append(
            UserRecord(name: name, passwordHash: [], email: nil, displayName: nil))
        #expect(site.asOtto("GET", path).status == 401)
        let own = site.send("PROPFIND", "", user: name, fields: [("Depth", "0")])
        #expect(own.status == 207)
    }

    @Test("a cloud id that reads like a user's name gives nothing of that user's")
    func sameName() throws {
        let site = try Site()
        site.store.users.append(
            UserRecord(
                name: "otto@cloud.example", passwordHash: [], email: nil, displayName: nil))
        try site.store.createCalendar("crm-tasks", of: "otto@cloud.example", with: [])
        try site.invite()
        #expect(site.asOtto("GET", "calendars/otto%40cloud.example/crm-tasks/").status == 403)
        #expect(site.asOtto("PROPFIND", "principals/users/otto%40cloud.example/").status == 403)
    }

    @Test("guesses are slowed down with 429; what is right is never")
    func slowed() throws {
        let site = try Site()
        try site.invite()
        #expect(site.asOtto("GET", path, secret: "locked").status == 429)
        site.store.guests["locked"] = site.store.guests[secret]
        #expect(site.asOtto("GET", path, secret: "locked").status == 200)
    }

    @Test("what the CRM changed is merged first")
    func merged() throws {
        let site = try Site()
        try site.invite()
        site.store.hasPendingChanges = true
        site.store.calls = []
        #expect(site.asOtto("GET", path).status == 200)
        #expect(site.store.calls.prefix(3) == ["openAsGuest", "merge", "openAsGuest"])
    }
}

@Suite("Open Cloud Mesh: what other servers ask")
struct OpenCloudMeshTests {
    @Test(
        "they find where notifications go, and that calendars are shared",
        arguments: [
            "ocm-provider/", "ocm-provider", ".well-known/ocm",
        ])
    func discovery(path: String) throws {
        let site = try Site()
        site.settings.publicAddress = "https://crm.example/dav/"
        let answer = site.send("GET", path, user: nil)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        let json = try #require(JSONValue(parsing: answer.body))
        #expect(json["enabled"] == true)
        #expect(json["apiVersion"] == "1.1.0")
        #expect(json["endPoint"] == "https://crm.example/dav/ocm")
        let type = try #require(json["resourceTypes"]?.elements.first)
        #expect(type["name"] == "calendar")
        #expect(type["shareTypes"] == ["user"])
        #expect(type["protocols"] == ["caldav": "/dav/"])
        #expect(json["publicKey"] == nil)
        #expect(site.send("PUT", path, user: nil).status == 405)
    }

    @Test("without a configured address it is the one that they asked at")
    func ownAddress() throws {
        let json = JSONValue(parsing: try Site().send("GET", "ocm-provider/", user: nil).body)
        #expect(json?["endPoint"] == "https://example.org/caldav/ocm")
    }

    private func tell(_ site: Site, _ type: String, secret: String = secret) -> Answer {
        site.send(
            "POST", "ocm/notifications", user: nil,
            body: """
                {"notificationType":"\(type)","resourceType":"calendar","providerId":"calendar",
                 "notification":{"sharedSecret":"\(secret)","message":"x"}}
                """)
    }

    @Test("that a calendar was taken or declined is noted")
    func answers() throws {
        let site = try Site()
        try site.invite()
        #expect(tell(site, "SHARE_ACCEPTED").status == 201)
        #expect(site.store.guests[secret]?.state == .accepted)
        #expect(tell(site, "SHARE_DECLINED").status == 201)
        #expect(site.store.guests[secret]?.state == .declined)
    }

    @Test("other notifications, unknown shares and what is no message are refused")
    func refused() throws {
        let site = try Site()
        try site.invite()
        #expect(tell(site, "REQUEST_RESHARE").status == 501)
        #expect(tell(site, "SHARE_DECLINED", secret: "none").status == 403)
        #expect(tell(site, "SHARE_DECLINED", secret: "locked").status == 429)
        for body in [
            "", "[]", "{", "{\"notificationType\":1}", String(repeating: "[", count: 5_000),
        ] {
            #expect(site.send("POST", "ocm/notifications", user: nil, body: body).status == 400)
        }
        let large = String(repeating: "x", count: 70_000)
        #expect(site.send("POST", "ocm/notifications", user: nil, body: large).status == 413)
        #expect(site.send("GET", "ocm/notifications", user: nil).status == 405)
        #expect(site.send("POST", "ocm/shares", user: nil, body: "{}").status == 501)
        #expect(site.store.guests[secret]?.state == nil)
    }
}
