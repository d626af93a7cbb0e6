package import MariaDB

/// What `sql/tables.sql` and `sql/triggers.sql` hold: all that is ours beside the documented schema, under
/// the names that it has in a database with `own_tables_prefix`.
package struct OwnSchema: Sendable {
    struct Trigger: Sendable {
        let name: String
        let statement: String
        /// What the server keeps as its body.
        let body: String
    }

    /// With what the names begin in `sql/` and in every statement.
    package static let defaultPrefix = "caldav_"
    /// What the server keeps as the comment of a table of ours.
    static let mark = "crm-caldav"

    let prefix: String
    /// From the names in statements to those here; nil where they are the same.
    package let names: NameSubstitution?

    package init(prefix: String = OwnSchema.defaultPrefix) {
        self.prefix = prefix
        guard prefix != OwnSchema.defaultPrefix else {
            names = nil
            return
        }
        names = NameSubstitution(
            Dictionary(
                OwnSchema.ownNames.map { ($0, OwnSchema.renamed($0, to: prefix)) },
                uniquingKeysWith: { name, _ in name }))
    }

    /// The name that something of ours has here.
    func name(_ name: String) -> String { names?[name] ?? name }

    // MARK: Tables

    var tables: [DeclaredTable] {
        OwnSchema.declaredTables.compactMap { named($0.statement) }
    }

    /// What earlier versions made and nothing uses any more; only `uninstall` still knows of it.
    var retiredTables: [DeclaredTable] { OwnSchema.retiredTables.compactMap(named) }

    /// Columns of a table that earlier versions made.
    func retiredColumns(of table: String) -> [String] {
        OwnSchema.retiredColumns.first { name($0.key) == table }?.value ?? []
    }

    /// What a change of the CREATE_TIME of tells workers that the database was restored: it gets no mark
    /// where it is there already, as some servers take that for a new table.
    var tableWithWatchedAge: String { name("caldav_calendar_state") }

    private func named(_ statement: String) -> DeclaredTable? {
        DeclaredTable(names?.applied(to: statement) ?? statement)
    }

    private static let declaredTables: [DeclaredTable] = {
        let text = String(decoding: PackageResources.tables_sql, as: UTF8.self)
        return SQLScript.statements(in: text).compactMap {
            DeclaredTable("\($0) COMMENT='\(mark)'")
        }
    }()

    private static let retiredTables = [
        """
        CREATE TABLE caldav_home_state (
            user_id VARBINARY(255) NOT NULL PRIMARY KEY,
            revision INT UNSIGNED NOT NULL DEFAULT 1,
            floor INT UNSIGNED NOT NULL DEFAULT 1
        )
        """
    ]

    /// `base_digest` was an MD5, which MySQL 9.6 cannot make; a program that still writes it is to stop.
    private static let retiredColumns = ["caldav_objects": ["base_digest"]]

    // MARK: Triggers

    func triggers(on tasks: String) -> [Trigger] {
        let text = String(decoding: PackageResources.triggers_sql, as: UTF8.self)
            .replacing("`tasks`", with: "`\(tasks)`")
        return SQLScript.compoundStatements(in: names?.applied(to: text) ?? text).compactMap {
            // CREATE TRIGGER name AFTER INSERT ON `tasks` FOR EACH ROW
            let words = SQLScript.words(in: $0)
            guard words.count > 2, words[1] == "TRIGGER",
                let head = $0.ranges(of: "FOR EACH ROW").first
            else { return nil }
            return Trigger(
                name: words[2], statement: $0,
                body: SQLScript.trimmed(String($0[head.upperBound...])))
        }
    }

    /// Names of triggers of ours that earlier versions made and this one takes away.
    var formerTriggerNames: [String] { OwnSchema.formerTriggerNames.map(name) }

    /// Names of all triggers that are or ever were ours.
    var triggerNames: [String] { triggers(on: "tasks").map(\.name) + formerTriggerNames }

    private static let formerTriggerNames = ["caldav_task_deleted"]

    /// Whether a trigger of one of our names, with this body, was made by some version of ours: each tells
    /// our own sessions from the CRM's.
    static func isOurs(triggerBody body: String) -> Bool {
        body.contains("@caldav_own IS NULL") && body.contains("INSERT INTO ")
    }

    // MARK: Prefixes

    /// Names of our tables as they stand in statements.
    static let tableNames = declaredTables.map(\.name)

    /// Every name of ours as it stands in statements.
    private static let ownNames: [String] = {
        let schema = OwnSchema()
        return (schema.tables + schema.retiredTables).map(\.name) + schema.triggerNames
    }()

    private static let documentedNames = ["caldav_calendars", "caldav_sync_log"]

    private static func renamed(_ name: String, to prefix: String) -> String {
        prefix + name.dropFirst(defaultPrefix.count)
    }

    /// Whether names can begin so: with it, none is too long, and none is another's by default.
    package static func accepts(prefix: String) -> Bool {
        guard prefix != defaultPrefix else { return true }
        guard let first = prefix.utf8.first, isLetter(first),
            prefix.utf8.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") })
        else { return false }
        let taken = Set(ownNames + documentedNames)
        return ownNames.allSatisfy { name in
            let name = renamed(name, to: prefix)
            return name.utf8.count <= 64 && !taken.contains(name.lowercased())
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}
