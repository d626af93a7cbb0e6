import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("Revisions are never given out twice", .serialized)
struct EpochTests {
    private static let epoch: Int64 = 1 << 20

    /// What a restored dump does: the table is made anew, with the rows it had at some time.
    private func restore(_ crm: MirroredCRM, revision: Int64) throws {
        try crm.crm.run("SELECT SLEEP(1.1)")  // CREATE_TIME has seconds
        try crm.crm.run("CREATE TABLE copy LIKE caldav_calendar_state")
        try crm.crm.run("INSERT INTO copy SELECT * FROM caldav_calendar_state")
        try crm.crm.run("UPDATE copy SET revision = LEAST(revision, \(revision))")
        try crm.crm.run("DROP TABLE caldav_calendar_state")
        try crm.crm.run("RENAME TABLE copy TO caldav_calendar_state")
    }

    @Test func aDatabaseThatWentBackBeginsANewEpoch() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        try restore(crm, revision: before - 5)
        let after = try crm.calendar(of: "anna")
        #expect(after.revision == Self.epoch)
        #expect(!after.knows(before))
        #expect(after.knows(Self.epoch))
    }

    @Test func changesMadeBeforeTheNextPollDoNotHideARestore() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        try restore(crm, revision: before - 5)
        for number in 1...10 {
            _ = try crm.insertTask("title = 'N\(number)', start_datetime = '2026-07-01'")
        }
        let after = try crm.calendar(of: "anna")
        #expect(after.revision >= Self.epoch)
        #expect(!after.knows(before))
    }

    @Test func aNewProcessSeesThatTheDatabaseWasRestored() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        try restore(crm, revision: before)
        let other = Store(context: try StoreContext(settings: crm.settings))
        let opening = try other.open(
            .calendar(user: "anna", uri: "crm-tasks"), signingIn: "anna", content: false)
        #expect(opening.calendar?.revision == Self.epoch)
    }

    @Test func numbersThatARestartedServerMayHaveForgottenAreLeftOut() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        // As if the server had been started since we last looked.
        try crm.crm.run(
            "UPDATE caldav_meta SET value = value - 100 WHERE name = 'server_started'")
        try Housekeeper(context: crm.context).turn()
        let after = try crm.calendar(of: "anna")
        #expect(after.revision > before + 1000)
        #expect(after.knows(before), "who has seen what is there goes on")
        #expect(!after.knows(before + 1), "who has seen what is lost begins anew")
        #expect(after.knows(after.revision))
        #expect(try crm.changes(of: "anna", after: before) == [])
    }

    @Test func nothingIsLeftOutWhileTheServerRuns() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        for _ in 0..<3 { try Housekeeper(context: crm.context).turn() }
        let other = Store(context: try StoreContext(settings: crm.settings))
        let opening = try other.open(
            .calendar(user: "anna", uri: "crm-tasks"), signingIn: "anna", content: false)
        #expect(opening.calendar?.revision == before)
    }
}
