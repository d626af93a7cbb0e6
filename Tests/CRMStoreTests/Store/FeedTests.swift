import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("caldav_feeds: secret addresses of calendars", .serialized)
struct FeedTests {
    private func open(_ token: String, _ crm: MirroredCRM) throws -> Opening {
        try crm.store.open(.feed(token: token), signingIn: nil, content: false)
    }

    @Test func aTokenLeadsToItsCalendarAndOwnerInOneStatement() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        let new = try crm.store.createFeed(of: calendar, label: "Nextcloud")
        _ = try open(new.token, crm)
        let before = crm.store.statementCount
        let opening = try open(new.token, crm)
        #expect(crm.store.statementCount == before + 1)
        #expect(opening.user?.name == "anna")
        #expect(opening.calendar?.id == calendar.id)
        #expect(try open(new.token + "x", crm).calendar == nil)
        #expect(try open("", crm).user == nil)
    }

    @Test func theTableHoldsNoToken() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        let one = try crm.store.createFeed(of: calendar, label: "é")
        let two = try crm.store.createFeed(of: calendar, label: "")
        #expect(one.token != two.token)
        #expect(one.token.utf8.count == 40)
        let rows = try crm.crm.queryText("SELECT HEX(token), label FROM caldav_feeds").rows
        #expect(rows.count == 2)
        #expect(!rows.contains { row in row.contains { $0?.lowercased() == one.token } })
        #expect(try crm.store.feeds(of: calendar).map(\.label) == ["é", ""])
        #expect(try crm.store.feeds().map(\.owner) == ["anna", "anna"])
    }

    @Test func aRevokedOneIsGoneAndOthersAreNot() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        let ben = try crm.calendar(of: "ben")
        let one = try crm.store.createFeed(of: calendar, label: "one")
        let two = try crm.store.createFeed(of: calendar, label: "two")
        for revoke in [
            { try crm.store.revokeFeed(one.feed.id, of: ben) },
            { try crm.store.revokeFeed(one.feed.id + 100, of: calendar) },
        ] {
            #expect {
                try revoke()
            } throws: { error in
                guard case StorageError.notFound? = error as? StorageError else { return false }
                return true
            }
        }
        try crm.store.revokeFeed(one.feed.id, of: calendar)
        #expect(try open(one.token, crm).calendar == nil)
        #expect(try open(two.token, crm).calendar != nil)
        try crm.store.revokeFeed(two.feed.id)
        #expect(try crm.store.feeds(of: calendar).isEmpty)
    }

    @Test func whoMayNotSignInHasNoFeedEither() throws {
        let crm = try MirroredCRM { $0.users.condition = "active = 1" }
        let new = try crm.store.createFeed(of: try crm.calendar(of: "anna"), label: "")
        #expect(try open(new.token, crm).user != nil)
        try crm.crm.run("UPDATE users SET active = 0 WHERE username = 'anna'")
        let opening = try open(new.token, crm)
        #expect(opening.user == nil)
    }

    @Test func namesOfUsersMayBeOfAnotherCollation() throws {
        for collation in ["utf8mb4_unicode_ci", "latin1_german2_ci"] {
            let charset = collation.hasPrefix("latin1") ? "latin1" : "utf8mb4"
            let crm = try MirroredCRM(altering: [
                """
                ALTER TABLE users MODIFY username VARCHAR(50)
                  CHARACTER SET \(charset) COLLATE \(collation) NOT NULL
                """
            ])
            let new = try crm.store.createFeed(of: try crm.calendar(of: "anna"), label: "")
            #expect(try open(new.token, crm).user?.name == "anna")
        }
    }

    @Test func aCalendarTakesItsAddressesWithIt() throws {
        let crm = try MirroredCRM()
        _ = try crm.calendar(of: "anna")
        try crm.store.createCalendar("work", of: "anna", with: [])
        let work = try #require(try crm.store.calendars(of: "anna").first { $0.uri == "work" })
        let new = try crm.store.createFeed(of: work, label: "")
        try crm.store.delete(work)
        #expect(try open(new.token, crm).calendar == nil)
        #expect(try crm.store.feeds().isEmpty)
    }

    @Test func aCalendarHasAHundredAtMost() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        for _ in 0..<100 { _ = try crm.store.createFeed(of: calendar, label: "") }
        #expect {
            _ = try crm.store.createFeed(of: calendar, label: "")
        } throws: { error in
            guard case StorageError.quotaExceeded(let excess)? = error as? StorageError else {
                return false
            }
            return excess.quota == .feeds
        }
    }

    @Test func aLabelIsCutWhereACharacterEnds() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        let label = String(repeating: "é", count: 200)
        let new = try crm.store.createFeed(of: calendar, label: label)
        #expect(new.feed.label == String(repeating: "é", count: 127))
    }
}
