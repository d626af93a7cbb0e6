import CRMStore
import MariaDB
import TestSupport
import Testing

@Suite("migrate, where somebody else has a table or trigger of our names")
struct ForeignTableTests {
    let crm: MigratedCRM

    init() throws { crm = try MigratedCRM() }

    /// As a PHP CalDAV server's documentation has it.
    static let properties = """
        CREATE TABLE caldav_properties (
            id INT AUTO_INCREMENT PRIMARY KEY, path VARCHAR(1024) NOT NULL,
            name VARCHAR(255) NOT NULL, value MEDIUMTEXT, valuetype INT DEFAULT 1,
            UNIQUE KEY unique_property (path(255), name))
        """

    @Test(arguments: [
        properties, "CREATE TABLE caldav_objects (id BIGINT UNSIGNED PRIMARY KEY, calendar_id INT)",
        "CREATE TABLE caldav_meta (name VARCHAR(64) PRIMARY KEY, value TEXT)",
        "CREATE VIEW caldav_feeds AS SELECT id FROM tasks",
        """
        CREATE TRIGGER caldav_task_updated AFTER UPDATE ON tasks FOR EACH ROW SET @x = 1
        """,
    ])
    func isRefusedAndChangesNothing(made: String) throws {
        try crm.connection.run(made)
        let before = try crm.showEverything()
        let findings = try #require(refusal()).filter(\.isRefused)
        #expect(findings.count == 1)
        #expect(findings.first?.message.contains("own_tables_prefix") == true)
        #expect(throws: MigrationError.self) { try crm.migration.printSQL() }
        #expect(try crm.showEverything() == before)
    }

    @Test func theStatementThatIsOfferedMakesRoom() throws {
        try crm.connection.run(Self.properties)
        try crm.connection.run("INSERT INTO caldav_properties (path, name) VALUES ('/x', 'n')")
        let statement = try #require(refusal()?.compactMap(\.mendingStatement).first)
        try crm.connection.run(statement)
        try crm.migrate()
        #expect(try crm.migration.plan().steps.isEmpty)
        #expect(try crm.count("crm_caldav_properties") == 1)
    }

    @Test func anotherPrefixMakesRoomToo() throws {
        try crm.connection.run(Self.properties)
        let before = try crm.showCreate("caldav_properties")
        let migration = Migration(settings: settings(prefix: "sync_"), connection: crm.connection)
        try migration.run()
        #expect(try crm.showCreate("caldav_properties") == before)
        #expect(try migration.plan().steps.isEmpty)
        let tables = try crm.connection.queryText("SHOW TABLES").rows.compactMap(\.[0])
        #expect(
            tables.filter { $0.hasPrefix("caldav_") } == [
                "caldav_calendars", "caldav_properties", "caldav_sync_log",
            ])
        #expect(tables.contains("sync_properties"))
        try crm.connection.run("UPDATE tasks SET title = 'x' WHERE id = 7")
        #expect(try crm.count("sync_pending") == 1)
        try migration.uninstall(documentedParts: false)
        #expect(try crm.triggers() == 0)
        let left = try crm.connection.queryText("SHOW TABLES").rows.compactMap(\.[0])
        #expect(
            left == ["caldav_calendars", "caldav_properties", "caldav_sync_log", "tasks", "users"])
    }

    @Test func whatIsPrintedHasThePrefix() throws {
        try crm.connection.run(Self.properties)
        let migration = Migration(settings: settings(prefix: "sync_"), connection: crm.connection)
        try ClientScript.run(try migration.printSQL(), on: crm.connection)
        #expect(try migration.plan().steps.isEmpty)
    }

    @Test func uninstallLeavesWhatIsNotOurs() throws {
        try crm.connection.run(Self.properties)
        try crm.connection.run(
            "CREATE TRIGGER caldav_task_updated AFTER UPDATE ON tasks FOR EACH ROW SET @x = 1")
        let before = try crm.showEverything()
        try crm.migration.uninstall(documentedParts: true)
        #expect(try crm.showEverything() == before)
    }

    // MARK: Our own tables

    @Test func tablesOfOursSayIt() throws {
        try crm.migrate()
        #expect(try crm.showCreate("caldav_objects").contains("COMMENT='crm-caldav'"))
        #expect(try crm.showCreate("caldav_properties").contains("COMMENT='crm-caldav'"))
    }

    @Test func onesThatWereMadeBeforeAreKnownByTheirColumns() throws {
        try crm.migrate()
        let marked = try ownTables()
        for table in marked { try crm.connection.run("ALTER TABLE \(table) COMMENT=''") }
        try crm.connection.run("ALTER TABLE caldav_pending DROP COLUMN former_id")
        // A column and an index of the CRM's.
        try crm.connection.run("ALTER TABLE caldav_objects ADD COLUMN seen INT, ADD KEY (seen)")
        try crm.migrate()
        // To workers, a state table that is younger than it was is a restored database.
        #expect(try ownTables() == marked.filter { $0 != "caldav_calendar_state" })
        #expect(try crm.migration.plan().steps.isEmpty)
    }

    @Test func anotherInstallationBesideIsRefused() throws {
        try crm.migrate()
        for table in try ownTables() where table != "caldav_meta" {
            try crm.connection.run("ALTER TABLE \(table) COMMENT=''")
        }
        let before = try crm.showEverything()
        let other = Migration(settings: settings(prefix: "sync_"), connection: crm.connection)
        let refused = try other.plan().findings.filter(\.isRefused)
        #expect(refused.count == 1)
        #expect(refused.first?.message.contains("set own_tables_prefix = caldav_") == true)
        #expect(throws: MigrationError.self) { try other.run() }
        #expect(try crm.showEverything() == before)
        // The tables can be given the other names, though.
        try crm.connection.run(try #require(refused.first?.mendingStatement))
        try other.run()
        #expect(try other.plan().steps.isEmpty)
        #expect(try crm.triggers() == 2)
        // And now the default prefix is the other one.
        #expect(
            refusal()?.contains { $0.message.contains("own_tables_prefix = sync_") } == true)
    }

    @Test(arguments: [
        "", "1_", "a-b_", "a b", "caldav_home_", "ä_", String(repeating: "x", count: 60),
    ])
    func prefixesThatCannotBeAreNotTaken(prefix: String) {
        #expect(!OwnSchema.accepts(prefix: prefix))
    }

    @Test(arguments: ["caldav_", "crm_caldav_", "X", "sync2_"])
    func othersAre(prefix: String) {
        #expect(OwnSchema.accepts(prefix: prefix))
    }

    private func settings(prefix: String) -> StoreSettings {
        var settings = crm.settings
        settings.ownTablesPrefix = prefix
        return settings
    }

    private func ownTables() throws -> [String] {
        try crm.connection.queryText(
            """
            SELECT TABLE_NAME FROM information_schema.TABLES
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_COMMENT = 'crm-caldav' ORDER BY 1
            """
        ).rows.compactMap(\.[0])
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
