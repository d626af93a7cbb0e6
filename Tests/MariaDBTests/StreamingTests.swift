import Glibc
import MariaDB
import TestSupport
import Testing

@Suite("Results that come row by row")
struct StreamingTests {
    let connection = Connection(settings: PrivateMariaDB.shared.settings)

    @Test(.enabled(if: isMariaDB, "MySQL has no engine of sequences"))
    func memoryDoesNotGrowWithTheResult() throws {
        let rows = try connection.query(
            "SELECT seq, REPEAT('x', 100000) FROM mysql.seq_1_to_3000", streaming: true)
        #expect(try rows.next())
        let before = try residentBytes()
        var count = 1
        while try rows.next() {
            #expect(rows.bytes(1)?.count == 100_000)
            count += 1
        }
        #expect(count == 3_000)
        // 300 MB have come; other tests run beside this one.
        #expect(try residentBytes() - before < 100 << 20)
    }

    @Test(.enabled(if: isMariaDB, "MySQL has no engine of sequences"))
    func aServerThatEndsInTheMiddleIsAnError() throws {
        let id = try number(connection, "SELECT CONNECTION_ID()") ?? 0
        let rows = try connection.query(
            "SELECT seq, REPEAT('x', 1000) FROM mysql.seq_1_to_1000000", streaming: true)
        #expect(try rows.next())
        try Connection(settings: PrivateMariaDB.shared.settings).run("KILL \(id)")
        var count: Int64 = 1
        let error = #expect(throws: DatabaseError.self) {
            while try rows.next() { count += 1 }
        }
        #expect(error?.isGone == true || error?.code == 1317)
        #expect(count < 1_000_000)
        #expect(try !rows.next(), "an error is the end")
        #expect(rows.int(0) == nil)
        #expect(try number(connection, "SELECT 1") == 1)
    }

    @Test(.enabled(if: isMariaDB, "MySQL has no engine of sequences"))
    func anErrorInTheMiddleLeavesTheConnectionUsable() throws {
        // The server finds the second row's subquery to have two rows when it is there.
        let rows = try connection.query(
            """
            SELECT (SELECT s.seq FROM mysql.seq_1_to_2 s WHERE s.seq <= t.seq)
              FROM mysql.seq_1_to_2 t
            """, streaming: true)
        let error = #expect(throws: DatabaseError.self) { while try rows.next() {} }
        #expect(error?.code == 1242)
        #expect(try number(connection, "SELECT 1") == 1)
    }

    private func residentBytes() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        let text = fgets(&line, 256, file).map { String(cString: $0) } ?? ""
        let pages = try #require(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}
