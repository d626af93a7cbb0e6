import CRMStore
import MariaDB
import TestSupport

/// The example CRM in a database of its own, and questions about its schema.
struct MigratedCRM {
    let connectionSettings: ConnectionSettings
    let settings: StoreSettings
    let connection: Connection

    init() throws {
        connectionSettings = try ExampleCRM.fresh("migration")
        connection = Connection(settings: connectionSettings)
        var settings = StoreSettings()
        settings.connection = connectionSettings
        self.settings = settings
    }

    var migration: Migration { Migration(settings: settings, connection: connection) }

    func migrate(_ step: (String) -> Void = { _ in }) throws {
        try migration.run { progress in
            if case .step(_, _, let summary) = progress { step(summary) }
        }
    }

    func count(_ table: String) throws -> Int {
        let result = try connection.queryText("SELECT COUNT(*) FROM \(table)")
        return result.rows[0][0].flatMap { Int($0) } ?? -1
    }

    func triggers() throws -> Int { try connection.queryText("SHOW TRIGGERS").rows.count }

    func showCreate(_ table: String) throws -> String {
        try connection.queryText("SHOW CREATE TABLE `\(table)`").rows[0][1] ?? ""
    }

    /// Every table's and trigger's text.
    func showEverything() throws -> [String] {
        let tables = try connection.queryText("SHOW TABLES").rows.compactMap(\.[0])
        let triggers = try connection.queryText("SHOW TRIGGERS").rows
        return try tables.map(showCreate)
            + triggers.map { row in
                row.prefix(5).map { $0 ?? "" }.joined(separator: " ")
            }
    }

    func ask(_ question: SchemaQuestion, about table: String) throws -> TextResult {
        try connection.queryText(question.sql.replacing("?", with: "'\(table)'"))
    }
}

/// What `information_schema` says of a table.
struct SchemaQuestion {
    let sql: String

    static let all = [
        SchemaQuestion(
            sql: """
                SELECT COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE,
                       CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_KEY, EXTRA
                  FROM information_schema.COLUMNS
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY COLUMN_NAME
                """),
        SchemaQuestion(
            sql: """
                SELECT INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, INDEX_TYPE
                  FROM information_schema.STATISTICS
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY 1, 3
                """),
        SchemaQuestion(
            sql: """
                SELECT CONSTRAINT_NAME, UNIQUE_CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE,
                       REFERENCED_TABLE_NAME
                  FROM information_schema.REFERENTIAL_CONSTRAINTS
                 WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY 1
                """),
    ]
}

/// Runs a script as the mariadb client and phpMyAdmin do.
enum ClientScript {
    static func run(_ script: String, on connection: Connection) throws {
        var delimiter = ";"
        var statement = ""
        for line in script.split(separator: "\n") where !line.hasPrefix("--") {
            if line.hasPrefix("DELIMITER ") {
                delimiter = String(line.dropFirst("DELIMITER ".count))
            } else if line.hasSuffix(delimiter) {
                try connection.run(statement + line.dropLast(delimiter.count))
                statement = ""
            } else {
                statement += line + "\n"
            }
        }
    }
}
