import CalDAV
import Testing
import WebDAV

private let path = "calendars/anna/crm-tasks/"
private let browser = [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]

@Suite("Pages for a browser")
struct PageTests {
    @Test(
        "say at the root, a home and a calendar what the address is",
        arguments: ["", "calendars/anna/", path])
    func page(path: String) throws {
        let answer = try Site().send("GET", path, fields: browser)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer.text.contains("https://example.org/caldav/"))
        let head = try Site().send("HEAD", path, fields: browser)
        #expect(head.status == 200 && head.body.isEmpty)
        #expect(head["Content-Type"] == "text/html; charset=utf-8")
    }

    @Test("run nothing and load nothing", arguments: ["", path])
    func policy(path: String) throws {
        let answer = try Site().send("GET", path, fields: browser)
        for word in ["<script", "<link", "<img", "<iframe", " style=", " onclick="] {
            #expect(!answer.text.contains(word))
        }
        let policy = try #require(answer["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none'; style-src 'sha256-"))
        #expect(!policy.contains("unsafe"))
    }

    @Test("name every client, the server and who is signed in")
    func clients() throws {
        let text = try Site().send("GET", "", fields: browser).text
        for client in [
            "Thunderbird", "iPhone", "Mac", "Android", "Evolution", "KDE", "Outlook", "Nextcloud",
        ] {
            #expect(text.contains("<summary>\(client)"))
        }
        #expect(text.contains("<code>anna</code>"))
        #expect(text.contains("https://example.org/caldav/" + path))
    }

    @Test("show names as text, whatever they are", arguments: ["", path])
    func escaping(path: String) throws {
        let site = try Site()
        site.store.calendars[0].record.displayName = "<b>\"x\" & <script>"
        site.store.calendars[0].record.description = "<i>d</i>"
        site.store.calendars[0].record.color = "#12\"><script>"
        site.store.users[0].displayName = "<u>anna</u>"
        let text = site.send("GET", path, fields: browser).text
        #expect(!text.contains("<script") && !text.contains("<i>d") && !text.contains("<u>anna"))
    }

    @Test("show a new secret address once, with a button to end it")
    func secretAddresses() throws {
        let site = try Site()
        let form = ("Content-Type", "application/x-www-form-urlencoded")
        let made = site.send(
            "POST", path, query: "feed", fields: browser + [form], body: "label=%3Cb%3E")
        #expect(made.status == 201)
        #expect(made.text.contains("<code>https://example.org/caldav/feed/token1.ics</code>"))
        let page = site.send("GET", path, fields: browser)
        #expect(!page.text.contains("token1"))
        #expect(page.text.contains("name=\"revoke\" value=\"1\""))
        #expect(page.text.contains("&lt;b&gt;"))
        let ended = site.send(
            "POST", path, query: "feed", fields: browser + [form], body: "revoke=1")
        #expect(ended.status == 303)
        #expect(ended["Location"] == "/caldav/" + path)
        #expect(!site.send("GET", path, fields: browser).text.contains("revoke"))
    }

    @Test("are for browsers alone", arguments: ["*/*", "text/calendar, text/html"])
    func others(accept: String) throws {
        let answer = try Site().send("GET", path, fields: [("Accept", accept)])
        #expect(answer["Content-Type"] == "text/calendar; charset=utf-8")
    }
}
