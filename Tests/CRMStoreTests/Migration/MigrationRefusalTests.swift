import CRMStore
import MariaDB
import TestSupport
import Testing

@Suite("migrate, on a CRM that is not as it should be")
struct MigrationRefusalTests {
    let crm: MigratedCRM

    init() throws { crm = try MigratedCRM() }

    @Test(arguments: [
        ["ALTER TABLE tasks DROP FOREIGN KEY tasks_owner", "ALTER TABLE tasks ENGINE=MyISAM"],
        ["ALTER TABLE tasks ROW_FORMAT=COMPACT"],
        ["ALTER TABLE tasks ROW_FORMAT=REDUNDANT"],
        ["ALTER TABLE tasks DROP PRIMARY KEY, ADD KEY (id)"],
        ["ALTER TABLE tasks ADD COLUMN caldav_sequence VARCHAR(20)"],
        ["ALTER TABLE tasks ADD COLUMN caldav_uid VARCHAR(100)"],
        ["CREATE TABLE caldav_calendars (id BIGINT PRIMARY KEY, user_id VARCHAR(255) NOT NULL)"],
        ["CREATE TABLE caldav_calendars (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=MyISAM"],
    ])
    func isRefusedBeforeTheFirstChangeAndMended(by statements: [String]) throws {
        for statement in statements { try crm.connection.run(statement) }
        let before = try crm.showEverything()
        let findings = try #require(refusal())
        #expect(!findings.isEmpty)
        #expect(try crm.showEverything() == before)
        for finding in findings where finding.isRefused {
            try crm.connection.run(try #require(finding.mendingStatement))
        }
        try crm.migrate()
        #expect(try crm.migration.plan().steps.isEmpty)
    }

    @Test(arguments: [
        ["DROP TABLE tasks"],
        ["RENAME TABLE tasks TO other", "CREATE VIEW tasks AS SELECT * FROM other"],
        ["ALTER TABLE tasks DROP COLUMN title"],
        ["ALTER TABLE tasks DROP COLUMN start_datetime"],
        ["ALTER TABLE tasks CHANGE id number INT AUTO_INCREMENT"],
        ["ALTER TABLE tasks MODIFY id VARCHAR(36)"],
    ])
    func isRefused(after statements: [String]) throws {
        for statement in statements { try crm.connection.run(statement) }
        let before = try crm.showEverything()
        #expect(refusal()?.isEmpty == false)
        #expect(throws: MigrationError.self) { try crm.migration.printSQL() }
        #expect(try crm.showEverything() == before)
    }

    @Test func aNewerSchemaIsRefused() throws {
        try crm.migrate()
        try crm.connection.run("UPDATE caldav_meta SET value = '99' WHERE name = 'schema_version'")
        #expect(refusal()?.first?.message.contains("version 99") == true)
    }

    @Test func aTableOfFewerColumnsAndCharactersIsTaken() throws {
        try crm.connection.run("ALTER TABLE tasks DROP COLUMN contact_phone, DROP COLUMN notes")
        try crm.connection.run("DELETE FROM tasks")
        try crm.connection.run("ALTER TABLE tasks CONVERT TO CHARACTER SET latin1")
        let plan = try crm.migration.plan()
        #expect(!plan.isRefused)
        #expect(plan.findings.contains { $0.message.contains("contact_phone, notes") })
        #expect(plan.findings.contains { $0.message.contains("utf8mb4") })
        try crm.migrate()
    }

    @Test func missingUsersAreAdvice() throws {
        var settings = crm.settings
        settings.users.table = "people"
        let plan = try Migration(settings: settings, connection: crm.connection).plan()
        #expect(!plan.isRefused)
        #expect(plan.findings.contains { $0.message.contains("people") })
    }

    @Test func aLostServerIsADatabaseError() throws {
        var settings = ConnectionSettings()
        settings.socket = "/nonexistent/socket"
        let migration = Migration(settings: .init(), connection: Connection(settings: settings))
        do {
            _ = try migration.plan()
            Issue.record("no server")
        } catch {
            guard case .database(let cause, _) = error else { throw error }
            #expect(cause.cannotConnect)
        }
    }

    private func refusal() -> [MigrationFinding]? {
        do throws(MigrationError) {
            try crm.migration.run()
            return nil
        } catch {
            guard case .refused(let findings) = error else { return nil }
            return findings
        }
    }
}
