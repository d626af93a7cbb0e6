import CRMStore
import CalDAV
import ICalendar
import MariaDB
import TestSupport
import Testing

/// What `check` says of a CRM.
private struct CheckedCRM {
    let crm: MirroredCRM

    init(altering: [String] = [], _ change: (inout StoreSettings) -> Void = { _ in }) throws {
        crm = try MirroredCRM(altering: altering, change)
    }

    struct Result {
        var isClean = false
        var findings: [(check: String, finding: CheckFinding)] = []

        /// Names of the checks with something that is not mended.
        var problems: [String] {
            findings.filter { $0.finding.level == .problem && !$0.finding.isRepaired }.map(\.check)
        }
        var repaired: [String] { findings.filter(\.finding.isRepaired).map(\.check) }

        func says(_ text: String) -> Bool {
            findings.contains { $0.finding.message.contains(text) }
        }
    }

    func check(repairing: Bool = false, as context: StoreContext? = nil) throws -> Result {
        var result = Result()
        result.isClean = try Checkup(context: context ?? crm.context).run(repairing: repairing) {
            result.findings.append(($0, $1))
        }
        return result
    }

    /// Found, mended, and then no longer there.
    func expectMended(_ check: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let before = try self.check()
        #expect(before.problems == [check], sourceLocation: sourceLocation)
        #expect(!before.isClean, sourceLocation: sourceLocation)
        let found = before.findings.filter { $0.finding.level == .problem }
        #expect(
            found.allSatisfy {
                ["crm-caldav check --repair", "crm-caldav migrate"].contains($0.finding.mend)
            },
            sourceLocation: sourceLocation)
        let mended = try self.check(repairing: true)
        #expect(mended.isClean, sourceLocation: sourceLocation)
        #expect(Set(mended.repaired) == [check], sourceLocation: sourceLocation)
        #expect(try self.check().problems == [], sourceLocation: sourceLocation)
    }

    /// Writes to `tasks` so that no trigger tells.
    func unnoticed(_ statements: String...) throws {
        try crm.crm.run("SET @caldav_own = 1")
        for statement in statements { try crm.crm.run(statement) }
        try crm.crm.run("SET @caldav_own = NULL")
    }
}

@Suite("check: what is wrong, and what mends it")
struct CheckTests {
    @Test func aFreshInstallationIsClean() throws {
        let crm = try CheckedCRM()
        let result = try crm.check()
        #expect(result.isClean)
        #expect(result.problems == [])
        #expect(result.says("no trigger: it shows within 60 s"), "users and their tasks")
        #expect(!result.says("time_zone is UTC"), "Europe/Berlin")
        #expect(result.says("STATUS:CONFIRMED"))
    }

    @Test func aDatabaseThatIsAwayIsNoFinding() throws {
        var settings = try CheckedCRM().crm.settings
        settings.connection.socket = "/nowhere/socket"
        let checkup = Checkup(context: try StoreContext(settings: settings))
        #expect(throws: StorageError.self) { _ = try checkup.run(repairing: false) { _, _ in } }
    }

    @Test func lookingChangesNothing() throws {
        let crm = try CheckedCRM()
        try crm.unnoticed("UPDATE tasks SET title = 'Other' WHERE id = 1")
        let before = try crm.crm.calendar(of: "anna").revision
        _ = try crm.check()
        #expect(try crm.crm.calendar(of: "anna").revision == before)
        #expect(try crm.crm.crm.queryText("SELECT COUNT(*) FROM caldav_pending").rows == [["0"]])
        #expect(try crm.check().problems == ["pairs"])
    }

    // MARK: Triggers

