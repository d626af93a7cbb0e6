import MariaDB

/// A table as `information_schema` shows it.
struct TableInspection {
    /// Nil for a view.
    let engine: String?
    /// `DYNAMIC`, `COMPACT`, …, upper case.
    let rowFormat: String
    let isPartitioned: Bool
    let comment: String
    /// Bytes that a character of a new column takes at most; 4 for utf8mb4.
    let bytesPerCharacter: Int
    let columns: [InspectedColumn]
    let keys: [InspectedKey]
    let foreignKeys: [InspectedForeignKey]

    func column(_ name: String) -> InspectedColumn? {
        columns.first { $0.name.lowercased() == name.lowercased() }
    }

    /// Columns of the primary key, in order.
    var primaryKey: [String] {
        keys.first { $0.name == "PRIMARY" }?.columns.map { $0.lowercased() } ?? []
    }

    func hasUniqueKey(on names: [String]) -> Bool {
        keys.contains { $0.isUnique && $0.columns.map { $0.lowercased() } == names }
    }
}

struct InspectedColumn {
    let name: String
    /// As `normalType` writes it.
    let type: String
    let isNullable: Bool
    let defaultValue: String?
    let isUpdatedToNow: Bool
    let isCounter: Bool
}

struct InspectedKey {
    let name: String
    let isUnique: Bool
    var columns: [String]
}

struct InspectedForeignKey {
    let column: String
    let referencedTable: String
    let deleteRule: String
}

extension TableInspection {
    /// Nil where the chosen database has no such table.
    init?(of name: String, through connection: Connection) throws(DatabaseError) {
        let table = try connection.query(TableInspection.table, .text(name))
        guard try table.next() else { return nil }
        engine = table.string(0)
        rowFormat = (table.string(1) ?? "").uppercased()
        isPartitioned = (table.string(2) ?? "").lowercased().contains("partitioned")
        bytesPerCharacter = Int(table.int(3) ?? 4)
        comment = table.string(4) ?? ""
        columns = try TableInspection.columns(of: name, through: connection)
        keys = try TableInspection.keys(of: name, through: connection)
        foreignKeys = try TableInspection.foreignKeys(of: name, through: connection)
    }

    private static let table: SQL = """
        SELECT t.ENGINE, t.ROW_FORMAT, t.CREATE_OPTIONS, s.MAXLEN, t.TABLE_COMMENT
          FROM information_schema.TABLES t
          LEFT JOIN information_schema.COLLATIONS c ON c.COLLATION_NAME = t.TABLE_COLLATION
          LEFT JOIN information_schema.CHARACTER_SETS s
            ON s.CHARACTER_SET_NAME = c.CHARACTER_SET_NAME
         WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME = ?
        """

    private static func columns(
        of name: String, through connection: Connection
    ) throws(DatabaseError) -> [InspectedColumn] {
        let rows = try connection.query(
            """
            SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA
              FROM information_schema.COLUMNS
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
             ORDER BY ORDINAL_POSITION
            """, .text(name))
        var columns: [InspectedColumn] = []
        while try rows.next() {
            let extra = (rows.string(4) ?? "").lowercased()
            columns.append(
                InspectedColumn(
                    name: rows.string(0) ?? "", type: normalType(rows.string(1) ?? ""),
                    isNullable: rows.string(2) == "YES",
                    defaultValue: rows.string(3).flatMap(normalDefault),
                    isUpdatedToNow: extra.contains("on update current_timestamp"),
                    isCounter: extra.contains("auto_increment")))
        }
        return columns
    }

    private static func keys(
        of name: String, through connection: Connection
    ) throws(DatabaseError) -> [InspectedKey] {
        let rows = try connection.query(
            """
            SELECT INDEX_NAME, NON_UNIQUE, COLUMN_NAME
              FROM information_schema.STATISTICS
             WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
             ORDER BY INDEX_NAME, SEQ_IN_INDEX
            """, .text(name))
        var keys: [InspectedKey] = []
        while try rows.next() {
            let name = rows.string(0) ?? ""
            let column = rows.string(2) ?? ""
            if let last = keys.indices.last, keys[last].name == name {
                keys[last].columns.append(column)
            } else {
                keys.append(
                    InspectedKey(name: name, isUnique: rows.int(1) == 0, columns: [column]))
            }
        }
        return keys
    }

    private static func foreignKeys(
        of name: String, through connection: Connection
    ) throws(DatabaseError) -> [InspectedForeignKey] {
        let rows = try connection.query(
            """
            SELECT u.COLUMN_NAME, u.REFERENCED_TABLE_NAME, r.DELETE_RULE
              FROM information_schema.KEY_COLUMN_USAGE u
              JOIN information_schema.REFERENTIAL_CONSTRAINTS r
                ON r.CONSTRAINT_SCHEMA = u.CONSTRAINT_SCHEMA
               AND r.CONSTRAINT_NAME = u.CONSTRAINT_NAME AND r.TABLE_NAME = u.TABLE_NAME
             WHERE u.TABLE_SCHEMA = DATABASE() AND u.TABLE_NAME = ?
            """, .text(name))
        var keys: [InspectedForeignKey] = []
        while try rows.next() {
            keys.append(
                InspectedForeignKey(
                    column: rows.string(0) ?? "", referencedTable: rows.string(1) ?? "",
                    deleteRule: rows.string(2) ?? ""))
        }
        return keys
    }
}
