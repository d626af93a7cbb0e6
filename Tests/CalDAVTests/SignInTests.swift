import CalDAV
import Testing
import WebDAV

@Suite("Signing in, RFC 7617")
struct SignInTests {
    @Test("without credentials: 401 with a Basic challenge in UTF-8")
    func challenge() throws {
        let site = try Site()
        let answer = site.send("PROPFIND", "", user: nil)
        #expect(answer.status == 401)
        #expect(answer["WWW-Authenticate"] == "Basic realm=\"CalDAV\", charset=\"UTF-8\"")
        #expect(answer["DAV"]?.contains("calendar-access") == true)
        #expect(site.store.calls.isEmpty)
    }

    @Test("a wrong password and an unknown name are told apart by nothing")
    func refused() throws {
        let site = try Site()
        let wrong = site.send("PROPFIND", "", password: "no")
        let unknown = site.send("PROPFIND", "", user: "zoe", password: "secret")
        for answer in [wrong, unknown] {
            #expect(answer.status == 401)
            #expect(answer.user == nil)
        }
        #expect(wrong.body == unknown.body)
        #expect(site.events.count == 2)
    }

    @Test(
        "too many tries are 429, never 401: there are clients that delete a calendar on 401",
        arguments: [("busy", "2"), ("locked", "60")])
    func limited(password: String, seconds: String) throws {
        let answer = try Site().send("PROPFIND", "", password: password)
        #expect(answer.status == 429)
        #expect(answer["Retry-After"] == seconds)
    }

    @Test(
        "a database that is away is 503 with Retry-After, with right or wrong password",
        arguments: ["secret", "no"])
    func unavailable(password: String) throws {
        let site = try Site()
        site.store.failure = .unavailable("gone away")
        let answer = site.send("GET", "calendars/anna/crm-tasks/a.ics", password: password)
        #expect(answer.status == 503)
        #expect(answer["Retry-After"] == "5")
        #expect(!answer.text.contains("gone away"))
    }

    @Test("the store's bugs are a 500 that says nothing of the inside")
    func failed() throws {
        let site = try Site()
        site.store.failure = .failed("SELECT password FROM users")
        let answer = site.send("GET", "calendars/anna/crm-tasks/a.ics")
        #expect(answer.status == 500)
        #expect(!answer.text.contains("SELECT"))
    }

    @Test("nothing is written for somebody whose password is wrong")
    func order() throws {
        let site = try Site()
        site.store.hasPendingChanges = true
        site.store.needsHome = true
        _ = site.send("PROPFIND", "calendars/anna/", password: "no")
        #expect(site.store.calls == ["open"])
    }

    @Test("what the CRM changed is merged, and a missing home made, before the answer")
    func reconcile() throws {
        let site = try Site()
        site.store.hasPendingChanges = true
        site.store.needsHome = true
        _ = site.send("GET", "calendars/anna/crm-tasks/a.ics")
        #expect(site.store.calls == ["open", "merge", "prepareHome", "open"])
    }

    @Test("the web server's word counts where it is trusted, and only there")
    func remoteUser() throws {
        let site = try Site()
        let request = Request(
            method: "PROPFIND", path: "", basePath: "/", scheme: "https", authority: "x",
            fields: HeaderFields(), clientAddress: "", remoteUser: "anna",
            readBody: { _ in [] })
        var settings = ServerSettings()
        func status() -> Int {
            Server(
                settings: settings, verifier: site.verifier, store: site.store,
                surfaces: site.surfaces, log: { _ in }
            ).respond(to: request).status.code
        }
        #expect(status() == 401)
        settings.trustsRemoteUser = true
        #expect(status() == 207)
    }
}

@Suite("Who may do what")
struct AuthorisationTests {
    @Test(
        "below another's home everything is 403 need-privileges, whether it exists or not",
        arguments: [
            "calendars/ben/", "calendars/ben", "calendars/ben/crm-tasks/",
            "calendars/ben/nothing/", "calendars/ben/crm-tasks/x.ics",
            "calendars/ben/a/b/c/d", "calendars/nobody/", "calendars/nobody/a/b.ics",
            "principals/users/ben/", "principals/users/nobody/",
        ])
    func strangers(path: String) throws {
        let site = try Site()
        site.settings.findPeople = .nobody
        let methods = [
            "GET", "HEAD", "PUT", "POST", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCALENDAR",
            "MKCOL",
        ]
        for method in methods {
            let answer = site.send(method, path, body: "")
            #expect(answer.status == 403, "\(method)")
            #expect(answer.precondition == "need-privileges", "\(method)")
        }
    }

    @Test("OPTIONS needs no sign-in and answers alike for what is there and what is not")
    func options() throws {
        let site = try Site()
        let known = site.send("OPTIONS", "calendars/ben/crm-tasks/", user: nil)
        let unknown = site.send("OPTIONS", "calendars/nobody/x/", user: nil)
        #expect(known.status == 200)
        #expect(known["Allow"] == unknown["Allow"])
        #expect(site.store.calls.isEmpty)
    }

    @Test("lists of principals and homes show nobody else")
    func lists() throws {
        let site = try Site()
        for path in ["", "principals/", "principals/users/", "calendars/", "calendars/anna/"] {
            let answer = site.send("PROPFIND", path, fields: [("Depth", "1")])
            #expect(answer.status == 207)
            #expect(!answer.text.contains("ben"))
        }
    }
}

@Suite("Methods, RFC 9110 §9 and RFC 4918 §9")
struct MethodTests {
    @Test("an unknown method is 501, a known one in the wrong place 405 with Allow")
    func methods() throws {
        let site = try Site()
        #expect(site.send("BREW", "").status == 501)
        #expect(site.send("propfind", "").status == 501)
        let answer = site.send("PUT", "calendars/anna/")
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "OPTIONS, GET, HEAD, PROPFIND, PROPPATCH, REPORT, ACL")
    }

    @Test("Allow of the home names REPORT: one client decides by it whether to sync by token")
    func home() throws {
        let allow = try Site().send("OPTIONS", "calendars/anna/")["Allow"]
        #expect(allow?.contains("REPORT") == true)
    }

    @Test(
        "the same DAV field stands on everything",
        arguments: [
            ("OPTIONS", "principals/users/anna/"), ("OPTIONS", "calendars/anna/"),
            ("OPTIONS", "calendars/anna/crm-tasks/"), ("PROPFIND", "nowhere"),
            ("GET", "calendars/anna/crm-tasks/no.ics"), ("BREW", ""), ("PROPFIND", "a/../b"),
        ])
    func davField(method: String, path: String) throws {
        #expect(try Site().send(method, path)["DAV"]?.contains("calendar-access") == true)
    }

    @Test(
        "paths that could lead elsewhere are 400",
        arguments: [
            "calendars/anna/../ben/", "calendars//anna/", "calendars/anna/%2e%2e/",
            "calendars/%00/",
            "calendars/%ff/",
        ])
    func paths(path: String) throws {
        #expect(try Site().send("PROPFIND", path).status == 400)
    }

    @Test("an encoded slash is part of a name, never a separator")
    func encodedSlash() throws {
        let site = try Site()
        #expect(site.send("PROPFIND", "calendars/anna%2Fcrm-tasks").status == 403)
        #expect(site.put("a%2Fb.ics", event("1")).status == 201)
        #expect(site.store.calendars[0].objects["a/b.ics"] != nil)
    }
}
