import CRMStore
import MariaDB
import TestSupport
import Testing

@Suite("migrate")
struct MigrationTests {
    let crm: MigratedCRM

    init() throws { crm = try MigratedCRM() }

    @Test func givesTheSchemaThatTheDocumentedStatementsGive() throws {
        let byHand = try MigratedCRM()
        try ExampleCRM.runDocumentedStatements(on: byHand.connection)
        try crm.migrate()
        for table in ["tasks", "caldav_calendars", "caldav_sync_log"] {
            for question in SchemaQuestion.all {
                let expected = try byHand.ask(question, about: table)
                #expect(try crm.ask(question, about: table) == expected, "\(table)")
                #expect(!expected.rows.isEmpty || table != "caldav_sync_log")
            }
            #expect(try crm.showCreate(table) == byHand.showCreate(table))
        }
        let rows = "SELECT user_id, uri, displayname, description, color, timezone, components"
        let question = rows + " FROM caldav_calendars"
        #expect(
            try crm.connection.queryText(question) == byHand.connection.queryText(question))
    }

    @Test func doesNothingTheSecondTime() throws {
        var steps: [String] = []
        try crm.migrate { steps.append($0) }
        #expect(steps.first == "add column tasks.caldav_uid")
        #expect(steps.contains("create table caldav_objects"))
        #expect(steps.last == "create trigger caldav_task_updated")
        let before = try crm.showEverything()
        #expect(try crm.migration.plan().steps.isEmpty)
        try crm.migrate { Issue.record("a second time: \($0)") }
        #expect(try crm.showEverything() == before)
    }

    @Test func takesUpWhereSomebodyRanTheStatementsByHand() throws {
        try ExampleCRM.runDocumentedStatements(on: crm.connection)
        let before = try crm.showCreate("tasks")
        try crm.migrate()
        #expect(try crm.showCreate("tasks") == before)
        #expect(try crm.count("caldav_calendars") == 1)
        #expect(try crm.migration.plan().steps.isEmpty)
    }

    @Test func addsWhatSomebodyForgot() throws {
        let reference = try MigratedCRM()
        try reference.migrate()
        for statement in [
            "ALTER TABLE tasks ADD COLUMN caldav_uid VARCHAR(255)",
            "ALTER TABLE tasks ADD COLUMN caldav_etag VARCHAR(255)",
            "ALTER TABLE tasks ADD COLUMN caldav_lastmod TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP",
            "ALTER TABLE tasks ADD COLUMN caldav_sequence INT",
            """
            CREATE TABLE caldav_calendars (id INT AUTO_INCREMENT PRIMARY KEY,
                user_id VARCHAR(255) NOT NULL, uri VARCHAR(255) NOT NULL,
                displayname VARCHAR(255) NOT NULL, description TEXT, color VARCHAR(7),
                timezone VARCHAR(255) DEFAULT 'Europe/Berlin',
                components VARCHAR(255) DEFAULT 'VEVENT,VTODO',
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)
            """,
            """
            CREATE TABLE caldav_sync_log (id INT AUTO_INCREMENT PRIMARY KEY, task_id INT,
                action ENUM('create','update','delete'), caldav_uid VARCHAR(255),
                sync_timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
                sync_status ENUM('pending','success','failed') DEFAULT 'pending')
            """,
        ] { try crm.connection.run(statement) }
        try crm.migrate()
        for table in ["tasks", "caldav_calendars", "caldav_sync_log"] {
            for question in SchemaQuestion.all {
                // TIMESTAMP columns may be nullable or not.
                let plain = { (result: TextResult) in
                    result.rows.map { row in
                        row.contains("timestamp") ? row.filter { $0 != "YES" && $0 != "NO" } : row
                    }
                }
                #expect(
                    try plain(crm.ask(question, about: table))
                        == plain(reference.ask(question, about: table)), "\(table)")
            }
        }
    }

    @Test func leavesTheTasksAndTheirTimesAlone() throws {
        try crm.connection.run("UPDATE tasks SET updated_at = '2020-01-02 03:04:05'")
        let question = "SELECT COUNT(*), MIN(updated_at), MAX(updated_at) FROM tasks"
        let before = try crm.connection.queryText(question)
        try crm.migrate()
        #expect(try crm.connection.queryText(question) == before)
    }

    @Test func doesNotBringADeletedDefaultCalendarBack() throws {
        try crm.migrate()
        try crm.connection.run("DELETE FROM caldav_calendars")
        try crm.migrate()
        #expect(try crm.count("caldav_calendars") == 0)
    }

    @Test(arguments: [
        "BIGINT UNSIGNED", "INT UNSIGNED", "BIGINT", "MEDIUMINT",
    ])
    func theLogTakesTheTypeOfTheTasksID(type: String) throws {
        try crm.connection.run("ALTER TABLE tasks MODIFY id \(type) NOT NULL AUTO_INCREMENT")
        try crm.migrate()
        let found = try crm.connection.queryText("SHOW COLUMNS FROM caldav_sync_log LIKE 'task_id'")
        // MariaDB shows how many digits an integer has, MySQL does not.
        let shown = found.first("Type")?.replacing(/\([0-9]+\)/, with: "")
        #expect(shown == type.lowercased())
        #expect(try crm.showCreate("caldav_sync_log").contains("ON DELETE CASCADE"))
        #expect(try crm.migration.plan().steps.isEmpty)
    }

    @Test func ourOwnTablesOfAnOlderVersionAreCompleted() throws {
        try crm.migrate()
        let before = try crm.showEverything()
        let changes = [
            "ALTER TABLE caldav_objects DROP KEY changes, DROP KEY span, ADD KEY span (last_end)",
            "ALTER TABLE caldav_calendar_state DROP COLUMN color_base",
            "DROP TABLE caldav_trash",
        ]
        for statement in changes { try crm.connection.run(statement) }
        try crm.migrate()
        #expect(try crm.migration.plan().steps.isEmpty)
        let after = try crm.showEverything()
        // Keys stand in another order.
        let lines = { (texts: [String]) in
            Set(texts.flatMap { $0.split(separator: "\n") }.map { $0.replacing(",", with: "") })
        }
        #expect(lines(after) == lines(before))
    }

    @Test func aServerWhoseDefaultIsMyISAMGetsInnoDB() throws {
        try crm.connection.run("SET SESSION default_storage_engine = MyISAM")
        try crm.migrate()
        let engines = try crm.connection.queryText(
            """
            SELECT DISTINCT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
            """)
        #expect(engines.rows == [["InnoDB"]])
    }

    @Test func aTableOfAnotherNameIsMigratedUnderIt() throws {
        try crm.connection.run("RENAME TABLE tasks TO `crm tasks`")
        var settings = StoreSettings()
        settings.tasks.table = "crm tasks"
        let migration = Migration(settings: settings, connection: crm.connection)
        try migration.run()
        #expect(try migration.plan().steps.isEmpty)
        try crm.connection.run("UPDATE `crm tasks` SET title = 'changed' WHERE id = 5")
        #expect(try crm.connection.queryText("SELECT task_id FROM caldav_pending").rows == [["5"]])
        try migration.uninstall(documentedParts: true)
        #expect(try !crm.showCreate("crm tasks").contains("caldav_"))
    }

    @Test func existingTasksAreAdoptedAfterTheLastStep() throws {
        var events: [MigrationProgress] = []
        let connection = crm.connection
        let migration = Migration(settings: crm.settings, connection: connection) { report in
            let objects = try connection.queryText("SELECT 1 FROM caldav_objects")
            #expect(objects.rows.isEmpty)
            report(0, 300)
            report(300, 300)
        }
        try migration.run { events.append($0) }
        #expect(
            events.suffix(2) == [.adopting(done: 0, total: 300), .adopting(done: 300, total: 300)])
    }

    @Test func printedSQLDoesWhatARunDoes() throws {
        let printed = try MigratedCRM()
        let sql = try printed.migration.printSQL()
        #expect(try printed.migration.printSQL() == sql, "printing changes nothing")
        try ClientScript.run(sql, on: printed.connection)
        #expect(try printed.migration.plan().steps.isEmpty)
        try crm.migrate()
        #expect(try printed.showEverything() == crm.showEverything())
        #expect(try printed.migration.printSQL().contains("Nothing is missing"))
    }

    @Test func zeroDatesOfAnOldCRMAreNoObstacle() throws {
        let printed = try MigratedCRM()
        for crm in [crm, printed] {
            try crm.connection.run(
                "ALTER TABLE tasks ADD COLUMN seen DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00'")
        }
        try crm.migrate()
        let sql = try printed.migration.printSQL()
        try printed.connection.run("SET SESSION sql_mode = 'TRADITIONAL'")
        try ClientScript.run(sql, on: printed.connection)
        #expect(try printed.showEverything() == crm.showEverything())
    }

    @Test func triggersNoteWhatTheCRMChangesAndNotWhatWeDo() throws {
        try crm.migrate()
        try crm.connection.run("UPDATE tasks SET title = 'x' WHERE id = 7")
        try crm.connection.run("REPLACE INTO tasks SET id = 8, title = 'x', start_datetime = NOW()")
        try crm.connection.run("SET @caldav_own = 1")
        try crm.connection.run("UPDATE tasks SET title = 'y' WHERE id = 9")
        #expect(
            try crm.connection.queryText("SELECT task_id FROM caldav_pending ORDER BY id").rows
                == [["7"], ["8"]])
    }

    @Test func triggersNoteBothIDsOfATaskThatGetsAnother() throws {
        try crm.migrate()
        try crm.connection.run("UPDATE tasks SET id = 7000 WHERE id = 7")
        #expect(
            try crm.connection.queryText("SELECT task_id, former_id FROM caldav_pending").rows
                == [["7000", "7"]])
    }

    @Test func aTableOfAnEarlierVersionHasItsNewColumnBeforeATriggerFillsIt() throws {
        try crm.migrate()
        try crm.connection.run("ALTER TABLE caldav_pending DROP COLUMN former_id")
        try crm.connection.run("DROP TRIGGER caldav_task_updated")
        try crm.migrate()
        try crm.connection.run("UPDATE tasks SET title = 'x' WHERE id = 7")
        #expect(
            try crm.connection.queryText("SELECT task_id, former_id FROM caldav_pending").rows
                == [["7", "7"]])
    }

    @Test func aTriggerThatEarlierVersionsMadeIsTakenAway() throws {
        try crm.migrate()
        try crm.connection.run(
            """
            CREATE TRIGGER caldav_task_deleted AFTER DELETE ON tasks FOR EACH ROW
            IF @caldav_own IS NULL THEN INSERT INTO caldav_pending (task_id) VALUES (OLD.id); END IF
            """)
        var steps: [String] = []
        try crm.migrate { steps.append($0) }
        #expect(steps == ["drop trigger caldav_task_deleted"])
    }

    @Test func aTriggerThatIsNotAsItShouldBeIsMadeAnew() throws {
        try crm.migrate()
        try crm.connection.run("DROP TRIGGER caldav_task_updated")
        try crm.connection.run(
            """
            CREATE TRIGGER caldav_task_updated AFTER UPDATE ON tasks FOR EACH ROW
            IF @caldav_own IS NULL THEN INSERT INTO caldav_pending (task_id) VALUES (NEW.id); END IF
            """)
        var steps: [String] = []
        try crm.migrate { steps.append($0) }
        #expect(
            steps == ["drop trigger caldav_task_updated", "create trigger caldav_task_updated"])
    }
}
