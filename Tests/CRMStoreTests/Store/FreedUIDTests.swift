import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("A meeting whose task with the UID is gone", .serialized)
struct FreedUIDTests {
    private let crm: MirroredCRM
    private static let uid = "one@example.org"

    init() throws {
        crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        for user in ["anna", "ben", "carla"] {
            try crm.put(
                Sample.event("DTSTART:20260701T080000Z", "SUMMARY:\(user)"), as: "m.ics", by: user)
        }
    }

    private func uid(of user: String) throws -> String? {
        try crm.row("caldav_uid", where: "title = '\(user)'").first ?? nil
    }

    @Test func asLongAsItIsThereTheOthersKeepTheirs() throws {
        let ben = try uid(of: "ben")
        try crm.turn()
        #expect(try uid(of: "anna") == Self.uid)
        #expect(try uid(of: "ben") == ben)
        #expect(ben?.hasPrefix("caldav-") == true)
    }

    @Test(arguments: ["a client", "the CRM"])
    func theOldestOneLeftGetsIt(actor: String) throws {
        if actor == "the CRM" {
            try crm.crm.run("DELETE FROM tasks WHERE title = 'anna'")
        } else {
            try crm.delete("m.ics")
        }
        try crm.turn()
        #expect(try uid(of: "ben") == Self.uid)
        #expect(try uid(of: "carla")?.hasPrefix("caldav-") == true)
        try crm.delete("m.ics", by: "ben")
        try crm.turn()
        #expect(try uid(of: "carla") == Self.uid)
    }

    @Test func nothingElseOfTheRowOrItsObjectChanges() throws {
        try crm.crm.run("UPDATE tasks SET updated_at = '2026-01-02 03:04:05'")
        try crm.store.mergePendingChanges()
        let revision = try crm.calendar(of: "ben").revision
        let columns = "updated_at, caldav_etag, caldav_sequence"
        let before = try crm.row(columns, where: "title = 'ben'")
        try crm.delete("m.ics")
        try crm.turn()
        #expect(try uid(of: "ben") == Self.uid)
        #expect(try crm.row(columns, where: "title = 'ben'") == before)
        try crm.turn()
        #expect(try crm.calendar(of: "ben").revision == revision)
        // A later write finds it as any other.
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:ben"), as: "m.ics", by: "ben")
        #expect(try uid(of: "ben") == Self.uid)
    }

    @Test func aUIDThatTheColumnCannotHoldStaysDerived() throws {
        let long = String(repeating: "u", count: 300)
        try crm.put(
            Sample.event("DTSTART:20260701T080000Z", "SUMMARY:long", uid: long), as: "l.ics")
        try crm.turn()
        #expect(try uid(of: "long")?.hasPrefix("caldav-") == true)
    }
}
