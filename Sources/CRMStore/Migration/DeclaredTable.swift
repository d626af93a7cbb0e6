/// A column as a file of `sql/` declares it.
struct DeclaredColumn: Sendable {
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
        let attributes = [
            "NOT", "NULL", "DEFAULT", "UNIQUE", "AUTO_INCREMENT", "PRIMARY", "ON", "CHARACTER",
        ]
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

/// A key other than the primary one: `UNIQUE KEY unique_calendar (user_id, uri)`.
struct DeclaredKey: Sendable {
    let name: String
    let columns: [String]
    /// All of it.
    let definition: String
}

/// A table as a file of `sql/` declares it.
struct DeclaredTable: Sendable {
    let name: String
    let statement: String
    private(set) var columns: [DeclaredColumn] = []
    private(set) var uniqueKeys: [DeclaredKey] = []
    private(set) var plainKeys: [DeclaredKey] = []
    /// `FOREIGN KEY …`, by its one column.
    private(set) var foreignKeys: [DeclaredKey] = []
    /// Its columns, in order.
    private(set) var primaryKey: [String] = []

    /// - Parameter statement: `CREATE TABLE name (` or `CREATE TABLE IF NOT EXISTS name (`, one
    ///   declaration an item.
    init?(_ statement: String) {
        let words = SQLScript.words(in: statement)
        let isConditional = words.dropFirst(2).starts(with: ["IF", "NOT", "EXISTS"])
        guard words.starts(with: ["CREATE", "TABLE"]), words.count > (isConditional ? 5 : 2),
            let body = SQLScript.bracketed(statement)
        else { return nil }
        name = words[isConditional ? 5 : 2]
        self.statement = statement
        for item in SQLScript.items(in: body) { add(item) }
    }

    func column(_ name: String) -> DeclaredColumn? {
        columns.first { $0.name == name.lowercased() }
    }

    private mutating func add(_ item: String) {
        let words = SQLScript.words(in: item)
        let inBrackets = SQLScript.bracketed(item).map { SQLScript.items(in: $0) } ?? []
        // Of a key on a column's beginning, `title(20)`, the column.
        let columns = inBrackets.map { String($0.prefix { $0 != "(" }) }
        if words.starts(with: ["UNIQUE", "KEY"]), words.count > 2 {
            uniqueKeys.append(DeclaredKey(name: words[2], columns: columns, definition: item))
        } else if words.first == "KEY", words.count > 1 {
            plainKeys.append(DeclaredKey(name: words[1], columns: columns, definition: item))
        } else if words.starts(with: ["FOREIGN", "KEY"]), words.count > 2 {
            // (task_id)
            let column = String(words[2].dropFirst().dropLast())
            foreignKeys.append(DeclaredKey(name: column, columns: [column], definition: item))
        } else if words.first == "PRIMARY" {
            primaryKey = columns
        } else if let column = DeclaredColumn(item) {
            self.columns.append(column)
            if column.isPrimaryKey { primaryKey = [column.name] }
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