    private func makeTriggers(_ crm: CheckedCRM, as account: String) throws {
        for (event, name) in [("INSERT", "inserted"), ("UPDATE", "updated")] {
            let body = try #require(
                try crm.crm.crm.queryText("SHOW CREATE TRIGGER caldav_task_\(name)").rows[0][2])
            let head = try #require(body.ranges(of: "TRIGGER").first)
            try crm.crm.crm.run("DROP TRIGGER caldav_task_\(name)")
            try crm.crm.crm.run("CREATE DEFINER = \(account) \(body[head.lowerBound...])")
            #expect(body.contains(event))
        }
    }

    @Test func triggersOfAnAccountThatIsGoneFailTheCRM() throws {
        let crm = try CheckedCRM()
        let account = "'gone'@'localhost'"
        try crm.crm.crm.run("DROP USER IF EXISTS \(account)")
        try crm.crm.crm.run("CREATE USER \(account)")
        try crm.crm.crm.run("GRANT ALL ON *.* TO \(account)")
        try makeTriggers(crm, as: account)
        try crm.crm.crm.run("DROP USER \(account)")
        let update = "UPDATE tasks SET title = 'New' WHERE id = 1"
        #expect(throws: DatabaseError.self) { try crm.crm.crm.run(update) }
        #expect(try crm.check().says("FAILS with error 1449"))
        try crm.expectMended("triggers")
        try crm.crm.crm.run(update)
    }

    @Test func triggersOfAnAccountThatMayNotNoteAreFound() throws {
        let crm = try CheckedCRM()
        let database = crm.crm.settings.connection.database
        let account = "'weak'@'localhost'"
        try crm.crm.crm.run("DROP USER IF EXISTS \(account)")
        try crm.crm.crm.run("CREATE USER \(account)")
        try crm.crm.crm.run("GRANT SELECT, TRIGGER ON `\(database)`.tasks TO \(account)")
        try makeTriggers(crm, as: account)
        #expect(try crm.check().says("the triggers note nothing"))
        try crm.expectMended("triggers")
    }

    @Test func anAccountThatMaySeeNoOthersTriesTheTrigger() throws {
        let crm = try CheckedCRM()
        let database = crm.crm.settings.connection.database
        try crm.crm.crm.run("DROP USER IF EXISTS 'plain'@'localhost'")
        try crm.crm.crm.run("CREATE USER 'plain'@'localhost'")
        try crm.crm.crm.run("GRANT ALL ON `\(database)`.* TO 'plain'@'localhost'")
        var settings = crm.crm.settings
        settings.connection.user = "plain"
        let context = try StoreContext(settings: settings)
        #expect(try crm.check(as: context).isClean)
        let gone = "'lost'@'localhost'"
        try crm.crm.crm.run("DROP USER IF EXISTS \(gone)")
        try crm.crm.crm.run("CREATE USER \(gone)")
        try crm.crm.crm.run("GRANT ALL ON *.* TO \(gone)")
        try makeTriggers(crm, as: gone)
        try crm.crm.crm.run("DROP USER \(gone)")
        #expect(try crm.check(as: context).says("FAILS with error 1449"))
    }

    @Test(arguments: ["inserted", "updated"])
    func missingTriggersAreMadeAnew(trigger: String) throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("DROP TRIGGER caldav_task_\(trigger)")
        try crm.expectMended("triggers")
    }

    // MARK: Schema and privileges

    @Test func aMissingTableIsMadeAnew() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("DROP TABLE caldav_trash")
        try crm.expectMended("schema")
    }

    @Test func missingPrivilegesAreNamedWithTheirGrant() throws {
        let crm = try CheckedCRM()
        let database = crm.crm.settings.connection.database
        let account = "'reader'@'localhost'"
        try crm.crm.crm.run("DROP USER IF EXISTS \(account)")
        try crm.crm.crm.run("CREATE USER \(account)")
        try crm.crm.crm.run(
            "GRANT SELECT, INSERT, UPDATE, TRIGGER ON `\(database)`.* TO \(account)")
        var settings = crm.crm.settings
        settings.connection.user = "reader"
        let result = try crm.check(as: try StoreContext(settings: settings))
        let mends = result.findings.filter { $0.check == "privileges" }.map(\.finding.mend)
        #expect(mends.contains("GRANT DELETE ON `\(database)`.`tasks` TO \(account);"))
        #expect(!mends.contains { $0?.contains("GRANT INSERT") == true })
    }

    @Test func restrictionsOfOtherTablesArePointedOut() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run(
            "CREATE TABLE invoices (task INT, FOREIGN KEY (task) REFERENCES tasks (id))")
        let result = try crm.check()
        #expect(result.isClean)
        #expect(result.says("a task that invoices refers to cannot be deleted"))
    }

    // MARK: Tasks and objects

    @Test func pairsWithoutCounterpartAndWithOthersColumnsAreMended() throws {
        let crm = try CheckedCRM()
        try crm.unnoticed(
            "UPDATE tasks SET title = 'Other' WHERE id = 1", "DELETE FROM tasks WHERE id = 2",
            "INSERT INTO tasks SET title = 'New', start_datetime = '2026-07-01', user_id = 2")
        let found = try crm.check()
        #expect(found.problems == ["pairs", "pairs", "pairs"])
        #expect(found.says("tasks without a calendar object: 1 ("))
        #expect(found.says("calendar objects whose task is gone: 1 (2)"))
        #expect(found.says("tasks that differ from their calendar object: 1 (1)"))
        try crm.expectMendedAll("pairs")
    }

    @Test func whatWaitsToBeMergedIsNoMismatch() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("UPDATE tasks SET title = 'Other' WHERE id = 1")
        let result = try crm.check()
        #expect(result.isClean)
        #expect(result.says("changes of the CRM that wait: 1; no worker has run here yet"))
    }

    @Test func anIDThatWaitsToBeChangedIsNoMismatch() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("UPDATE tasks SET id = 5000 WHERE id = 2")
        let result = try crm.check()
        #expect(result.isClean)
        #expect(result.says("changes of the CRM that wait: 1; no worker has run here yet"))
    }

    @Test func aChangeThatAWorkerDoesNotMergeIsStuck() throws {
        let crm = try CheckedCRM()
        try Housekeeper(context: crm.crm.context).turn()
        try crm.crm.crm.run("UPDATE tasks SET title = 'Other' WHERE id = 1")
        try crm.expectMended("pending")
        #expect(
            try crm.crm.row("COUNT(*)", where: "id IN (SELECT task_id FROM caldav_pending)")
                == ["0"])
    }

    @Test func anObjectThatCannotBeReadIsMadeOfItsTask() throws {
        let crm = try CheckedCRM()
        try crm.crm.put(
            Sample.event("DTSTART:20260701T090000Z", "SUMMARY:Mine"), as: "mine.ics")
        try crm.crm.crm.run("UPDATE caldav_objects SET icalendar = 'x' WHERE name = 'mine.ics'")
        try crm.expectMended("objects")
        let id = try #require(try crm.crm.row("id", where: "title = 'Mine'")[0])
        let text = try crm.crm.text("crm-task-\(id).ics", of: "anna")
        #expect(text.contains("SUMMARY:Mine") && text.contains("UID:one@example.org"))
        var kept: [String] = []
        try crm.crm.store.forEachTrashEntry(.init()) {
            kept.append(String(decoding: $0.content, as: UTF8.self))
        }
        #expect(kept == ["x"])
    }

    @Test func aTextThatIsNotTheOneOfItsETagGetsANewOne() throws {
        let crm = try CheckedCRM()
        try crm.crm.put(
            Sample.event("DTSTART:20260701T090000Z", "SUMMARY:Mine"), as: "mine.ics")
        let before = try crm.crm.calendar(of: "anna").revision
        try crm.crm.crm.run(
            "UPDATE caldav_objects SET icalendar = CONCAT(icalendar, '') , etag = 'e' "
                + "WHERE name = 'mine.ics'")
        let result = try crm.check(repairing: true)
        #expect(result.isClean && result.repaired.contains("objects"))
        #expect(try crm.crm.changes(of: "anna", after: before) == ["mine.ics"])
    }

    @Test func anETagThatTheCRMWroteIsWrittenAnew() throws {
        let crm = try CheckedCRM()
        try crm.unnoticed("UPDATE tasks SET caldav_etag = 'mine' WHERE id < 250")
        try crm.expectMended("etags")
    }

    @Test func objectsOfACalendarThatTheCRMDeletedAreHoused() throws {
        let crm = try CheckedCRM()
        try crm.crm.store.createCalendar("other", of: "anna", with: [])
        let other = try #require(
            try crm.crm.store.calendars(of: "anna").first { $0.uri == "other" })
        let text = Array(
            (Sample.event("DTSTART:20260701T090000Z", "SUMMARY:Mine").joined(separator: "\r\n")
                + "\r\n").utf8)
        _ = try crm.crm.store.put(
            try .init(parsing: text), text: text, name: "a.ics", in: other,
            by: try crm.crm.user("anna"), if: WriteCondition(), isNew: false)
        try crm.crm.crm.run("DELETE FROM caldav_calendars WHERE uri = 'other'")
        try crm.expectMended("orphans")
        let id = try #require(try crm.crm.row("id", where: "title = 'Mine'")[0])
        #expect(try crm.crm.text("crm-task-\(id).ics", of: "anna").contains("SUMMARY:Mine"))
    }

    // MARK: Calendars

    @Test func aCalendarOfAnotherSpellingGoesToItsOwner() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run(
            "INSERT INTO caldav_calendars (user_id, uri, displayname) VALUES ('ANNA', 'x', 'X')")
        try crm.expectMended("calendars")
        #expect(try crm.crm.store.calendars(of: "anna").contains { $0.uri == "x" })
    }

    @Test func calendarsThatDifferBySpellingAloneAreNamed() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run(
            "ALTER TABLE caldav_calendars CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        try crm.crm.crm.run(
            """
            INSERT INTO caldav_calendars (user_id, uri, displayname)
            VALUES ('anna', 'work', 'W'), ('anna', 'Work', 'W')
            """)
        let result = try crm.check()
        #expect(result.problems == ["calendars"])
        #expect(result.says("calendars differ by their spelling alone: anna/work"))
    }

    @Test func anUnknownZoneIsNamed() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("UPDATE caldav_calendars SET timezone = 'Mars' WHERE user_id = 'anna'")
        let result = try crm.check()
        #expect(result.problems == ["calendars"])
        #expect(result.says("has the time zone Mars, which is not known here"))
    }

    // MARK: Numbers and queues

    @Test func aStateThatWentBackBeginsANewEpoch() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("UPDATE caldav_calendar_state SET revision = 2")
        let found = try crm.check()
        #expect(Set(found.problems) == ["revisions"])
        #expect(found.says("its state went back"))
        #expect(try crm.check(repairing: true).isClean)
        #expect(try crm.crm.calendar(of: "anna").revision >= 1 << 20)
    }

    @Test func aRestoredStateTableIsSeen() throws {
        let crm = try CheckedCRM()
        _ = try crm.crm.calendar(of: "anna")
        try crm.crm.crm.run(
            "UPDATE caldav_meta SET value = value - 100 WHERE name = 'state_created'")
        try crm.expectMended("revisions")
        #expect(try crm.crm.calendar(of: "anna").revision >= 1 << 20)
    }

    @Test func aRemovedNameThatIsThereIsMended() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run(
            """
            INSERT INTO caldav_tombstones SELECT calendar_id, name, 1, 1 FROM caldav_objects LIMIT 1
            """)
        try crm.expectMended("revisions")
    }

    @Test func aLogThatStandsStillIsMoved() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run("UPDATE caldav_log_queue SET happened = happened - 3600")
        try crm.expectMended("log")
        #expect(try crm.crm.crm.queryText("SELECT COUNT(*) FROM caldav_sync_log").rows == [["300"]])
    }

    @Test func failuresOfTheLastDayArePointedOut() throws {
        let crm = try CheckedCRM()
        try crm.crm.crm.run(
            """
            INSERT INTO caldav_sync_log (task_id, action, sync_status, error_message)
            VALUES (7, 'update', 'failed', 'too odd')
            """)
        let result = try crm.check()
        #expect(result.isClean)
        #expect(
            result.says("changes that failed in the last day: 1, the last one (task 7): too odd"))
    }

    @Test func aHomeThatHoldsMoreThanItMayIsNoted() throws {
        let checked = try CheckedCRM {
            $0.bounds.maxHomeSize = 100
            $0.bounds.maxCalendars = 1
        }
        let result = try checked.check()
        #expect(result.isClean)
        #expect(result.says("the calendars of anna and their trash hold"))
        try checked.crm.crm.run("UPDATE caldav_objects SET size = 0")
        try checked.crm.crm.run(
            "INSERT INTO caldav_calendars (user_id, uri, displayname) VALUES ('anna', 'w', 'W')")
        #expect(try checked.check().says("anna has 2 calendars"))
    }
}

extension CheckedCRM {
    /// As `expectMended`, for a check that finds several things.
    fileprivate func expectMendedAll(_ check: String) throws {
        let mended = try self.check(repairing: true)
        #expect(mended.isClean)
        #expect(Set(mended.repaired) == [check])
        #expect(try self.check().problems == [])
    }
}
