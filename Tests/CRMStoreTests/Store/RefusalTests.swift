import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("What the CRM's own rules refuse is refused, and nothing is changed", .serialized)
struct RefusalTests {
    private func reason(_ body: () throws -> Void) -> String? {
        do {
            try body()
        } catch StorageError.refused(let reason) {
            return reason
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    /// Status and message of the newest row of the log.
    private func logged(_ crm: MirroredCRM) throws -> [String?] {
        try Housekeeper(context: crm.context).turn()
        let newest = """
            SELECT action, sync_status, error_message FROM caldav_sync_log ORDER BY id DESC LIMIT 1
            """
        return try crm.crm.queryText(newest).rows.first ?? []
    }

    @Test func aTaskThatAnotherTableRefersTo() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'Billed', start_datetime = '2026-07-01 10:00:00'")
        try crm.crm.run(
            """
            CREATE TABLE invoices (id INT PRIMARY KEY, task INT NOT NULL,
                FOREIGN KEY (task) REFERENCES tasks (id) ON DELETE RESTRICT)
            """)
        try crm.crm.run("INSERT INTO invoices VALUES (1, \(id))")
        let before = try crm.calendar(of: "anna").revision
        let reason = reason { try crm.delete("crm-task-\(id).ics") }
        #expect(reason == "The CRM keeps this task: its table invoices refers to it.")
        #expect(try crm.calendar(of: "anna").revision == before)
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") != nil)
        #expect(try crm.row("COUNT(*)", where: "id = \(id)") == ["1"])
        #expect(try logged(crm) == ["delete", "failed", reason])
    }

    @Test(arguments: ["INSERT", "UPDATE", "DELETE"])
    func aTriggerOfTheCRMs(statement: String) throws {
        let crm = try MirroredCRM()
        let event = Sample.event("DTSTART:20260701T090000Z", "SUMMARY:One")
        if statement != "INSERT" { try crm.put(event, as: "one.ics") }
        try crm.crm.run(
            """
            CREATE TRIGGER closed BEFORE \(statement) ON tasks FOR EACH ROW
            SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'July is closed'
            """)
        let before = try crm.calendar(of: "anna").revision
        let reason = reason {
            switch statement {
            case "INSERT": try crm.put(event, as: "one.ics")
            case "UPDATE":
                try crm.put(
                    Sample.event("DTSTART:20260701T090000Z", "SUMMARY:Two"), as: "one.ics")
            default: try crm.delete("one.ics")
            }
        }
        #expect(reason == "The CRM refuses this: July is closed")
        #expect(try crm.calendar(of: "anna").revision == before)
        #expect(try logged(crm).dropFirst() == ["failed", reason])
        try crm.crm.run("DROP TRIGGER closed")
    }

    @Test func aTaskThatWouldHaveToNameAProject() throws {
        let crm = try MirroredCRM(altering: [
            "CREATE TABLE projects (id INT PRIMARY KEY)", "INSERT INTO projects VALUES (1)",
            "ALTER TABLE tasks ADD COLUMN project INT NOT NULL DEFAULT 1",
            "ALTER TABLE tasks ADD FOREIGN KEY (project) REFERENCES projects (id)",
            "ALTER TABLE tasks ALTER COLUMN project DROP DEFAULT",
        ])
        let reason = reason {
            try crm.put(Sample.event("DTSTART:20260701T090000Z", "SUMMARY:One"), as: "one.ics")
        }
        #expect(reason == "The CRM refuses this: a task has to name a row of its table projects.")
    }
}
