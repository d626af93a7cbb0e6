import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("Columns that cannot hold what a client writes", .serialized)
struct LegacyColumnTests {
    /// The object is kept whole, the row gets what it can hold, and the difference is no edit of the
    /// CRM's: looking again changes nothing.
    private func expectKept(
        _ lines: [String], in crm: MirroredCRM, _ columns: String, _ values: [String?]
    ) throws {
        try crm.put(lines, as: "kept.ics")
        let revision = try crm.calendar(of: "anna").revision
        #expect(try crm.row(columns, where: "caldav_uid = 'one@example.org'") == values)
        try crm.turn()
        #expect(try crm.text("kept.ics", of: "anna") == lines.joined(separator: "\r\n") + "\r\n")
        #expect(try crm.calendar(of: "anna").revision == revision)
    }

    @Test func aTitleThatIsTooLongIsCut() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks",
            "ALTER TABLE tasks MODIFY title VARCHAR(20) NOT NULL",
        ])
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Überlängenüberschreitung"), in: crm,
            "title", ["Überlängenüberschrei"])
    }

    @Test(arguments: ["2147483647", "3600000000", "9223372036854775807"])
    func aSequenceBeyondTheColumnIsTheHighestItHolds(sequence: String) throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        let lines = Sample.event("DTSTART:20260701T080000Z", "SEQUENCE:\(sequence)")
        try expectKept(lines, in: crm, "caldav_sequence", ["2147483647"])
        try crm.crm.run("UPDATE tasks SET title = 'by the CRM'")
        try crm.store.mergePendingChanges()
        let text = try crm.text("kept.ics", of: "anna")
        #expect(text.contains("\r\nSUMMARY:by the CRM\r\n"))
        #expect(text.contains("\r\nSEQUENCE:2147483647\r\n"))
    }

    @Test func aTextThatIsTooLongIsCutByBytes() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks",
            "ALTER TABLE tasks MODIFY notes TINYTEXT",
        ])
        let notes = String(repeating: "ä", count: 200)
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "X-CRM-NOTES:\(notes)"), in: crm,
            "CHAR_LENGTH(notes)", ["127"])
    }

    @Test func anEmojiInAnOldCharacterSetIsAQuestionMark() throws {
        let crm = try MirroredCRM(
            altering: [
                "DELETE FROM tasks",
                "ALTER TABLE tasks MODIFY title VARCHAR(255) CHARACTER SET utf8mb3 NOT NULL",
            ]
        )
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Party 🎉 now"), in: crm,
            "title", ["Party ? now"])
    }

    @Test func aCharacterThatLatin1LacksIsAQuestionMark() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks",
            "ALTER TABLE tasks MODIFY title VARCHAR(255) CHARACTER SET latin1 NOT NULL",
        ])
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Müller „zahlt“ 5 € an Дмитрий"),
            in: crm, "title", ["Müller „zahlt“ 5 € an ???????"])
    }

    @Test func aStatusThatTheEnumLacksIsItsDefault() throws {
        let crm = try MirroredCRM(altering: [
            "UPDATE tasks SET status = 'pending'",
            "ALTER TABLE tasks MODIFY status ENUM('pending', 'completed') DEFAULT 'pending'",
        ])
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "STATUS:CANCELLED"), in: crm,
            "status", ["pending"])
    }

    @Test func anEndThatMayNotBeNullIsTheStart() throws {
        let crm = try MirroredCRM(altering: [
            "UPDATE tasks SET end_datetime = start_datetime WHERE end_datetime IS NULL",
            "ALTER TABLE tasks MODIFY end_datetime DATETIME NOT NULL",
        ])
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Point"), in: crm,
            "end_datetime", ["2026-07-01 10:00:00"])
    }

    @Test func anEndThatMayNotBeNullGoesWithTheStart() throws {
        let crm = try MirroredCRM(altering: [
            "UPDATE tasks SET end_datetime = start_datetime WHERE end_datetime IS NULL",
            "ALTER TABLE tasks MODIFY end_datetime DATETIME NOT NULL",
        ])
        let point = Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Point")
        try crm.put(point, as: "kept.ics")
        for (lines, end) in [
            (Sample.event("DTSTART:20260630T080000Z"), "2026-06-30 10:00:00"),
            (
                Sample.event("DTSTART:20260630T080000Z", "DTEND:20260630T090000Z"),
                "2026-06-30 11:00:00"
            ),
            (Sample.event("DTSTART:20260630T080000Z"), "2026-06-30 10:00:00"),
        ] {
            try expectKept(lines, in: crm, "end_datetime", [end])
        }
    }

    @Test func columnsOfTheCRMsOwnGetAValue() throws {
        let crm = try MirroredCRM(altering: [
            "ALTER TABLE tasks ADD COLUMN branch VARCHAR(10) NOT NULL",
            "ALTER TABLE tasks ADD COLUMN weight INT NOT NULL",
            "ALTER TABLE tasks ADD COLUMN region ENUM('north', 'south') NOT NULL",
            "ALTER TABLE tasks ADD COLUMN due DATE NOT NULL",
            "ALTER TABLE tasks ADD COLUMN source VARCHAR(10) NOT NULL DEFAULT 'web'",
        ])
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z"), in: crm,
            "branch, weight, region, due = UTC_DATE(), source", ["", "0", "north", "1", "web"])
    }

    @Test func aDateBeyondTheColumnIsLeftOut() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks",
            "ALTER TABLE tasks MODIFY end_datetime TIMESTAMP NULL DEFAULT NULL",
        ])
        try expectKept(
            Sample.event("DTSTART:20260701T080000Z", "DTEND:20400701T080000Z"), in: crm,
            "start_datetime, end_datetime", ["2026-07-01 10:00:00", nil])
    }

    @Test func aTimestampColumnIsAnInstant() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks", "SET time_zone = '+02:00'",
            """
            ALTER TABLE tasks MODIFY start_datetime TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
                              MODIFY end_datetime TIMESTAMP NULL DEFAULT NULL
            """,
        ])
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "DTEND:20260701T090000Z"), as: "kept.ics")
        #expect(
            try crm.row("UNIX_TIMESTAMP(start_datetime)", where: "caldav_uid = 'one@example.org'")
                == ["1782892800"])
        let id = try crm.insertTask(
            "title = 'T', start_datetime = FROM_UNIXTIME(1782892800), end_datetime = NULL")
        #expect(
            try crm.text("crm-task-\(id).ics", of: "anna")
                .contains("DTSTART;TZID=Europe/Berlin:20260701T100000\r\n"))
    }

    @Test func theSameMeetingOfTwoUsersHasTwoRows() throws {
        let crm = try MirroredCRM()
        let lines = Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Ours")
        try crm.put(lines, as: "m.ics", by: "anna")
        try crm.put(lines, as: "m.ics", by: "ben")
        let rows = try crm.crm.queryText(
            "SELECT user_id, caldav_uid FROM tasks WHERE title = 'Ours' ORDER BY user_id"
        ).rows
        #expect(rows.map { $0[0] } == ["2", "3"])
        #expect(rows[0][1] == "one@example.org")
        #expect(rows[1][1]?.hasPrefix("caldav-") == true)
    }

    @Test func aUIDThatDiffersInCaseIsAnotherObject() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.event("DTSTART:20260701T080000Z", uid: "AbC"), as: "a.ics")
        try crm.put(Sample.event("DTSTART:20260701T080000Z", uid: "aBc"), as: "b.ics")
        #expect(try crm.changes(of: "anna", after: nil).suffix(2) == ["a.ics", "b.ics"])
    }

    @Test func aUIDThatIsTakenInTheCalendarIsRefused() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.event("DTSTART:20260701T080000Z"), as: "a.ics")
        let tasks = try crm.row("COUNT(*)", where: "1")
        #expect {
            try crm.put(Sample.event("DTSTART:20260701T080000Z"), as: "b.ics")
        } throws: { error in
            guard case StorageError.uidInUse(let name)? = error as? StorageError else {
                return false
            }
            return name == "a.ics"
        }
        #expect(try crm.row("COUNT(*)", where: "1") == tasks)
    }
}
