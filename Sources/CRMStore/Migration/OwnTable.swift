// Which tables of our names are ours: ours say so in their comment, and those that were made before any
// did are known by their columns.

extension OwnSchema {
    /// Whether the table was made by some version of ours as this one.
    func isOurs(_ existing: TableInspection, as table: DeclaredTable) -> Bool {
        if existing.comment == OwnSchema.mark { return true }
        guard existing.engine != nil, existing.primaryKey == table.primaryKey else { return false }
        let isTyped = existing.columns.allSatisfy { column in
            table.column(column.name).map { $0.type == column.type } ?? true
        }
        guard isTyped else { return false }
        let retired = retiredColumns(of: table.name)
        // Somebody may have given one of ours further columns, behind those with which it was made; an
        // earlier `migrate` may have given ours to somebody else's, behind its own.
        let before = existing.columns.map { $0.name.lowercased() }.prefix { name in
            table.column(name) != nil || retired.contains(name)
        }
        return table.columns.filter { $0.isRequired && $0.defaultValue == nil }
            .allSatisfy { before.contains($0.name) }
    }
}

/// What an earlier `migrate` added to a table that has one of our names and is not ours.
struct AddedParts: Sendable {
    let table: String
    let columns: [DeclaredColumn]
    let keys: [String]

    /// Nil where nothing was added: columns of ours stand at the table's end then, all that it did not have
    /// before, in the order in which we declare them.
    init?(to existing: TableInspection, as table: DeclaredTable) {
        for split in 1..<max(existing.columns.count, 1) {
            let before = existing.columns[..<split].map { $0.name.lowercased() }
            let lacking = table.columns.filter { !before.contains($0.name) }
            let behind = existing.columns[split...]
            guard behind.count == lacking.count,
                zip(behind, lacking).allSatisfy({
                    $0.name.lowercased() == $1.name && $0.type == $1.type
                        && ($0.isNullable != $1.isRequired) && $0.defaultValue == $1.defaultValue
                })
            else { continue }
            self.table = table.name
            columns = lacking
            let added = lacking.map(\.name)
            keys = (table.uniqueKeys + table.plainKeys).filter { key in
                key.columns.contains(where: added.contains)
                    && existing.keys.contains { $0.name == key.name && $0.columns == key.columns }
            }.map(\.name)
            return
        }
        return nil
    }

    /// Asks for a row in which one of the columns has another value than the one that it began with.
    var questionForValues: String {
        let conditions = columns.filter { !$0.isCounter }.map { column in
            switch (column.isRequired, column.defaultValue) {
            case (false, _): "`\(column.name)` IS NOT NULL"
            case (true, let value?): "`\(column.name)` <> '\(value)'"
            // What the server puts there: 0, nothing, or so many bytes of 0.
            case (true, nil) where column.isNumber: "`\(column.name)` <> 0"
            case (true, nil): "REPLACE(`\(column.name)`, CHAR(0), '') <> ''"
            }
        }
        return """
            SELECT 1 FROM `\(table)` WHERE \(conditions.joined(separator: " OR ")) LIMIT 1
            """
    }

    /// Gives the table back what it had.
    var removal: String {
        let drops =
            keys.map { "DROP KEY `\($0)`" } + columns.map { "DROP COLUMN `\($0.name)`" }
        return "ALTER TABLE `\(table)` \(drops.joined(separator: ", "))"
    }
}

extension DeclaredColumn {
    fileprivate var isNumber: Bool { type.contains("int") }
}
