import MariaDB

extension MigrationPlanner {
    /// Steps for our own tables, or findings where somebody else has one of their names.
    mutating func planOwnTables(version: Int64?) throws(DatabaseError) {
        for table in own.tables {
            guard let existing = try TableInspection(of: table.name, through: connection) else {
                add("create table \(table.name)", table.statement)
                continue
            }
            guard own.isOurs(existing, as: table) else {
                try refuse(existing, as: table)
                continue
            }
            if existing.comment != OwnSchema.mark, table.name != own.tableWithWatchedAge {
                add(
                    "mark table \(table.name) as ours",
                    "ALTER TABLE \(table.name) COMMENT='\(OwnSchema.mark)'")
            }
            complete(existing, to: table)
        }
        try judgeOtherInstallations()
        planVersion(from: version)
    }

    private mutating func planVersion(from version: Int64?) {
        if let version, version > Migration.schemaVersion {
            result.findings.append(
                .refused(
                    "the tables are of version \(version), made by a newer crm-caldav; this one knows "
                        + "version \(Migration.schemaVersion)"))
        } else if version != Int64(Migration.schemaVersion) {
            add(
                "record schema version \(Migration.schemaVersion)",
                """
                INSERT INTO \(own.name("caldav_meta")) (name, value)
                VALUES ('schema_version', '\(Migration.schemaVersion)')
                ON DUPLICATE KEY UPDATE value = VALUES(value)
                """)
        }
    }

    /// What a table of an older version lacks, and what nothing uses any more.
    private mutating func complete(_ existing: TableInspection, to table: DeclaredTable) {
        for column in table.columns where existing.column(column.name) == nil {
            add(
                "add column \(table.name).\(column.name)",
                "ALTER TABLE \(table.name) ADD COLUMN \(column.name) \(column.definition)")
        }
        for key in table.uniqueKeys + table.plainKeys {
            let known = existing.keys.first { $0.name == key.name }
            if known?.columns == key.columns { continue }
            let drop = known == nil ? "" : "DROP KEY \(key.name), "
            add(
                "make key \(table.name).\(key.name)",
                "ALTER TABLE \(table.name) \(drop)ADD \(key.definition)")
        }
        for column in own.retiredColumns(of: table.name) where existing.column(column) != nil {
            add(
                "drop column \(table.name).\(column)",
                "ALTER TABLE \(table.name) DROP COLUMN \(column)")
        }
    }

    private mutating func refuse(
        _ existing: TableInspection, as table: DeclaredTable
    ) throws(DatabaseError) {
        let kind = existing.engine == nil ? "view" : "table"
        result.findings.append(
            .refused(
                "the \(kind) \(table.name) was not made by crm-caldav, which needs a table of that name: "
                    + "give it another name, or set own_tables_prefix, and crm-caldav's own tables have "
                    + "other names",
                mend: "RENAME TABLE `\(table.name)` TO `\(MigrationPlanner.freeName(table.name))`"))
        if let added = AddedParts(to: existing, as: table) { result.addedParts.append(added) }
    }

    static func freeName(_ name: String) -> String { String("crm_\(name)".prefix(64)) }

    /// The documented columns of tasks are there once: so no two installations share a database.
    private mutating func judgeOtherInstallations() throws(DatabaseError) {
        let here = own.name("caldav_meta")
        var others = try markedTables().filter { $0 != here.lowercased() }
        // From before tables were marked.
        if own.prefix != OwnSchema.defaultPrefix, !others.contains("caldav_meta"),
            let table = OwnSchema().tables.first(where: { $0.name == "caldav_meta" }),
            let existing = try TableInspection(of: table.name, through: connection),
            OwnSchema().isOurs(existing, as: table)
        {
            others.append(table.name)
        }
        for other in others {
            let prefix = String(other.dropLast("meta".count))
            result.findings.append(
                .refused(
                    "the database has tables of crm-caldav that begin with \(prefix): set "
                        + "own_tables_prefix = \(prefix), or give them the names that begin with "
                        + own.prefix,
                    mend: try renaming(from: prefix)))
        }
    }

    private func renaming(from prefix: String) throws(DatabaseError) -> String? {
        guard OwnSchema.accepts(prefix: prefix) else { return nil }
        let names = OwnSchema.tableNames
        var pairs: [String] = []
        for name in names {
            let former = OwnSchema(prefix: prefix).name(name)
            if let table = OwnSchema(prefix: prefix).tables.first(where: { $0.name == former }),
                let existing = try TableInspection(of: former, through: connection),
                OwnSchema(prefix: prefix).isOurs(existing, as: table)
            {
                pairs.append("`\(former)` TO `\(own.name(name))`")
            }
        }
        return pairs.isEmpty ? nil : "RENAME TABLE \(pairs.joined(separator: ", "))"
    }

    /// Names of tables of ours, lower case, that end as `caldav_meta` does.
    private func markedTables() throws(DatabaseError) -> [String] {
        let rows = try connection.query(
            """
            SELECT LOWER(TABLE_NAME) FROM information_schema.TABLES
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_COMMENT = ?
             ORDER BY TABLE_NAME
            """, .text(OwnSchema.mark))
        var names: [String] = []
        while try rows.next() {
            if let name = rows.string(0), name.hasSuffix("meta") { names.append(name) }
        }
        return names
    }
}
