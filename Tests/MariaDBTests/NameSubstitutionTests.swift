import MariaDB
import TestSupport
import Testing

@Suite("Names that stand for others")
struct NameSubstitutionTests {
    private let names = NameSubstitution(["own_notes": "x_notes", "own_notes_old": "x_old"])

    @Test func wholeWordsAreReplaced() {
        #expect(names.applied(to: "SELECT own_notes.id") == "SELECT x_notes.id")
        #expect(names.applied(to: "`own_notes`,(own_notes_old)") == "`x_notes`,(x_old)")
        #expect(names.applied(to: "own_notes") == "x_notes")
    }

    @Test(arguments: [
        "own_notes2", "my_own_notes", "$own_notes", "own_notesé", "own_note", "", "?",
    ])
    func partsOfWordsAreNot(text: String) {
        #expect(names.applied(to: text) == text)
    }

    @Test func quotedTextsAreReplacedToo() {
        #expect(names.applied(to: "TABLE_NAME = 'own_notes'") == "TABLE_NAME = 'x_notes'")
    }

    @Test func whatIsReplacedStaysSo() {
        let once = names.applied(to: "DROP TABLE own_notes, own_notes_old")
        #expect(names.applied(to: once) == once)
    }

    /// Prepared, as text, and as parts of a compound statement; parameters are left alone.
    @Test func everyKindOfStatementGetsThem() throws {
        var settings = try PrivateMariaDB.shared.freshDatabase()
        settings.names = names
        let connection = Connection(settings: settings)
        try connection.run("CREATE TABLE own_notes (id INT, body TEXT) ENGINE=InnoDB")
        _ = try connection.execute("INSERT INTO own_notes VALUES (1, ?)", .text("own_notes"))
        _ = try connection.transaction { () throws(DatabaseError) in
            try connection.execute(together: [
                Statement("INSERT INTO own_notes VALUES (2, ?)", [.text("a")]),
                Statement("UPDATE own_notes SET body = ? WHERE id = 2", [.text("b")]),
            ])
        }
        let rows = try connection.queryText("SELECT body FROM own_notes ORDER BY id").rows
        #expect(rows == [["own_notes"], ["b"]])
        #expect(try connection.queryText("SHOW TABLES").rows == [["x_notes"]])
    }
}
