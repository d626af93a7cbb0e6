/// What `sql/documented.sql` says, read from its text, so that it stands in one place.
struct DocumentedSchema {
    /// The columns that `tasks` gets, each with the statement that adds it.
    private(set) var taskColumns: [DeclaredColumn] = []
    /// In the order in which they can be made.
    private(set) var tables: [DeclaredTable] = []
    /// The statement that inserts the default calendar.
    private(set) var defaultCalendar = ""

    /// - Parameters:
    ///   - tasks: the CRM's table of tasks.
    ///   - idType: the type of its `id`, which a foreign key must repeat.
    init(tasks: SQLTable, idType: String) {
        let text = String(decoding: PackageResources.documented_sql, as: UTF8.self)
        for statement in SQLScript.statements(in: text) {
            let words = SQLScript.words(in: statement)
            if words.starts(with: ["ALTER", "TABLE", "tasks", "ADD", "COLUMN"]) {
                let definition = words.dropFirst(5).joined(separator: " ")
                guard let column = DeclaredColumn(definition) else { continue }
                taskColumns.append(column)
            } else if words.starts(with: ["CREATE", "TABLE"]) {
                let statement = tasks.renaming(statement, idType: idType)
                if let table = DeclaredTable(statement) { tables.append(table) }
            } else if words.starts(with: ["INSERT", "INTO"]) {
                defaultCalendar = statement
            }
        }
    }
}

/// The CRM's table of tasks, as statements name it.
struct SQLTable {
    let name: String

    /// Quoted only where it is not the documented name, so that documented statements stay as they are.
    var quoted: String { name == "tasks" ? name : "`\(name)`" }

    /// The documented statement with this table in the place of `tasks`, and its type of `id`.
    fileprivate func renaming(_ statement: String, idType: String) -> String {
        var statement = statement
        if name != "tasks" {
            statement = statement.replacing("REFERENCES tasks(", with: "REFERENCES \(quoted)(")
        }
        if idType != "int" {
            statement = statement.replacing("task_id INT,", with: "task_id \(idType.uppercased()),")
        }
        return statement
    }
}
