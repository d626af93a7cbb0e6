import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

@Suite("Trash: whatever is deleted or overwritten comes back", .serialized)
struct TrashTests {
    private static let meeting = Sample.event(
        "DTSTART:20260701T090000Z", "DTEND:20260701T100000Z", "SUMMARY:Standup",
        "X-MY-NOTE:kept", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:soon",
        "TRIGGER:-PT10M", "END:VALARM")

    /// The newest version in the trash.
    private func newest(_ crm: MirroredCRM) throws -> TrashEntry {
        try #require(try entries(crm).first)
    }

    private func entries(
        _ crm: MirroredCRM, _ selection: TrashSelection = TrashSelection()
    ) throws -> [TrashEntry] {
        var entries: [TrashEntry] = []
        try crm.store.forEachTrashEntry(selection) { entries.append($0) }
        return entries
    }

    private func newRow(_ crm: MirroredCRM) throws -> [String?] {
        try crm.row("id, title, start_datetime, status", where: "caldav_uid = 'one@example.org'")
    }

    // MARK: Deleted by a client

    @Test func aDeletedObjectComesBackByteForByteWithItsRow() throws {
        let crm = try MirroredCRM()
        try crm.put(Self.meeting, as: "standup.ics")
        let text = try crm.text("standup.ics", of: "anna")
        let row = try newRow(crm)
        try crm.delete("standup.ics")
        let before = try crm.calendar(of: "anna").revision
        let entry = try newest(crm)
        #expect(entry.reason == "deleted" && entry.actor == "anna" && entry.summary == "Standup")
        let restored = try crm.store.restore(entry.id, by: "operator")
        #expect(restored.name == "standup.ics")
        #expect(!restored.isReplacing)
        #expect(try crm.text("standup.ics", of: "anna") == text)
        #expect(try newRow(crm) == row, "with its id")
        #expect(try crm.changes(of: "anna", after: before) == ["standup.ics"])
        #expect(try entries(crm).isEmpty, "what is back is no longer in the trash")
        try crm.turn()
        #expect(try crm.changes(of: "anna", after: before + 1) == [], "the scan finds nothing")
        let actions = try crm.crm.queryText(
            """
            SELECT action FROM caldav_sync_log WHERE caldav_uid = 'one@example.org' ORDER BY id
            """)
        #expect(actions.rows.map { $0[0] } == ["create", "delete", "create"])
    }

