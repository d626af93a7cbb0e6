import CRMStore
import MariaDB
import TestSupport
import Testing

@Suite("migrate --uninstall")
struct UninstallTests {
    let crm: MigratedCRM

    init() throws { crm = try MigratedCRM() }

    @Test func restoresTheDatabaseWhenTheDocumentedPartsGoToo() throws {
        let before = try crm.showEverything()
        try crm.migrate()
        #expect(try crm.showEverything() != before)
        try crm.migration.uninstall(documentedParts: true)
        #expect(try crm.showEverything() == before)
        #expect(try crm.count("tasks") == 300)
    }

    @Test func leavesTheDocumentedPartsOtherwise() throws {
        try ExampleCRM.runDocumentedStatements(on: crm.connection)
        let before = try crm.showEverything()
        try crm.migrate()
        var steps: [String] = []
        try crm.migration.uninstall(documentedParts: false) { progress in
            if case .step(_, _, let summary) = progress { steps.append(summary) }
        }
        #expect(steps.prefix(2).allSatisfy { $0.hasPrefix("drop trigger") })
        #expect(try crm.showEverything() == before)
        #expect(try crm.count("caldav_calendars") == 1)
    }

    @Test func doesNothingWhereNothingIs() throws {
        let before = try crm.showEverything()
        try crm.migration.uninstall(documentedParts: true)
        #expect(try crm.showEverything() == before)
    }

    @Test func mayBeFollowedByAnotherMigration() throws {
        try crm.migrate()
        try crm.migration.uninstall(documentedParts: false)
        try crm.migrate()
        #expect(try crm.migration.plan().steps.isEmpty)
    }
}
