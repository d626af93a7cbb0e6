import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("A program that is newer than the tables", .serialized)
struct OlderTablesTests {
    @Test(arguments: [
        "ALTER TABLE caldav_pending DROP COLUMN former_id", "DROP TABLE caldav_pending",
    ])
    func saysWhatToDoAndGoesOnAfterwards(older: String) throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'Waits', start_datetime = '2026-07-01 10:00:00'")
        try crm.crm.run(older)
        #expect {
            try crm.store.mergePendingChanges()
        } throws: {
            guard case .unavailable(let reason)? = $0 as? StorageError else { return false }
            return reason.hasSuffix(": run crm-caldav migrate")
        }
        try Migration(settings: crm.settings, connection: crm.crm).run { _ in }
        try crm.turn()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") != nil)
    }
}