    @Test func columnsThatNoCalendarShowsComeBackToo() throws {
        let crm = try MirroredCRM(altering: [
            """
            ALTER TABLE tasks ADD COLUMN budget DECIMAL(8,2), ADD COLUMN ratio FLOAT,
                ADD COLUMN secret VARBINARY(16), ADD COLUMN flags BIT(3),
                ADD COLUMN tags SET('a','b'), ADD COLUMN exact DATETIME(6),
                ADD COLUMN odd TEXT CHARACTER SET latin1, ADD COLUMN zero DATE,
                ADD COLUMN double_budget DECIMAL(9,2) AS (budget * 2)
            """
        ])
        try crm.crm.run("SET SESSION sql_mode = ''")
        let id = try crm.insertTask(
            #"""
            title = 'Big', start_datetime = '2026-07-01 10:00:00', budget = 12345.67,
            ratio = 0.123456789, secret = X'00FF5C0A3D', flags = b'101', tags = 'a,b',
            exact = '2026-07-01 10:00:00.123456', odd = 'é\\n=\n\'', zero = '0000-00-00'
            """#)
        let columns = """
            id, budget, CAST(ratio AS DOUBLE), HEX(secret), flags + 0, tags, exact, odd, zero,
            double_budget, created_at, updated_at
            """
        let before = try crm.row(columns, where: "id = \(id)")
        try crm.delete("crm-task-\(id).ics")
        #expect(try crm.row(columns, where: "id = \(id)").isEmpty)
        try crm.store.restore(try newest(crm).id, by: "operator")
        #expect(try crm.row(columns, where: "id = \(id)") == before)
    }

    @Test func aTakenIdOrNameIsNotTakenAway() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'Old', start_datetime = '2026-07-01 10:00:00'")
        let name = "crm-task-\(id).ics"
        try crm.delete(name)
        let entry = try newest(crm)
        try crm.put(Sample.event("DTSTART:20260702T090000Z", "SUMMARY:Other"), as: name)
        try crm.crm.run("UPDATE tasks SET id = \(id) WHERE caldav_uid = 'one@example.org'")
        _ = try crm.calendar(of: "anna")
        let restored = try crm.store.restore(entry.id, by: "operator")
        #expect(restored.name == "restored-\(entry.id).ics")
        let new = try #require(restored.taskID)
        #expect(new != id)
        #expect(try crm.row("title", where: "id = \(new)") == ["Old"])
        #expect(try crm.row("title", where: "id = \(id)") == ["Other"])
        let text = try crm.text(restored.name, of: "anna")
        #expect(text.contains("X-CRM-TASK-ID:\(new)\r\n"))
        let object = try crm.object(restored.name, of: "anna")
        #expect(try crm.row("caldav_etag", where: "id = \(new)") == [object?.etag])
    }

    @Test func aChangeThatWasNotMergedYetIsNotLost() throws {
        let crm = try MirroredCRM()
        try crm.put(Self.meeting, as: "standup.ics")
        let calendar = try crm.calendar(of: "anna")
        // The client's request arrives before anybody merges what the CRM writes.
        try crm.crm.run("UPDATE tasks SET title = 'By CRM' WHERE caldav_uid = 'one@example.org'")
        try crm.store.deleteObject(
            "standup.ics", in: calendar, by: try crm.user("anna"), if: WriteCondition())
        try crm.store.restore(try newest(crm).id, by: "operator")
        #expect(try newRow(crm)[1] == "By CRM")
        let text = try crm.text("standup.ics", of: "anna")
        #expect(text.contains("SUMMARY:By CRM") && text.contains("X-MY-NOTE:kept"))
    }

    @Test func whatIsNoTaskComesBackWithoutARow() throws {
        let crm = try MirroredCRM { $0.mirrorsNewCalendars = false }
        try crm.store.createCalendar("private", of: "anna", with: [])
        let address = ResourceAddress.calendar(user: "anna", uri: "private")
        let calendar = try #require(
            try crm.store.open(address, signingIn: "anna", content: false).calendar)
        let text = Array((Self.meeting.joined(separator: "\r\n") + "\r\n").utf8)
        let user = try crm.user("anna")
        _ = try crm.store.put(
            try .init(parsing: text), text: text, name: "a.ics", in: calendar, by: user,
            if: WriteCondition(), isNew: false)
        try crm.store.deleteObject("a.ics", in: calendar, by: user, if: WriteCondition())
        let restored = try crm.store.restore(try newest(crm).id, by: "operator")
        #expect(restored.taskID == nil && restored.uri == "private")
        #expect(try newRow(crm).isEmpty)
    }

    // MARK: Deleted by the CRM

    @Test func whatTheCRMDeletedComesBackWithAllThatCalendarsShow() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask(
            """
            title = 'Call', start_datetime = '2026-07-01 10:00:00', notes = 'line\\n\\\\two',
            priority = 'high', contact_name = 'Kim'
            """)
        let text = try crm.text("crm-task-\(id).ics", of: "anna")
        let columns = "title, start_datetime, notes, priority, contact_name, user_id, created_at"
        let row = try crm.row(columns, where: "id = \(id)")
        try crm.crm.run("DELETE FROM tasks WHERE id = \(id)")
        try crm.turn()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") == nil)
        let entry = try newest(crm)
        #expect(entry.actor == "CRM")
        try crm.store.restore(entry.id, by: "operator")
        #expect(try crm.row(columns, where: "id = \(id)") == row)
        #expect(try crm.text("crm-task-\(id).ics", of: "anna") == text)
    }

    // MARK: Overwritten

    @Test func anOverwrittenVersionTakesThePlaceOfThePresentOne() throws {
        let crm = try MirroredCRM()
        try crm.put(Self.meeting, as: "standup.ics")
        let id = try newRow(crm)[0]
        try crm.crm.run("UPDATE tasks SET title = 'Worse', notes = 'n' WHERE id = \(id ?? "")")
        let worse = try crm.text("standup.ics", of: "anna")
        #expect(worse.contains("SUMMARY:Worse"))
        let restored = try crm.store.restore(try newest(crm).id, by: "operator")
        #expect(restored.isReplacing)
        let text = try crm.text("standup.ics", of: "anna")
        #expect(text.contains("SUMMARY:Standup") && text.contains("X-MY-NOTE:kept"))
        #expect(text.contains("SEQUENCE:2\r\n"), "later than the version it replaces")
        #expect(
            try crm.row("id, title, notes", where: "caldav_uid = 'one@example.org'")
                == [id, "Standup", nil])
        let entry = try newest(crm)
        #expect(entry.reason == "overwritten" && entry.actor == "operator")
        #expect(String(decoding: entry.content, as: UTF8.self) == worse)
    }

    @Test func aVersionOfATaskThatMovedComesBackWhereItIsNow() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask("title = 'Old', start_datetime = '2026-07-01 10:00:00'")
        _ = try crm.calendar(of: "anna")
        try crm.crm.run("UPDATE tasks SET title = 'New', user_id = 3 WHERE id = \(id)")
        _ = try crm.calendar(of: "anna")
        let restored = try crm.store.restore(try newest(crm).id, by: "operator")
        #expect(restored.owner == "ben" && restored.isReplacing)
        #expect(try crm.row("title, user_id", where: "id = \(id)") == ["Old", "3"])
    }

    // MARK: A calendar

    private func calendarWithTwo(_ crm: MirroredCRM) throws -> CalendarRecord {
        try crm.store.createCalendar(
            "projects", of: "anna",
            with: [
                .displayName("Projects"), .color("#11223344"),
                .store(namespace: "urn:x", name: "y", xml: Array("<y xmlns='urn:x'/>".utf8)),
            ])
        let calendar = try find("projects", crm)
        for number in 1...2 {
            let lines = Sample.event(
                "DTSTART:2026070\(number)T090000Z", "SUMMARY:P\(number)", uid: "p\(number)")
            let text = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
            _ = try crm.store.put(
                try .init(parsing: text), text: text, name: "p\(number).ics", in: calendar,
                by: try crm.user("anna"), if: WriteCondition(), isNew: false)
        }
        return try find("projects", crm)
    }

    private func find(_ uri: String, _ crm: MirroredCRM) throws -> CalendarRecord {
        let address = ResourceAddress.calendar(user: "anna", uri: uri)
        return try #require(
            try crm.store.open(address, signingIn: "anna", content: false).calendar)
    }

    @Test func aDeletedCalendarComesBackAsOne() throws {
        let crm = try MirroredCRM()
        let before = try calendarWithTwo(crm)
        let rows = try crm.crm.queryText(
            "SELECT id, title, start_datetime FROM tasks WHERE caldav_uid LIKE 'p_'"
        ).rows
        try crm.store.delete(before)
        let trashed = try #require(
            try crm.store.trashedCalendars(.init(owner: "anna", uri: "projects")).first)
        #expect(trashed.displayName == "Projects" && trashed.objectCount == 2)
        let result = try crm.store.restore(trashed, by: "operator")
        #expect(result.restored == 2 && result.failures.isEmpty)
        let after = try find("projects", crm)
        #expect(after.id == before.id && after.displayName == "Projects")
        #expect(after.color == "#11223344")
        #expect(after.revision > before.revision)
        #expect(!after.knows(before.revision), "what was removed before is no longer known")
        #expect(try crm.store.storedProperties(of: after, viewer: "anna").map(\.name) == ["y"])
        #expect(
            try crm.crm.queryText(
                "SELECT id, title, start_datetime FROM tasks WHERE caldav_uid LIKE 'p_'"
            ).rows
                == rows)
        #expect(try crm.store.trashedCalendars(.init()).isEmpty)
        #expect(try entries(crm).isEmpty)
    }

    @Test func aDeletedCalendarGoesIntoTheOneThatTookItsAddress() throws {
        let crm = try MirroredCRM()
        try crm.store.delete(try calendarWithTwo(crm))
        try crm.store.createCalendar("projects", of: "anna", with: [])
        let trashed = try #require(try crm.store.trashedCalendars(.init()).first)
        #expect(try crm.store.restore(trashed, by: "operator").restored == 2)
        #expect(try find("projects", crm).id != trashed.id)
    }

    @Test func oneObjectOfADeletedCalendarAsksForItsCalendarFirst() throws {
        let crm = try MirroredCRM()
        try crm.store.delete(try calendarWithTwo(crm))
        let entry = try newest(crm)
        #expect(throws: StorageError.self) { try crm.store.restore(entry.id, by: "operator") }
        #expect(try entries(crm).count == 2)
    }

    // MARK: Age

    @Test func theTrashKeepsThirtyDaysAndFiftyVersions() throws {
        let crm = try MirroredCRM { $0.retention.trashVersions = 3 }
        for number in 1...6 {
            try crm.put(
                Sample.event("DTSTART:20260701T090000Z", "SUMMARY:V\(number)"), as: "v.ics")
        }
        try crm.put(
            Sample.event("DTSTART:20260701T090000Z", "SUMMARY:Gone", uid: "two"), as: "old.ics")
        try crm.delete("old.ics")
        try crm.crm.run(
            """
            UPDATE caldav_trash SET discarded = discarded - 30 * 86400 - 60
             WHERE name = 'old.ics'
            """)
        try Housekeeper(context: crm.context).turn()
        #expect(try entries(crm).map(\.summary) == ["V5", "V4", "V3"])
    }

    @Test func theLogKeepsItsDays() throws {
        let crm = try MirroredCRM()
        try Housekeeper(context: crm.context).turn()
        try crm.crm.run(
            """
            UPDATE caldav_sync_log SET sync_timestamp = NOW() - INTERVAL 91 DAY
             ORDER BY id LIMIT 299
            """)
        try crm.crm.run("UPDATE caldav_meta SET value = '0' WHERE name = 'last_prune'")
        try Housekeeper(context: crm.context).turn()
        #expect(try crm.crm.queryText("SELECT COUNT(*) FROM caldav_sync_log").rows[0] == ["1"])
    }
}
