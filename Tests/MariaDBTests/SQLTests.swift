import MariaDB
import Testing

@Suite("A statement's text")
struct SQLTests {
    @Test func takesIdentifiersFragmentsAndNumbersOnly() throws {
        let table = try #require(Identifier("tasks"))
        let condition: SQL = "a = ?"
        let sql: SQL = "SELECT * FROM \(table) WHERE \(condition) LIMIT \(10)"
        #expect(sql.text == "SELECT * FROM `tasks` WHERE a = ? LIMIT 10")
    }

    @Test(arguments: [(0, ""), (1, "(?, ?)"), (3, "(?, ?), (?, ?), (?, ?)")])
    func repeats(count: Int, text: String) {
        #expect(SQL.repeated("(?, ?)", count: count).text == text)
    }

    @Test(arguments: [
        ("tasks", "`tasks`"), ("crm.tasks", "`crm`.`tasks`"), ("ta sk$1", "`ta sk$1`"),
        ("Aufträge", "`Aufträge`"),
    ])
    func anIdentifierIsQuoted(name: String, quoted: String) {
        #expect(Identifier(name)?.quoted == quoted)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a.b.c", "a`b", "a'b", "a\"b", "a\\b", "a;b", "a\0b", "a\nb", " a",
        "a ",
        "🎉", String(repeating: "a", count: 65),
    ])
    func anythingElseIsNoIdentifier(name: String) {
        #expect(Identifier(name) == nil)
    }
}
