import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("Rows that a transaction of the CRM's holds", .serialized)
struct HeldRowTests {
    private static let event = Sample.event("DTSTART:20260701T090000Z", "SUMMARY:Held")

    /// A second page of the CRM's, with its transaction open.
    private func page(of crm: MirroredCRM) throws -> Connection {
        let page = Connection(settings: crm.settings.connection)
        try page.run("SET SESSION innodb_lock_wait_timeout = 1")
        try page.run("START TRANSACTION")
        return page
    }

    @Test func aMergeDoesNotWaitForARowThatTheCRMIsInserting() throws {
        let crm = try MirroredCRM()
        let page = try page(of: crm)
        // Many and few entries are looked up in different ways.
        for id in 1...10 { try crm.crm.run("UPDATE tasks SET notes = 'x' WHERE id = \(id)") }
        try page.run("INSERT INTO tasks SET title = 'Open', start_datetime = '2026-07-01 10:00:00'")
        let started = ContinuousClock.now
        try crm.store.mergePendingChanges()
        #expect(ContinuousClock.now - started < .seconds(1))
        #expect(try crm.crm.queryText("SELECT COUNT(*) FROM caldav_pending").rows[0] == ["0"])
        try page.run("COMMIT")
    }

    @Test func aWriteThatWaitsForTheCRMHoldsNobodyUp() throws {
        let crm = try MirroredCRM()
        try crm.put(Self.event, as: "held.ics")
        let page = try page(of: crm)
        try page.run("UPDATE tasks SET notes = 'x' WHERE caldav_uid = 'one@example.org'")
        let calendar = try crm.calendar(of: "anna")
        let user = try crm.user("anna")
        let started = ContinuousClock.now
        #expect(throws: StorageError.self) {
            try crm.store.deleteObject(
                "held.ics", in: calendar, by: user, if: WriteCondition())
        }
        // Long enough for a page that is done soon, and well below two seconds.
        #expect(ContinuousClock.now - started < .seconds(2))
        try page.run("ROLLBACK")
        try crm.delete("held.ics")
        #expect(try crm.object("held.ics", of: "anna") == nil)
    }

    @Test func theLogHoldsNoTaskWhileAnotherIsHeld() throws {
        let crm = try MirroredCRM()
        for id in 1...10 { try crm.crm.run("UPDATE tasks SET notes = 'x' WHERE id = \(id)") }
        try crm.store.mergePendingChanges()
        let page = try page(of: crm)
        try page.run("UPDATE tasks SET notes = 'y' WHERE id = 10")
        let started = ContinuousClock.now
        try Housekeeper(context: crm.context).turn()
        #expect(ContinuousClock.now - started < .seconds(2))
        // Those that nobody holds are in the log.
        let waiting = try crm.crm.queryText(
            "SELECT DISTINCT task_id FROM caldav_log_queue"
        ).rows
        #expect(waiting == [["10"]])
        try page.run("COMMIT")
    }
}
