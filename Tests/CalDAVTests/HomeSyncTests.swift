import Testing
import WebDAV
import XML

@testable import CalDAV

@Suite("sync-collection of a calendar home, RFC 6578 §3")
struct HomeSyncTests {
    private let site: Site
    private let home = "/caldav/calendars/anna/"

    init() throws {
        site = try Site()
        site.put("a.ics", event("a"))
        #expect(site.send("MKCALENDAR", "calendars/anna/work").status == 201)
        #expect(site.send("PUT", "calendars/anna/work/w.ics", body: event("w")).status == 201)
    }

    private struct Report {
        var changed: [String] = []
        var removed: [String] = []
        var isCut = false
        var token = ""
    }

    private func sync(
        _ token: String = "", level: String = "infinite", limit: Int? = nil
    ) throws -> Report {
        let limit = limit.map { "<d:limit><d:nresults>\($0)</d:nresults></d:limit>" } ?? ""
        let answer = site.send(
            "REPORT", "calendars/anna/",
            body: """
                <d:sync-collection xmlns:d="DAV:"><d:sync-token>\(token)</d:sync-token>
                <d:sync-level>\(level)</d:sync-level>\(limit)<d:prop><d:getetag/></d:prop>
                </d:sync-collection>
                """)
        #expect(answer.status == 207)
        let xml = try answer.xml()
        var report = Report(token: xml.first(.dav("sync-token"))?.text ?? "")
        for response in xml.all(.dav("response")) {
            let href = response.first(.dav("href"))?.text ?? ""
            let status = response.first(.dav("status"))?.text ?? ""
            if status.contains("507") {
                #expect(href == home)
                report.isCut = true
            } else {
                let name = String(href.dropFirst(home.count))
                status.contains("404") ? report.removed.append(name) : report.changed.append(name)
            }
        }
        return report
    }

    @Test func firstListHasAllOfTheLevel() throws {
        let collections = ["inbox/", "outbox/", "notifications/", "crm-tasks/", "work/"]
        #expect(try sync(level: "1").changed == collections)
        #expect(try sync().changed == collections + ["crm-tasks/a.ics", "work/w.ics"])
    }

    @Test func nothingNewKeepsTheToken() throws {
        let first = try sync()
        let second = try sync(first.token)
        #expect(second.changed.isEmpty && second.removed.isEmpty)
        #expect(second.token == first.token)
    }

    @Test func theTokenIsTheProperty() throws {
        let answer = site.send(
            "PROPFIND", "calendars/anna/", fields: [("Depth", "0")],
            body: "<d:propfind xmlns:d='DAV:'><d:prop><d:sync-token/></d:prop></d:propfind>")
        #expect(try answer.property(.dav("sync-token"), of: home)?.text == sync().token)
    }

    @Test func changesOfObjectsAreTold() throws {
        let token = try sync().token
        site.put("b.ics", event("b"))
        #expect(site.send("DELETE", "calendars/anna/work/w.ics").status == 204)
        let report = try sync(token)
        #expect(report.changed == ["crm-tasks/", "work/", "crm-tasks/b.ics"])
        #expect(report.removed == ["work/w.ics"])
        #expect(try sync(token, level: "1").changed == ["crm-tasks/", "work/"])
    }

    @Test func calendarsThatComeGoAndChangeAreTold() throws {
        let token = try sync().token
        #expect(site.send("MKCALENDAR", "calendars/anna/new").status == 201)
        #expect(site.send("DELETE", "calendars/anna/work").status == 204)
        site.store.calendars[0].record.displayName = "Changed by the CRM"
        for level in ["1", "infinite"] {
            let report = try sync(token, level: level)
            #expect(report.changed == ["crm-tasks/", "new/"])
            #expect(report.removed == ["work/"])
            #expect(try sync(report.token, level: level).removed.isEmpty)
        }
    }

