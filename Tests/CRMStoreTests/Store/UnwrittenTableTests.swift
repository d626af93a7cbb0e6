import CRMStore
import Glibc
import MariaDB
import Testing

// A worker that goes on for long counts rows only in the seconds in which the server says that somebody
// wrote. These are the changes that no trigger tells, after such a rest.
@Suite("Looking at a table in which nothing was written for a while", .serialized)
struct UnwrittenTableTests {
    let crm: MirroredCRM
    let housekeeper: Housekeeper
    let id: Int

    init() throws {
        crm = try MirroredCRM()
        housekeeper = Housekeeper(context: crm.context)
        id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        _ = try crm.calendar(of: "anna")
        try look()
    }

    /// What the worker does each second.
    private func look(_ worker: Housekeeper? = nil) throws {
        try crm.crm.run(
            "UPDATE caldav_meta SET value = '0' WHERE name IN ('last_look', 'last_count')")
        try (worker ?? housekeeper).turn()
    }

    private func rest(_ worker: Housekeeper? = nil) throws {
        for _ in 0..<5 {
            usleep(1_000_000)
            try look(worker)
        }
    }

    private func objects() throws -> Int {
        let counted = try crm.crm.queryText("SELECT COUNT(task_id) FROM caldav_objects").rows[0][0]
        return try #require(counted.flatMap { Int($0) })
    }

    @Test func aDeletedTaskIsNoticed() throws {
        try rest()
        try crm.crm.run("DELETE FROM tasks WHERE id = \(id)")
        try look()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") == nil)
    }

    @Test func aTaskThatIsDeletedJustAfterALookIsNoticed() throws {
        try rest()
        let other = try crm.insertTask("title = 'Other', start_datetime = '2026-07-01 10:00:00'")
        _ = try crm.calendar(of: "anna")
        try look()
        try crm.crm.run("DELETE FROM tasks WHERE id IN (\(id), \(other))")
        try look()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") == nil)
        #expect(try crm.object("crm-task-\(other).ics", of: "anna") == nil)
    }

    @Test func aTransactionThatBeganWithAnotherAndLastedLongerIsNoticedSoon() throws {
        let page = Connection(settings: crm.settings.connection)
        for _ in 0..<3 {
            // In the same second, nearly always.
            let other = try crm.insertTask("title = 'x', start_datetime = '2026-07-01 10:00:00'")
            try page.run("START TRANSACTION")
            try page.run("DELETE FROM tasks WHERE id = \(other)")
            _ = try crm.calendar(of: "anna")
            try rest()
            try page.run("COMMIT")
            for _ in 0..<3 {
                usleep(1_000_000)
                try look()
            }
            #expect(try crm.object("crm-task-\(other).ics", of: "anna") == nil)
        }
    }

    @Test func aTaskThatACascadeRemovesIsNoticed() throws {
        try crm.crm.run("CREATE TABLE deals (id INT PRIMARY KEY)")
        try crm.crm.run("INSERT INTO deals VALUES (1)")
        try crm.crm.run(
            """
            ALTER TABLE tasks ADD COLUMN deal_id INT NULL,
              ADD FOREIGN KEY (deal_id) REFERENCES deals (id) ON DELETE CASCADE
            """)
        try crm.crm.run("UPDATE tasks SET deal_id = 1 WHERE id = \(id)")
        _ = try crm.calendar(of: "anna")
        // The altered table is compared as a whole once it has stood for a while.
        try rest()
        try rest()
        try crm.crm.run("DELETE FROM deals")
        try look()
        #expect(try crm.object("crm-task-\(id).ics", of: "anna") == nil)
    }

    @Test func anEmptiedTableIsNoticed() throws {
        try rest()
        #expect(try objects() > 0)
        try crm.crm.run("SET FOREIGN_KEY_CHECKS = 0")
        try crm.crm.run("TRUNCATE tasks")
        try look()
        #expect(try objects() == 0)
    }

    @Test func aRowThatNoTriggerSawIsNoticed() throws {
        for name in ["inserted", "updated"] {
            try crm.crm.run("DROP TRIGGER caldav_task_\(name)")
        }
        // Whether there are triggers is asked by a worker that begins, and then each minute.
        let beginning = Housekeeper(context: crm.context)
        try rest(beginning)
        try crm.crm.run("UPDATE tasks SET title = 'Unseen' WHERE id = \(id)")
        try look(beginning)
        #expect(
            try crm.text("crm-task-\(id).ics", of: "anna").contains("\r\nSUMMARY:Unseen\r\n"))
    }

    /// Statements of a turn in which these duties are due, and no others.
    ///
    /// The least of several: on a busy machine a duty may be slow, and then notes that it is to rest.
    private func statements(due duties: String) throws -> UInt64 {
        var least = UInt64.max
        for _ in 0..<5 {
            try crm.crm.run(
                "UPDATE caldav_meta SET value = '9999999999' WHERE name LIKE 'last%'")
            try crm.crm.run("UPDATE caldav_meta SET value = '0' WHERE name IN (\(duties))")
            let before = housekeeper.statementCount
            try housekeeper.turn()
            least = min(least, housekeeper.statementCount - before)
        }
        return least
    }

    @Test func theTablesStateIsAskedOnceForLookingAndCounting() throws {
        try rest()
        let none = try statements(due: "'none'")
        // Each takes a claim; together they ask once.
        let one = try statements(due: "'last_look'")
        let both = try statements(due: "'last_look', 'last_count'")
        #expect(one == none + 2)
        #expect(both == none + 3)
    }
}
