import CRMStore
import CalDAV
import MariaDB
import Testing

@Suite("Times of which the CRM's table says nothing", .serialized)
struct TimeStampTests {
    private static let withoutTimes = [
        "DELETE FROM tasks", "ALTER TABLE tasks DROP COLUMN created_at, DROP COLUMN updated_at",
    ]
    private static let task = "title = 'New', start_datetime = '2026-07-01 10:00:00'"

    private func text(_ crm: MirroredCRM, _ assignments: String) throws -> String {
        let id = try crm.insertTask(assignments)
        return try crm.text("crm-task-\(id).ics", of: "anna")
    }

    private func utc(_ expression: String, _ crm: MirroredCRM) throws -> String {
        let format = "DATE_FORMAT(\(expression), '%Y%m%dT%H%i%SZ')"
        return try crm.crm.queryText("SELECT \(format)").rows[0][0] ?? ""
    }

    @Test func theStampIsWhenTheRowWasLastModified() throws {
        let crm = try MirroredCRM(altering: Self.withoutTimes)
        try crm.crm.run("SET time_zone = '+00:00'")
        let text = try text(crm, "\(Self.task), caldav_lastmod = '2026-03-04 05:06:07'")
        #expect(text.contains("\r\nDTSTAMP:20260304T050607Z\r\n"))
    }

    @Test func elseItIsWhenTheObjectWasMade() throws {
        let crm = try MirroredCRM(
            altering: Self.withoutTimes + [
                "ALTER TABLE tasks ADD COLUMN caldav_lastmod TIMESTAMP NULL DEFAULT NULL"
            ])
        try crm.crm.run("ALTER TABLE tasks MODIFY caldav_lastmod TIMESTAMP NULL DEFAULT NULL")
        let before = try utc("UTC_TIMESTAMP()", crm)
        let text = try text(crm, Self.task)
        let after = try utc("UTC_TIMESTAMP() + INTERVAL 1 SECOND", crm)
        let line = try #require(text.split(separator: "\r\n").first { $0.hasPrefix("DTSTAMP:") })
        let stamp = String(line.dropFirst("DTSTAMP:".count))
        #expect(before <= stamp && stamp <= after)
    }

    @Test func thereIsNoOtherTime() throws {
        let crm = try MirroredCRM(altering: Self.withoutTimes)
        let text = try text(crm, Self.task)
        #expect(!text.contains("\r\nCREATED:"))
        #expect(!text.contains("\r\nLAST-MODIFIED:"))
    }

    @Test func aTaskWithoutAStartStandsOnTheDayOfItsStamp() throws {
        let crm = try MirroredCRM(
            altering: Self.withoutTimes + [
                "ALTER TABLE tasks MODIFY start_datetime DATETIME NULL"
            ])
        try crm.crm.run("SET time_zone = '+00:00'")
        let text = try text(
            crm, "title = 'New', start_datetime = NULL, caldav_lastmod = '2026-03-04 23:30:00'")
        // In Berlin it is the next day already.
        #expect(text.contains("\r\nDTSTART;VALUE=DATE:20260305\r\n"))
    }

    @Test func aCalendarOfNoKnownAgeHasNone() throws {
        let crm = try MirroredCRM()
        let id = try crm.calendar(of: "anna").id
        #expect(try crm.calendar(of: "anna").created != nil)
        try crm.crm.run("SET sql_mode = ''")
        try crm.crm.run(
            "UPDATE caldav_calendars SET created_at = '0000-00-00 00:00:00' WHERE id = \(id)")
        #expect(try crm.calendar(of: "anna").created == nil)
    }

    /// In columns of the CRM's own that have to be given a value.
    @Test(arguments: ["DATE", "DATETIME", "TIMESTAMP", "YEAR"])
    func aDateThatTheRowNeedsIsThePresentOne(type: String) throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks", "SET explicit_defaults_for_timestamp = 1",
            "ALTER TABLE tasks ADD COLUMN reviewed \(type) NOT NULL",
        ])
        try crm.put(Sample.event("DTSTART:20260701T080000Z", "SUMMARY:One"), as: "one.ics")
        #expect(try crm.row("LEFT(reviewed, 4) = YEAR(UTC_DATE())", where: "TRUE") == ["1"])
    }

    @Test func aTimeOfCreationThatTheRowNeedsIsThePresentOne() throws {
        let crm = try MirroredCRM(altering: [
            "DELETE FROM tasks", "ALTER TABLE tasks MODIFY created_at DATETIME NOT NULL",
        ])
        try crm.put(Sample.event("DTSTART:20260701T080000Z", "SUMMARY:One"), as: "one.ics")
        #expect(try crm.row("YEAR(created_at) = YEAR(UTC_DATE())", where: "TRUE") == ["1"])
    }
}