    @Test func aCalendarMadeAgainIsAChangedOne() throws {
        #expect(site.send("PUT", "calendars/anna/work/x.ics", body: event("x")).status == 201)
        let token = try sync().token
        #expect(site.send("DELETE", "calendars/anna/work").status == 204)
        #expect(site.send("MKCALENDAR", "calendars/anna/work").status == 201)
        #expect(site.send("PUT", "calendars/anna/work/x.ics", body: event("x2")).status == 201)
        let report = try sync(token)
        #expect(report.changed == ["work/", "work/x.ics"])
        #expect(report.removed == ["work/w.ics"])
        #expect(try sync(report.token).removed.isEmpty)
    }

    @Test func aCalendarThatTheCRMRenamesIsNewUnderItsName() throws {
        let token = try sync().token
        site.store.calendars[2].record.uri = "renamed"
        let report = try sync(token)
        #expect(report.changed == ["renamed/", "renamed/w.ics"])
        #expect(report.removed == ["work/"])
    }

    @Test(arguments: [1, 2, 3])
    func pagesTellEachChangeOnce(limit: Int) throws {
        let token = try sync().token
        for name in ["b", "c", "d"] { site.put("\(name).ics", event(name)) }
        #expect(site.send("DELETE", "calendars/anna/work").status == 204)
        #expect(site.send("MKCALENDAR", "calendars/anna/new").status == 201)
        for name in ["n", "m"] {
            let answer = site.send(
                "PUT", "calendars/anna/new/\(name).ics", body: event(name))
            #expect(answer.status == 201)
        }
        for start in ["", token] {
            let whole = try sync(start)
            var (changed, removed) = ([String](), [String]())
            var page = Report(isCut: true, token: start)
            while page.isCut {
                page = try sync(page.token, limit: limit)
                let size = page.changed.count + page.removed.count
                #expect(size == limit || !page.isCut)
                changed += page.changed
                removed += page.removed
            }
            #expect(changed.sorted() == whole.changed.sorted())
            #expect(removed == whole.removed)
            #expect(page.token == whole.token)
        }
    }

    @Test("a token that names other calendars than it was given for is refused")
    func forgedTokens() throws {
        let token = try sync().token
        let seal = try #require(token.split(separator: ":").dropFirst(3).first)
        let stranger = site.send(
            "REPORT", "calendars/ben/", user: "ben",
            body: body(token: token))
        #expect(stranger.precondition == "valid-sync-token")
        for forged in [
            token.replacing(seal, with: ""), token.replacing(String(seal) + ":", with: ""),
            "urn:x-crm-caldav:home:\(seal):2.1.1.0.crm-tasks",
        ] {
            let answer = site.send("REPORT", "calendars/anna/", body: body(token: forged))
            #expect(answer.status == 403 && answer.precondition == "valid-sync-token")
        }
    }

    private func body(token: String) -> String {
        """
        <d:sync-collection xmlns:d="DAV:"><d:sync-token>\(token)</d:sync-token>
        <d:sync-level>infinite</d:sync-level><d:prop/></d:sync-collection>
        """
    }

    @Test(arguments: [
        "http://sabre.io/ns/sync/7", "urn:x-crm-caldav:home:1.2", "urn:x-crm-caldav:home:zz",
        "urn:x-crm-caldav:home:1.zzz.zzz.0.crm-tasks",
    ])
    func tokensThatAreNotOursAreRefused(token: String) throws {
        let answer = site.send(
            "REPORT", "calendars/anna/",
            body: """
                <d:sync-collection xmlns:d="DAV:"><d:sync-token>\(token)</d:sync-token>
                <d:sync-level>infinite</d:sync-level><d:prop/></d:sync-collection>
                """)
        #expect(answer.status == 403 && answer.precondition == "valid-sync-token")
    }

    @Test func theTokenMayStandInAnIfField() throws {
        let token = try sync().token
        func make(_ name: String) -> Int {
            site.send(
                "MKCALENDAR", "calendars/anna/\(name)",
                fields: [("If", "<\(home)> (<\(token)>)")]
            ).status
        }
        #expect(make("one") == 201)
        #expect(make("two") == 412)
    }
}
