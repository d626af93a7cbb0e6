/// What `sql/tables.sql` and `sql/triggers.sql` hold: all that is ours beside the documented schema.
enum OwnSchema {
    struct Trigger: Sendable {
        let name: String
        let statement: String
        /// What the server keeps as its body.
        let body: String
    }

    static let tables: [DeclaredTable] = {
        let text = String(decoding: PackageResources.tables_sql, as: UTF8.self)
        return SQLScript.statements(in: text).compactMap(DeclaredTable.init)
    }()

    /// What earlier versions made and nothing uses any more; only `uninstall` still knows of it.
    static let retiredTables = ["caldav_home_state"]

    static func triggers(on tasks: String) -> [Trigger] {
        let text = String(decoding: PackageResources.triggers_sql, as: UTF8.self)
            .replacing("`tasks`", with: "`\(tasks)`")
        return SQLScript.compoundStatements(in: text).compactMap { statement in
            // CREATE TRIGGER name AFTER INSERT ON `tasks` FOR EACH ROW
            let words = SQLScript.words(in: statement)
            guard words.count > 2, words[1] == "TRIGGER",
                let head = statement.ranges(of: "FOR EACH ROW").first
            else { return nil }
            return Trigger(
                name: words[2], statement: statement,
                body: SQLScript.trimmed(String(statement[head.upperBound...])))
        }
    }

    /// Names of triggers of ours that earlier versions made and this one takes away.
    static let formerTriggerNames = ["caldav_task_deleted"]

    /// Names of all triggers that are or ever were ours.
    static let triggerNames: [String] =
        triggers(on: "tasks").map(\.name) + formerTriggerNames
}
