import MariaDB

/// A column as it goes into the trash and comes back from it.
struct RowColumn: Sendable {
    let name: String
    let identifier: Identifier
    private let form: Form

    private enum Form: Sendable {
        case text
        /// As hexadecimal digits.
        case binary
        /// With all its digits: as text, FLOAT would lose some.
        case float
        case other
    }

    /// - Parameter dataType: of `information_schema.COLUMNS`, lower case.
    /// - Returns: nil for a name that a line cannot begin with.
    init?(_ name: String, dataType: String) {
        guard let identifier = Identifier(name), !name.contains("=") else { return nil }
        self.name = name
        self.identifier = identifier
        form =
            switch dataType {
            case "enum", "set", "json": .text
            case let type where type.hasSuffix("char") || type.hasSuffix("text"): .text
            case let type where type.hasSuffix("binary") || type.hasSuffix("blob"): .binary
            case "bit", "geometry", "point", "linestring", "polygon", "multipoint",
                "multilinestring", "multipolygon", "geometrycollection":
                .binary
            case "float", "double": .float
            default: .other
            }
    }

    /// The column of the row `t` as text.
    fileprivate var asText: SQL {
        switch form {
        case .text: "CONVERT(t.\(identifier) USING utf8mb4)"
        case .binary: "HEX(t.\(identifier))"
        case .float: "CAST(t.\(identifier) + 0E0 AS CHAR)"
        case .other: "CAST(t.\(identifier) AS CHAR)"
        }
    }

    /// The parameter that takes the text back.
    var parameter: SQL {
        switch form {
        case .binary: "UNHEX(?)"
        case .text, .float, .other: "?"
        }
    }
}

/// A row with all its columns in the form of `KeptColumns`.
enum WholeRow {
    static func expression(_ schema: TaskSchema) -> SQL { expression(schema.rowColumns) }

    /// Of the row `t`.
    static func expression(_ columns: [RowColumn]) -> SQL {
        let lines = columns.map { column -> SQL in
            // An identifier holds neither quotes nor backslashes.
            let name = SQL(configured: "'\(column.name)'")
            return #"""
                \#(name), IF(ISNULL(t.\#(column.identifier)), '', CONCAT('=',
                    REPLACE(REPLACE(\#(column.asText), '\\', '\\\\'), '\n', '\\n'))), '\n'
                """#
        }
        return "CONCAT(\(TaskSchema.joined(lines, by: ", ")))"
    }
}
