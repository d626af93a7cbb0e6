/// What `sql/documented.sql` says, read from its text, so that it stands in one place.
struct DocumentedSchema {
    /// The columns that `tasks` gets, each with the statement that adds it.
    private(set) var taskColumns: [DocumentedColumn] = []
    /// In the order in which they can be made.
    private(set) var tables: [DocumentedTable] = []
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
                guard let column = DocumentedColumn(definition) else { continue }
                taskColumns.append(column)
            } else if words.starts(with: ["CREATE", "TABLE"]) {
                let statement = tasks.renaming(statement, idType: idType)
                if let table = DocumentedTable(statement) { tables.append(table) }
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

struct DocumentedColumn {
    let name: String
    /// All that follows the name.
    let definition: String
    /// As `normalType` writes it.
    let type: String
    /// As `information_schema` has it, without quotes; nil: none, or NULL.
    let defaultValue: String?
    let isUpdatedToNow: Bool
    let isRequired: Bool
    let isUnique: Bool
    let isPrimaryKey: Bool
    let isCounter: Bool

    /// - Parameter text: `caldav_uid VARCHAR(255) UNIQUE`
    init?(_ text: String) {
        let words = SQLScript.words(in: text)
        guard words.count >= 2 else { return nil }
        name = words[0]
        definition = words.dropFirst().joined(separator: " ")
        // An ENUM's list may stand apart from the word; UNSIGNED always does.
        let attributes = ["NOT", "NULL", "DEFAULT", "UNIQUE", "AUTO_INCREMENT", "PRIMARY", "ON"]
        let typeWords = words.dropFirst().prefix { !attributes.contains($0.uppercased()) }
        type = normalType(typeWords.joined(separator: " "))
        let rest = words.dropFirst(1 + typeWords.count).joined(separator: " ")
        isUpdatedToNow = rest.contains("ON UPDATE CURRENT_TIMESTAMP")
        isPrimaryKey = rest.contains("PRIMARY KEY")
        isRequired = rest.contains("NOT NULL") || isPrimaryKey
        isUnique = rest.contains("UNIQUE")
        isCounter = rest.contains("AUTO_INCREMENT")
        let following = words.drop { $0.uppercased() != "DEFAULT" }.dropFirst().first
        defaultValue = following.flatMap(normalDefault)
    }
}

struct DocumentedTable {
    let name: String
    let statement: String
    private(set) var columns: [DocumentedColumn] = []
    /// `UNIQUE KEY unique_calendar (user_id, uri)` and the like.
    private(set) var uniqueKeys: [(name: String, columns: [String], definition: String)] = []
    /// `FOREIGN KEY …`, whole.
    private(set) var foreignKeys: [(column: String, definition: String)] = []

    init?(_ statement: String) {
        let words = SQLScript.words(in: statement)
        guard words.count >= 3, let body = SQLScript.bracketed(statement) else { return nil }
        name = words[2]
        self.statement = statement
        for item in SQLScript.items(in: body) {
            let words = SQLScript.words(in: item)
            let inBrackets = SQLScript.bracketed(item).map { SQLScript.items(in: $0) } ?? []
            if words.starts(with: ["UNIQUE", "KEY"]), words.count >= 3 {
                uniqueKeys.append((words[2], inBrackets, item))
            } else if words.starts(with: ["FOREIGN", "KEY"]), words.count >= 3 {
                foreignKeys.append((String(words[2].dropFirst().dropLast()), item))
            } else if let column = DocumentedColumn(item) {
                columns.append(column)
            }
        }
    }
}

/// A column's type as all servers agree on it: lower case, no display width of integers (MySQL 8 shows
/// none), no spaces in lists.
func normalType(_ type: String) -> String {
    var text = ""
    var isQuoted = false
    for character in type {
        if character == "'" { isQuoted.toggle() }
        if isQuoted {
            text.append(character)
        } else if character == " ", text.hasSuffix(",") || text.hasSuffix("(") {
            continue
        } else {
            if character == "(", text.hasSuffix(" ") { text.removeLast() }
            text.append(contentsOf: character.lowercased())
        }
    }
    guard text.hasPrefix("int(") || text.contains("int("), let open = text.firstIndex(of: "("),
        let close = text.firstIndex(of: ")")
    else { return text }
    return String(text[..<open]) + String(text[text.index(after: close)...])
}

/// A default as all servers agree on it: MariaDB quotes texts and writes `NULL` and
/// `current_timestamp()`, MySQL does not.
func normalDefault(_ value: String) -> String? {
    if value.uppercased() == "NULL" { return nil }
    let lower = value.lowercased()
    if lower == "current_timestamp" || lower == "current_timestamp()" { return "current_timestamp" }
    guard value.count >= 2, value.hasPrefix("'"), value.hasSuffix("'") else { return value }
    return String(value.dropFirst().dropLast())
}
