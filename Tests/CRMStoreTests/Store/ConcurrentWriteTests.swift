import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

@Suite("Two masters: what clients write beside the CRM, and beside each other", .serialized)
struct ConcurrentWriteTests {
    // MARK: What clients drop on the way

    @Test func aClientThatDropsTheExtrasEmptiesNoColumn() throws {
        let crm = try MirroredCRM()
        let id = try crm.insertTask(
            """
            title = 'Call', task_type = 'meeting', start_datetime = '2026-07-01 10:00:00',
            contact_phone = '+1', notes = 'n', contact_email = 'k@example.com'
            """)
        let name = "crm-task-\(id).ics"
        let object = try #require(try crm.object(name, of: "anna"))
        let uid = try #require(try crm.row("caldav_uid", where: "id = \(id)")[0])
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:Called", uid: uid), as: name,
            if: WriteCondition(ifMatch: .tags([object.etag])))
        #expect(
            try crm.row(
                "title, task_type, contact_phone, notes, contact_email", where: "id = \(id)")
                == ["Called", "meeting", "+1", "n", "k@example.com"])
    }

    // MARK: At the same time

    @Test func aColumnOfTheCRMsAndAnotherOfTheClientsBothSurvive() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        let calendar = try crm.calendar(of: "anna")
        let user = try crm.user("anna")
        // The CRM commits after the request was opened and its condition judged.
        try crm.crm.run(
            "UPDATE tasks SET notes = 'from the CRM' WHERE caldav_uid = 'one@example.org'")
        let lines = Sample.meeting.map { $0 == "SUMMARY:Standup" ? "SUMMARY:From the client" : $0 }
        let text = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
        _ = try crm.store.put(
            try .init(parsing: text), text: text, name: "standup.ics", in: calendar, by: user,
            if: WriteCondition(), isNew: false)
        let merged = try crm.text("standup.ics", of: "anna")
        #expect(merged.contains("SUMMARY:From the client\r\n"))
        #expect(merged.contains("X-CRM-NOTES:from the CRM\r\n"))
        #expect(
            try crm.row("title, notes", where: "caldav_uid = 'one@example.org'")
                == ["From the client", "from the CRM"])
    }

    @Test func aBlindWriteIsStoredAsItIsAndThenMergedWithWhatItsSenderHadNotSeen() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        try crm.crm.run(
            "UPDATE tasks SET title = 'From the CRM' WHERE caldav_uid = 'one@example.org'")
        let before = try crm.calendar(of: "anna").revision
        // The client had the version before the CRM's change and edits the priority.
        let edited = Sample.meeting.map { $0 == "PRIORITY:2" ? "PRIORITY:9" : $0 }
        let answer = try crm.put(edited, as: "standup.ics")
        let object = try #require(try crm.object("standup.ics", of: "anna"))
        let text = String(decoding: object.content, as: UTF8.self)
        #expect(text.contains("SUMMARY:From the CRM\r\n"))
        #expect(text.contains("PRIORITY:9\r\n"))
        #expect(object.etag != answer.etag)
        #expect(try crm.calendar(of: "anna").revision == before + 2)
        #expect(
            try crm.row("title, priority", where: "caldav_uid = 'one@example.org'")
                == ["From the CRM", "low"])
    }

    @Test func aBlindWriteTakesBackNoneOfManyChanges() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        for number in 1...30 {
            try crm.crm.run(
                "UPDATE tasks SET notes = 'Note \(number)' WHERE caldav_uid = 'one@example.org'")
            _ = try crm.calendar(of: "anna")
        }
        try crm.put(
            Sample.meeting.map { $0 == "PRIORITY:2" ? "PRIORITY:9" : $0 }, as: "standup.ics")
        #expect(try crm.text("standup.ics", of: "anna").contains("X-CRM-NOTES:Note 30\r\n"))
        #expect(
            try crm.row("notes, priority", where: "caldav_uid = 'one@example.org'")
                == ["Note 30", "low"])
    }

    @Test func whoeverTakesTheirOwnChangeBackIsNotContradicted() throws {
        let crm = try MirroredCRM()
        for title in ["A", "B", "C", "A", "B"] {
            let lines = Sample.event("DTSTART:20260701T080000Z", "SUMMARY:\(title)")
            try crm.put(lines, as: "undo.ics")
            #expect(
                try crm.text("undo.ics", of: "anna") == lines.joined(separator: "\r\n") + "\r\n")
            #expect(try crm.row("title", where: "caldav_uid = 'one@example.org'") == [title])
        }
    }

    @Test func whatWasMergedStaysMergedWhenTheSenderGoesOnFromItsOwnVersion() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        try crm.crm.run(
            "UPDATE tasks SET title = 'From the CRM' WHERE caldav_uid = 'one@example.org'")
        for priority in 3...5 {
            let edited = Sample.meeting.map { $0 == "PRIORITY:2" ? "PRIORITY:\(priority)" : $0 }
            try crm.put(edited, as: "standup.ics")
            let text = try crm.text("standup.ics", of: "anna")
            #expect(text.contains("SUMMARY:From the CRM\r\n"))
            #expect(text.contains("PRIORITY:\(priority)\r\n"))
        }
    }

    @Test func aWriteThatSaysWhatItReplacesIsNotMerged() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        try crm.crm.run(
            "UPDATE tasks SET title = 'From the CRM' WHERE caldav_uid = 'one@example.org'")
        let etag = try #require(try crm.object("standup.ics", of: "anna")).etag
        try crm.put(
            Sample.meeting, as: "standup.ics", if: WriteCondition(ifMatch: .tags([etag])))
        #expect(
            try crm.text("standup.ics", of: "anna")
                == Sample.meeting.joined(separator: "\r\n") + "\r\n")
        #expect(try crm.row("title", where: "caldav_uid = 'one@example.org'") == ["Standup"])
    }

    @Test func aStaleConditionIsRefusedWithTheCurrentETag() throws {
        let crm = try MirroredCRM()
        let old = try crm.put(Sample.meeting, as: "standup.ics").etag
        try crm.crm.run("UPDATE tasks SET title = 'New' WHERE caldav_uid = 'one@example.org'")
        let current = try #require(try crm.object("standup.ics", of: "anna")).etag
        #expect {
            try crm.put(
                Sample.meeting, as: "standup.ics", if: WriteCondition(ifMatch: .tags([old])))
        } throws: { error in
            guard case StorageError.preconditionFailed(let etag)? = error as? StorageError else {
                return false
            }
            return etag == current
        }
        #expect(try crm.row("title", where: "caldav_uid = 'one@example.org'") == ["New"])
    }

    @Test func aWriteOfOursIsNoChangeOfTheCRMs() throws {
        let crm = try MirroredCRM()
        try crm.put(Sample.meeting, as: "standup.ics")
        let before = try crm.calendar(of: "anna").revision
        try crm.turn()
        #expect(try crm.calendar(of: "anna").revision == before)
        #expect(
            try crm.text("standup.ics", of: "anna")
                == Sample.meeting.joined(separator: "\r\n") + "\r\n")
    }

    @Test func aWriteOverATaskThatIsGoneIsJudgedAsIfThatWereKnown() throws {
        let crm = try MirroredCRM()
        let etag = try crm.put(Sample.meeting, as: "standup.ics").etag
        let id = try crm.row("id", where: "caldav_uid = 'one@example.org'")[0]
        try crm.crm.run("DELETE FROM tasks WHERE caldav_uid = 'one@example.org'")
        #expect {
            try crm.put(
                Sample.meeting.map { $0 == "PRIORITY:2" ? "PRIORITY:3" : $0 }, as: "standup.ics",
                if: WriteCondition(ifMatch: .tags([etag])))
        } throws: { error in
            if case StorageError.preconditionFailed(nil)? = error as? StorageError { return true }
            return false
        }
        #expect(try crm.object("standup.ics", of: "anna") == nil)
        // Without a condition it is a task again, and a new one.
        #expect(try crm.put(Sample.meeting, as: "standup.ics").isNew)
        #expect(try crm.row("id", where: "caldav_uid = 'one@example.org'")[0] != id)
    }
}
