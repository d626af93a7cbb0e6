import MariaDB

extension Migration {
    /// Takes away what is ours: the triggers first, so that nothing of ours runs in the CRM's
    /// statements any more, then our tables.
    ///
    /// - Parameter documentedParts: take the documented tables and the `caldav_` columns of the CRM's
    ///   table too. `tasks` is then as it was before.
    package func uninstall(
        documentedParts: Bool, progress: (MigrationProgress) -> Void = { _ in }
    ) throws(MigrationError) {
        let steps = try database(during: "reading the schema") { () throws(DatabaseError) in
            try removalSteps(documentedParts: documentedParts)
        }
        try database(during: "setting up the session") { () throws(DatabaseError) in
            for text in Migration.sessionStatements { try connection.run(text) }
        }
        for (index, step) in steps.enumerated() {
            progress(.step(number: index + 1, count: steps.count, summary: step.summary))
            try database(during: step.summary) { () throws(DatabaseError) in
                try connection.run(step.sql)
            }
        }
    }

    private func removalSteps(documentedParts: Bool) throws(DatabaseError) -> [MigrationStep] {
        var steps = try triggerRemovalSteps() + ownRemovalSteps()
        let tasks = SQLTable(name: settings.tasks.table)
        let documented = DocumentedSchema(tasks: tasks, idType: "int")
        // The log refers to the tasks: in the opposite order of their making.
        let tables = documentedParts ? documented.tables.map(\.name).reversed() : []
        for table in tables where try TableInspection(of: table, through: connection) != nil {
            steps.append(MigrationStep(summary: "drop table \(table)", sql: "DROP TABLE \(table)"))
        }
        guard documentedParts, Identifier(tasks.name) != nil,
            let table = try TableInspection(of: tasks.name, through: connection)
        else { return steps }
        let drops = documented.taskColumns.filter { table.column($0.name) != nil }
            .map { "DROP COLUMN \($0.name)" }
        if !drops.isEmpty {
            steps.append(
                MigrationStep(
                    summary: "drop the caldav_ columns of \(tasks.name)",
                    sql: "ALTER TABLE \(tasks.quoted) \(drops.joined(separator: ", "))"))
        }
        return steps
    }

    private func triggerRemovalSteps() throws(DatabaseError) -> [MigrationStep] {
        var steps: [MigrationStep] = []
        for name in settings.ownSchema.triggerNames {
            let rows = try connection.query(
                """
                SELECT ACTION_STATEMENT FROM information_schema.TRIGGERS
                 WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = ?
                """, .text(name))
            guard try rows.next(), OwnSchema.isOurs(triggerBody: rows.string(0) ?? "") else {
                continue
            }
            steps.append(
                MigrationStep(summary: "drop trigger \(name)", sql: "DROP TRIGGER \(name)"))
        }
        return steps
    }

    /// A table that only has one of our names stays.
    private func ownRemovalSteps() throws(DatabaseError) -> [MigrationStep] {
        let own = settings.ownSchema
        var steps: [MigrationStep] = []
        for table in own.tables + own.retiredTables {
            guard let existing = try TableInspection(of: table.name, through: connection),
                own.isOurs(existing, as: table)
            else { continue }
            steps.append(
                MigrationStep(
                    summary: "drop table \(table.name)", sql: "DROP TABLE \(table.name)"))
        }
        return steps
    }
}
