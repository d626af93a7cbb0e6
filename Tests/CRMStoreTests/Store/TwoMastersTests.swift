import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

@Suite("Two masters: what the CRM writes is seen", .serialized)
struct TwoMastersTests {
    @Test func existingTasksAreAdopted() throws {
        let crm = try MirroredCRM()
        let rows = try crm.crm.queryText(
            "SELECT COUNT(*), COUNT(caldav_uid), COUNT(caldav_etag) FROM tasks"
        ).rows[0]
        #expect(rows == ["300", "300", "300"])
        let mine = try crm.row("COUNT(*)", where: "user_id = 2")[0]
        #expect(try crm.changes(of: "anna", after: nil).count == mine.flatMap { Int($0) })
    }

    @Test func anInsertedTaskIsTheNextChange() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        #expect(try crm.changes(of: "anna", after: before) == ["crm-task-\(id).ics"])
        #expect(try crm.calendar(of: "anna").revision == before + 1)
    }

    @Test func aDeletedTaskIsReportedAsRemoved() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        let before = try crm.calendar(of: "anna").revision
        try crm.crm.run("DELETE FROM tasks WHERE id = \(id)")
        try crm.turn()
        #expect(try crm.changes(of: "anna", after: before) == ["-crm-task-\(id).ics"])
    }

    @Test func aDeletedTaskIsFoundBesideOneThatMakesNoObject() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        _ = try crm.calendar(of: "anna")
        try crm.turn()
        // A row that nothing was noted of stands for one that cannot be converted.
        try crm.crm.run("SET @caldav_own = 1")
        _ = try crm.insertTask("title = 'Unseen', start_datetime = '2026-07-01 10:00:00'")
        try crm.crm.run("SET @caldav_own = NULL")
        try crm.look()
        try crm.crm.run("DELETE FROM tasks WHERE id = \(id)")
        try crm.look()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") == nil)
    }

    @Test func aRolledBackChangeIsNone() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        try crm.crm.run("START TRANSACTION")
        try crm.crm.run("UPDATE tasks SET title = 'never' WHERE user_id = 2")
        try crm.crm.run("ROLLBACK")
        #expect(try crm.calendar(of: "anna").revision == before)
    }

    @Test func aTaskGivenToAnotherOwnerMoves() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        let anna = try crm.calendar(of: "anna").revision
        let ben = try crm.calendar(of: "ben").revision
        try crm.crm.run("UPDATE tasks SET user_id = 3 WHERE id = \(id)")
        #expect(try crm.changes(of: "anna", after: anna) == ["-crm-task-\(id).ics"])
        #expect(try crm.changes(of: "ben", after: ben) == ["crm-task-\(id).ics"])
    }

    @Test func aTaskGivenToWhoHasItsUIDAlreadyIsSeenBesideTheOther() throws {
        let crm = try MirroredCRM()
        let lines = Sample.event(
            "DTSTART:20260701T080000Z", "SUMMARY:Ours", "X-MY-NOTE:kept", "BEGIN:VALARM",
            "ACTION:DISPLAY", "DESCRIPTION:soon", "TRIGGER:-PT10M", "END:VALARM")
        try crm.put(lines, as: "m.ics", by: "anna")
        try crm.put(lines, as: "m.ics", by: "ben")
        let id = try #require(
            try crm.row("id", where: "title = 'Ours' AND user_id = 2")[0].flatMap { Int($0) })
        let anna = try crm.calendar(of: "anna").revision
        let ben = try crm.calendar(of: "ben").revision
        try crm.crm.run("UPDATE tasks SET user_id = 3 WHERE id = \(id)")
        #expect(try crm.changes(of: "anna", after: anna) == ["-m.ics"])
        let names = try crm.changes(of: "ben", after: ben)
        #expect(names.count == 1)
        let name = try #require(names.first)
        let text = try crm.text(name, of: "ben")
        let uid = try #require(try crm.row("caldav_uid", where: "id = \(id)")[0])
        #expect(uid != "one@example.org")
        #expect(
            text
                == lines.map { $0.hasPrefix("UID:") ? "UID:\(uid)" : $0 }.joined(separator: "\r\n")
                + "\r\n")
        #expect(
            try crm.text("m.ics", of: "ben") == lines.joined(separator: "\r\n") + "\r\n")
        // What the CRM does to either then shows there.
        try crm.crm.run("UPDATE tasks SET title = 'Changed' WHERE id = \(id)")
        #expect(try crm.text(name, of: "ben").contains("SUMMARY:Changed\r\n"))
        #expect(try crm.text("m.ics", of: "ben").contains("SUMMARY:Ours\r\n"))
        let revision = try crm.calendar(of: "ben").revision
        try crm.turn()
        #expect(try crm.calendar(of: "ben").revision == revision, "nothing is left to notice")
    }

    @Test func manyTasksThatChangeAndMoveAtOnceAreAllAsTheirRows() throws {
        let crm = try MirroredCRM()
        try crm.crm.run(
            """
            INSERT INTO tasks (title, description, start_datetime, user_id)
            SELECT CONCAT('Many ', id), REPEAT('long ', IF(id % 10 = 0, 12000, 1)),
                   '2026-07-01 10:00:00', 2 FROM tasks WHERE id <= 250
            """)
        try crm.settle()
        let anna = try crm.calendar(of: "anna").revision
        let ben = try crm.calendar(of: "ben").revision
        try crm.crm.run(
            """
            UPDATE tasks SET notes = CONCAT('note ', id), user_id = IF(id % 2, 2, 3)
             WHERE title LIKE 'Many %'
            """)
        try crm.settle()
        let ids = try crm.crm.queryText("SELECT id FROM tasks WHERE title LIKE 'Many %'").rows
            .compactMap { $0[0].flatMap { Int($0) } }
        #expect(ids.count == 250)
        for (user, rest) in [("anna", 1), ("ben", 0)] {
            for id in ids where id % 2 == rest {
                let text = try crm.text("crm-task-\(id).ics", of: user)
                #expect(text.contains("X-CRM-NOTES:note \(id)\r\n"))
            }
        }
        let moved = ids.filter { $0 % 2 == 0 }.map { "crm-task-\($0).ics" }
        #expect(
            Set(try crm.changes(of: "ben", after: ben)) == Set(moved))
        #expect(
            Set(try crm.changes(of: "anna", after: anna).filter { $0.hasPrefix("-") })
                == Set(moved.map { "-\($0)" }))
        let differing = try crm.crm.queryText(
            """
            SELECT COUNT(*) FROM caldav_objects AS o JOIN tasks AS t ON t.id = o.task_id
             WHERE o.etag <> t.caldav_etag OR o.size <> LENGTH(o.icalendar)
            """
        ).rows[0][0]
        #expect(differing == "0")
    }

    @Test(arguments: [100_000, 1])
    func aTaskThatGetsAnotherIDIsAtOnceNothingButThat(newID: Int) throws {
        let crm = try MirroredCRM()
        try crm.crm.run("DELETE FROM tasks WHERE id = 1")
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        let revision = try crm.calendar(of: "anna").revision
        let uid = try #require(try crm.row("caldav_uid", where: "id = \(id)")[0])
        try crm.crm.run("UPDATE tasks SET id = \(newID) WHERE id = \(id)")
        _ = try crm.calendar(of: "anna")
        let objects = try crm.crm.queryText(
            "SELECT task_id FROM caldav_objects WHERE task_id IN (\(id), \(newID))")
        #expect(objects.rows == [["\(newID)"]])
        #expect(try crm.row("caldav_uid", where: "id = \(newID)")[0] == uid)
        #expect(try !crm.changes(of: "anna", after: revision).isEmpty)
        #expect(try crm.crm.queryText("SELECT COUNT(*) FROM caldav_pending").rows == [["0"]])
    }

    @Test func aMoveToWhereTheNameIsTakenGetsAnother() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'Mine', start_datetime = '2026-07-01 10:00:00'")
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z"), as: "crm-task-\(id).ics", by: "ben")
        let ben = try crm.calendar(of: "ben").revision
        try crm.crm.run("UPDATE tasks SET user_id = 3 WHERE id = \(id)")
        let moved = try crm.changes(of: "ben", after: ben)
        #expect(moved.count == 1)
        #expect(moved.first?.hasPrefix("crm-task-\(id)-") == true)
    }

    @Test func rowsThatNoTriggerSawAreFoundByTheScan() throws {
        let crm = try MirroredCRM()
        let before = try crm.calendar(of: "anna").revision
        for name in ["inserted", "updated"] {
            try crm.crm.run("DROP TRIGGER caldav_task_\(name)")
        }
        let id = try crm.insertTask("title = 'Unseen', start_datetime = '2026-07-01 10:00:00'")
        try crm.turn()
        #expect(try crm.changes(of: "anna", after: before) == ["crm-task-\(id).ics"])
    }

    @Test func rowsThatExchangedTheirValuesAreFoundByTheScan() throws {
        let crm = try MirroredCRM()
        let ids = try ["One", "Two"].map {
            try crm.insertTask("title = '\($0)', start_datetime = '2026-07-01 10:00:00'")
        }
        let before = try crm.calendar(of: "anna").revision
        try crm.crm.run("DROP TRIGGER caldav_task_updated")
        try crm.crm.run(
            """
            UPDATE tasks SET title = IF(id = \(ids[0]), 'Two', 'One'), caldav_lastmod = caldav_lastmod
             WHERE id IN (\(ids[0]), \(ids[1]))
            """)
        try crm.turn()
        #expect(
            Set(try crm.changes(of: "anna", after: before))
                == Set(ids.map { "crm-task-\($0).ics" }))
        #expect(try crm.text("crm-task-\(ids[0]).ics", of: "anna").contains("SUMMARY:Two\r\n"))
    }
}
