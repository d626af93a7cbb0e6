import CRMStore
import Glibc
import MariaDB
import TestSupport
import Testing

@Suite("migrate, without the right to make triggers", .serialized)
struct MigrationPrivilegeTests {
    let crm: MigratedCRM

    init() throws { crm = try MigratedCRM() }

    private static let tablePrivileges =
        "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES"

    @Test func scansWhereTheAccountLacksThePrivilege() throws {
        let account = try account("plain", privileges: Self.tablePrivileges)
        let migration = Migration(settings: crm.settings, connection: account)
        guard case .scan(let reason) = try migration.plan().noticing else {
            Issue.record("triggers expected to be impossible")
            return
        }
        #expect(reason.contains("TRIGGER privilege"))
        #expect(try migration.printSQL().contains("Likely to be refused"))
        var events: [MigrationProgress] = []
        let plan = try migration.run { events.append($0) }
        #expect(plan.noticing == .scan(reason: reason))
        #expect(events.last == .scanning(reason: reason))
        #expect(try crm.triggers() == 0)
        // All else is there.
        #expect(try migration.plan().steps.allSatisfy(\.isTrigger))
        try migration.uninstall(documentedParts: true)
        #expect(try crm.count("tasks") == 300)
    }

    @Test func scansWhereTheBinaryLogForbidsTriggers() throws {
        // The test server writes a binary log, and error 1419 is its default.
        let account = try account("logged", privileges: Self.tablePrivileges + ", TRIGGER")
        let migration = Migration(settings: crm.settings, connection: account)
        guard case .scan(let reason) = try migration.plan().noticing else {
            Issue.record("triggers expected to be impossible")
            return
        }
        #expect(reason.contains("log_bin_trust_function_creators"))
        #expect(try migration.run().noticing == .scan(reason: reason))
        #expect(try crm.triggers() == 0)
    }

    @Test func makesTriggersWithThePrivilegeAlone() throws {
        try crm.connection.run("SET GLOBAL log_bin_trust_function_creators = 1")
        defer { try? crm.connection.run("SET GLOBAL log_bin_trust_function_creators = 0") }
        let account = try account("trusted", privileges: Self.tablePrivileges + ", TRIGGER")
        let migration = Migration(settings: crm.settings, connection: account)
        #expect(try migration.plan().noticing == .triggers)
        #expect(try migration.run().noticing == .triggers)
        #expect(try crm.triggers() == 2)
        // Their owner needs nothing but INSERT to fill the table for everybody.
        try crm.connection.run("UPDATE tasks SET title = 'x' WHERE id = 7")
        #expect(try crm.count("caldav_pending") == 1)
    }

    @Test func anAccountThatMayNotAlterIsToldWhichStepFailed() throws {
        let account = try account("reader", privileges: "SELECT")
        do {
            try Migration(settings: crm.settings, connection: account).run()
            Issue.record("the account may only read")
        } catch {
            guard case .database(let cause, let step) = error else { throw error }
            #expect(cause.isPrivilegeMissing)
            #expect(step == "add column tasks.caldav_uid")
        }
    }

    private func account(_ prefix: String, privileges: String) throws -> Connection {
        let name = "\(prefix)_\(getpid())"
        let root = crm.connection
        let database = crm.connectionSettings.database
        try root.run("DROP USER IF EXISTS \(name)@localhost")
        try root.run("CREATE USER \(name)@localhost")
        try root.run("GRANT \(privileges) ON `\(database)`.* TO \(name)@localhost")
        var settings = crm.connectionSettings
        settings.user = name
        return Connection(settings: settings)
    }
}
