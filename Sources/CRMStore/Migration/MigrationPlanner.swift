import MariaDB

/// Compares a database with what it should have.
struct MigrationPlanner {
    let connection: Connection
    let settings: StoreSettings
    let tasks: SQLTable
    let own: OwnSchema
    var result = MigrationPlan()

    init(settings: StoreSettings, connection: Connection) {
        self.settings = settings
        self.connection = connection
        tasks = SQLTable(name: settings.tasks.table)
        own = settings.ownSchema
    }

    mutating func add(_ summary: String, _ sql: String, isTrigger: Bool = false) {
        result.steps.append(MigrationStep(summary: summary, sql: sql, isTrigger: isTrigger))
    }

    func plan() throws(DatabaseError) -> MigrationPlan {
        var planner = self
        guard let table = try planner.inspectedTasks() else { return planner.result }
        let documented = DocumentedSchema(
            tasks: tasks, idType: table.column("id")?.type ?? "int")
        planner.planTaskColumns(documented, in: table)
        let version = try planner.schemaVersion()
        for table in documented.tables { try planner.plan(table) }
        try planner.planDefaultCalendar(documented, version: version)
        try planner.planOwnTables(version: version)
        try planner.planTriggers()
        return planner.result
    }

    private mutating func planTaskColumns(_ schema: DocumentedSchema, in table: TableInspection) {
        for column in schema.taskColumns {
            if let existing = table.column(column.name) {
                compare(existing, with: column, in: tasks.name, quoted: tasks.quoted)
                if column.isUnique, !table.hasUniqueKey(on: [column.name]) {
                    add(
                        "add the unique key of \(tasks.name).\(column.name)",
                        "ALTER TABLE \(tasks.quoted) ADD UNIQUE KEY \(column.name) (\(column.name))"
                    )
                }
            } else {
                add(
                    "add column \(tasks.name).\(column.name)",
                    "ALTER TABLE \(tasks.quoted) ADD COLUMN \(column.name) \(column.definition)")
            }
        }
    }

    private mutating func plan(_ table: DeclaredTable) throws(DatabaseError) {
        guard let existing = try TableInspection(of: table.name, through: connection) else {
            add("create table \(table.name)", table.statement)
            return
        }
        if existing.engine != "InnoDB" {
            result.findings.append(
                .refused(
                    "\(table.name) is of engine \(existing.engine ?? "none (a view)"), not InnoDB",
                    mend: existing.engine.map { _ in "ALTER TABLE \(table.name) ENGINE=InnoDB" }))
        }
        for column in table.columns {
            if let existing = existing.column(column.name) {
                compare(existing, with: column, in: table.name, quoted: table.name)
            } else {
                add(
                    "add column \(table.name).\(column.name)",
                    "ALTER TABLE \(table.name) ADD COLUMN \(column.name) \(column.definition)")
            }
        }
        for key in table.uniqueKeys where !existing.hasUniqueKey(on: key.columns) {
            add(
                "add key \(table.name).\(key.name)",
                "ALTER TABLE \(table.name) ADD \(key.definition)")
        }
        for key in table.foreignKeys {
            let isThere = existing.foreignKeys.contains { foreign in
                key.columns == [foreign.column] && foreign.deleteRule == "CASCADE"
                    && foreign.referencedTable.lowercased() == tasks.name.lowercased()
            }
            if !isThere {
                add(
                    "add the foreign key of \(table.name).\(key.name)",
                    "ALTER TABLE \(table.name) ADD \(key.definition)")
            }
        }
    }

    /// Another type is for the operator to convert; a missing default is ours to add.
    private mutating func compare(
        _ column: InspectedColumn, with documented: DeclaredColumn, in table: String,
        quoted: String
    ) {
        // UNIQUE and PRIMARY KEY in a MODIFY would add a key.
        var definition = documented.definition
        for key in [" UNIQUE", " PRIMARY KEY"] {
            definition = definition.replacing(key, with: "")
        }
        let modify = "ALTER TABLE \(quoted) MODIFY COLUMN \(column.name) \(definition)"
        if column.type != documented.type {
            result.findings.append(
                .refused(
                    "\(table).\(column.name) is \(column.type), not \(documented.type)",
                    mend: modify))
            return
        }
        // Whether a TIMESTAMP is nullable follows the server's explicit_defaults_for_timestamp.
        let hasSameNulls = column.type == "timestamp" || column.isNullable != documented.isRequired
        if !hasSameNulls || column.defaultValue != documented.defaultValue
            || column.isUpdatedToNow != documented.isUpdatedToNow
            || column.isCounter != documented.isCounter
        {
            add("mend the default of \(table).\(column.name)", modify)
        }
    }

    private mutating func planDefaultCalendar(
        _ schema: DocumentedSchema, version: Int64?
    ) throws(DatabaseError) {
        // Once we have been here, whoever deleted it wanted so.
        guard version == nil else { return }
        let table = try TableInspection(of: "caldav_calendars", through: connection)
        if let table, table.column("user_id") != nil, table.column("uri") != nil {
            let rows = try connection.query(
                """
                SELECT 1 FROM caldav_calendars WHERE user_id = 'admin' AND uri = 'crm-tasks'
                """)
            if try rows.next() { return }
        }
        add("insert the default calendar", schema.defaultCalendar)
    }

    /// Nil for a database that no migration of ours has finished.
    private func schemaVersion() throws(DatabaseError) -> Int64? {
        guard let table = own.tables.first(where: { $0.name == own.name("caldav_meta") }),
            let existing = try TableInspection(of: table.name, through: connection),
            own.isOurs(existing, as: table)
        else { return nil }
        let found = try connection.queryText(
            "SELECT value FROM \(table.name) WHERE name = 'schema_version'")
        return found.first("value").flatMap { Int64($0) }
    }
}
