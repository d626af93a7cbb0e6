import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

@Suite("caldav_calendars: clients and the CRM both make and change calendars", .serialized)
struct CalendarTests {
    private func open(_ uri: String, _ crm: MirroredCRM) throws -> CalendarRecord? {
        try crm.store.open(.calendar(user: "anna", uri: uri), signingIn: "anna", content: false)
            .calendar
    }

    private func columns(_ uri: String, _ crm: MirroredCRM) throws -> [String?] {
        try crm.crm.queryText(
            """
            SELECT displayname, description, color, timezone, components FROM caldav_calendars
             WHERE user_id = 'anna' AND uri = '\(uri)'
            """
        ).rows.first ?? []
    }

    @Test func everyUserHasADefaultCalendarThatNoClientDeletes() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "elise")
        #expect(calendar.uri == "crm-tasks")
        #expect(calendar.isProtected)
    }

    @Test func whatAClientMakesIsInTheDocumentedColumns() throws {
        let crm = try MirroredCRM()
        try crm.store.createCalendar(
            "work", of: "anna",
            with: [
                .displayName("Work ✓"), .description("d"), .color("#11223344"),
                .timeZone("Europe/Berlin"), .components(["VTODO"]),
            ])
        #expect(
            try columns("work", crm) == ["Work ✓", "d", "#112233", "Europe/Berlin", "VTODO"])
        let calendar = try #require(try open("work", crm))
        #expect(calendar.color == "#11223344", "returned as it was written")
        #expect(!calendar.isProtected)
    }

    @Test func aColourThatTheCRMSetsWins() throws {
        let crm = try MirroredCRM()
        try crm.store.createCalendar("work", of: "anna", with: [.color("turquoise")])
        #expect(try open("work", crm)?.color == "turquoise")
        try crm.crm.run("UPDATE caldav_calendars SET color = '#ff0000' WHERE uri = 'work'")
        #expect(try open("work", crm)?.color == "#ff0000")
    }

    @Test func aNameThatDiffersInCaseAloneIsAClearRefusal() throws {
        let crm = try MirroredCRM()
        try crm.store.createCalendar("Work", of: "anna", with: [])
        #expect {
            try crm.store.createCalendar("work", of: "anna", with: [])
        } throws: { error in
            guard case StorageError.spellingConflict("Work")? = error as? StorageError else {
                return false
            }
            return true
        }
        #expect(try open("work", crm) == nil)
        #expect {
            try crm.store.createCalendar("Work", of: "anna", with: [])
        } throws: { error in
            guard case StorageError.alreadyExists? = error as? StorageError else { return false }
            return true
        }
    }

    @Test func aCalendarThatTheCRMInsertsIsThere() throws {
        let crm = try MirroredCRM()
        try crm.crm.run(
            "INSERT INTO caldav_calendars (user_id, uri, displayname) VALUES ('anna', 'x', 'X')")
        #expect(try open("x", crm)?.displayName == "X")
        #expect(try crm.store.calendars(of: "anna").map(\.uri) == ["crm-tasks", "x"])
        try crm.crm.run("UPDATE caldav_calendars SET displayname = 'Y' WHERE uri = 'x'")
        #expect(try open("x", crm)?.displayName == "Y")
    }

    @Test func aTaskThatTheCRMPutsIntoACalendarIsThere() throws {
        let crm = try MirroredCRM(altering: ["ALTER TABLE tasks ADD COLUMN calendar_id INT NULL"])
        try crm.store.createCalendar("work", of: "anna", with: [])
        let work = try #require(try open("work", crm))
        let id = try crm.insertTask(
            "title = 'T', start_datetime = '2026-07-01', calendar_id = \(work.id)")
        let before = try crm.calendar(of: "anna").revision
        let object = try crm.store.open(
            .object(user: "anna", uri: "work", name: "crm-task-\(id).ics"), signingIn: "anna",
            content: false)
        #expect(object.object != nil)
        try crm.crm.run("UPDATE tasks SET calendar_id = NULL WHERE id = \(id)")
        #expect(try crm.changes(of: "anna", after: before) == ["crm-task-\(id).ics"])
    }

    @Test(arguments: [true, false])
    func storedPropertiesAreEverybodysOrTheViewersOwn(isViewers: Bool) throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        let xml = Array(#"<x:y xmlns:x="urn:x">1</x:y>"#.utf8)
        try crm.store.change(
            calendar, [.store(namespace: "urn:x", name: "y", xml: xml, isViewers: isViewers)],
            viewer: "anna")
        #expect(try crm.store.storedProperties(of: calendar, viewer: "anna").map(\.xml) == [xml])
        let others = try crm.store.storedProperties(of: calendar, viewer: "ben")
        #expect(others.map(\.xml) == (isViewers ? [] : [xml]))
        try crm.store.change(
            calendar, [.remove(namespace: "urn:x", name: "y", isViewers: isViewers)],
            viewer: "anna")
        #expect(try crm.store.storedProperties(ofCalendarsOf: "anna", viewer: "anna").isEmpty)
    }

    @Test func whatAViewerKeepsIsNoChangeOfTheOwnersCalendar() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        func xml(_ viewer: String) throws -> [String] {
            try crm.store.storedProperties(of: calendar, viewer: viewer).map {
                String(decoding: $0.xml, as: UTF8.self)
            }
        }
        func store(_ text: String, isViewers: Bool, by viewer: String) throws {
            let change = CalendarChange.store(
                namespace: "urn:x", name: "y", xml: Array(text.utf8), isViewers: isViewers)
            try crm.store.change(calendar, [change], viewer: viewer)
        }
        try store("everybody's", isViewers: false, by: "anna")
        let before = try crm.calendar(of: "anna").revision
        try store("ben's", isViewers: true, by: "ben")
        #expect(try crm.calendar(of: "anna").revision == before)
        // The viewer's own comes last, and goes over the other.
        #expect(try xml("ben") == ["everybody's", "ben's"])
        #expect(try xml("anna") == ["everybody's"])
    }

    @Test func propertiesOfHomesArePlaceByPlace() throws {
        let crm = try MirroredCRM()
        let store = CalendarChange.store(namespace: "urn:x", name: "y", xml: Array("<y/>".utf8))
        try crm.store.change(.home, ofHomeOf: "anna", [store])
        try crm.store.change(.inbox, ofHomeOf: "anna", [store])
        try crm.store.change(.home, ofHomeOf: "ben", [store])
        try crm.store.change(.home, ofHomeOf: "anna", [.remove(namespace: "urn:x", name: "y")])
        #expect(try crm.store.storedProperties(inHomeOf: "anna").map(\.place) == [.inbox])
    }

    @Test func aDeletedCalendarTakesItsTasksAndLeavesNoOldTokenValid() throws {
        let crm = try MirroredCRM()
        try crm.store.createCalendar("work", of: "anna", with: [])
        let work = try #require(try open("work", crm))
        let text = Array((Sample.event("DTSTART:20260701T080000Z").joined(separator: "\r\n")).utf8)
        _ = try crm.store.put(
            try .init(parsing: text), text: text, name: "a.ics", in: work,
            by: try crm.user("anna"), if: WriteCondition(), isNew: false)
        let before = try #require(try open("work", crm)).revision
        try crm.store.delete(work)
        #expect(try open("work", crm) == nil)
        #expect(try crm.row("COUNT(*)", where: "caldav_uid = 'one@example.org'") == ["0"])
        try crm.store.createCalendar("work", of: "anna", with: [])
        #expect(try #require(try open("work", crm)).knows(before) == false)
    }
}
