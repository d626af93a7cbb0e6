import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("A program that is newer than the tables", .serialized)
struct OlderTablesTests {
    /// What the operator reads, where the answer is "not now".
    private func reason(_ body: () throws -> Void) -> String? {
        do {
            try body()
        } catch StorageError.unavailable(let reason) {
            return reason
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    @Test(arguments: [
        "ALTER TABLE caldav_pending DROP COLUMN former_id", "DROP TABLE caldav_pending",
    ])
    func saysWhatToDoAndGoesOnAfterwards(older: String) throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'Waits', start_datetime = '2026-07-01 10:00:00'")
        try crm.crm.run(older)
        let reason = reason { try crm.store.mergePendingChanges() }
        #expect(reason?.hasSuffix(": run crm-caldav migrate") == true)
        try Migration(settings: crm.settings, connection: crm.crm).run { _ in }
        try crm.turn()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") != nil)
    }
}
