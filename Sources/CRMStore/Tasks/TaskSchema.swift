import CalDAV
import MariaDB

/// The CRM's `tasks` table as it is: which columns it has, what they hold, and the pieces of SQL that
/// follow from it.
struct TaskSchema: Sendable {
    let table: Identifier
    private let columns: [ColumnDefinition?]
    private let byName: [String: TaskColumn]

    /// `t.id, t.caldav_uid, t.caldav_sequence`, the digest, each column of `TaskColumn` as text, and
    /// `caldav_lastmod` in seconds since 1970.
    let selectList: SQL

    /// Sixteen bytes that differ when any mapped column of the row `t` differs: half a SHA-256, as MySQL
    /// 9.6 has neither MD5() nor SHA1() any more.
    let digest: SQL

    /// `name = literal` for columns of the CRM's that must be given a value and have no default.
    let requiredExtras: [(column: Identifier, value: SQL)]

    /// `updated_at = updated_at`, so that a statement which only changes `caldav_` columns leaves the
    /// CRM's time of change as it was; empty where nothing would move by itself.
    let keepingUpdateTimes: SQL

    /// All columns that a row can be given, mapped or not.
    let rowColumns: [RowColumn]

    /// What `digest` makes of a row of these values, if the server's text of each is ours.
    func digest(of values: TaskValues) -> [UInt8] {
        var marks: [UInt8] = []
        var texts: [UInt8] = []
        for column in TaskColumn.allCases {
            guard let definition = self[column] else { continue }
            let value = values[column]
            marks.append(UInt8(ascii: value == nil ? "1" : "0"))
            guard let value else { continue }
            texts.append(0x1F)
            // Ours has a time of day behind it.
            let isDate = if case .date = definition.kind { true } else { false }
            texts.append(contentsOf: isDate ? value.utf8.prefix(10) : value.utf8[...])
        }
        return Array(Digest.sha256(marks + texts).prefix(16))
    }

    subscript(column: TaskColumn) -> ColumnDefinition? { columns[column.rawValue] }

    func column(named name: String) -> TaskColumn? { byName[name] }
}

/// A column of `tasks` that is mapped.
struct ColumnDefinition: Sendable {
    var name: String
    var identifier: Identifier
    var kind: Kind
    var isNullable: Bool
    /// The default as text; nil for none, NULL, and an expression.
    var defaultText: String?
    /// Of a text column; nil where only the bytes are bounded.
    var maxCharacters: Int?
    var maxBytes: Int?
    var repertoire: Repertoire

    enum Kind: Sendable {
        case text
        case members([String])
        case date
        /// DATETIME: wall-clock time.
        case dateTime
        /// TIMESTAMP: an instant, which our sessions see in UTC.
        case timestamp
        case number
    }

    /// What reads the column of the row `t` as text, under a name: each answer tells the names, and an
    /// expression that has none is called all that it says.
    var asText: SQL {
        switch kind {
        case .text, .members: "t.\(identifier)"
        case .date, .dateTime, .timestamp:
            "DATE_FORMAT(t.\(identifier), '%Y-%m-%d %H:%i:%s') AS \(identifier)"
        case .number: "CAST(t.\(identifier) AS CHAR) AS \(identifier)"
        }
    }
}

// MARK: - Reading it from the server

extension TaskSchema {
    private static let columnsOfTable: SQL = """
        SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT,
               CHARACTER_MAXIMUM_LENGTH, CHARACTER_OCTET_LENGTH, CHARACTER_SET_NAME, EXTRA
          FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
         ORDER BY ORDINAL_POSITION
        """

    /// - Throws: `.unavailable` where the table or a column that cannot be done without is missing.
    init(reading settings: TaskTable, through connection: Connection) throws(StoreFailure) {
        guard let table = Identifier(settings.table) else {
            throw .storage(.failed("task_table is no name of a table"))
        }
        let found = try database { () throws(DatabaseError) in
            try TaskSchema.columns(of: settings.table, through: connection)
        }

        var mapped: [String: TaskColumn] = [:]
        for column in TaskColumn.allCases {
            if let name = column.documentedName { mapped[name] = column }
        }
        if let name = settings.allDayColumn { mapped[name] = .allDay }
        if let name = settings.ownerColumn { mapped[name] = .owner }
        mapped[settings.calendarColumn ?? "calendar_id"] = .calendar

        var columns = [ColumnDefinition?](repeating: nil, count: TaskColumn.allCases.count)
        var extras: [(column: Identifier, value: SQL)] = []
        var kept: [Identifier] = []
        for column in found {
            guard let identifier = Identifier(column.name) else { continue }
            if let role = mapped[column.name] {
                columns[role.rawValue] = column.definition(identifier)
                if role == .created, column.mustBeGiven {
                    extras.append((identifier, column.substitute))
                }
            } else if column.mustBeGiven, column.name != "id" {
                extras.append((identifier, column.substitute))
            }
            if column.movesOnUpdate, column.name != "caldav_lastmod" { kept.append(identifier) }
        }
        for needed in [TaskColumn.title, .start] where columns[needed.rawValue] == nil {
            let name = needed.documentedName ?? ""
            throw .storage(
                .unavailable("table \(settings.table) is missing, or lacks the column \(name)"))
        }

        self.table = table
        self.columns = columns
        self.byName = mapped
        self.requiredExtras = extras
        self.rowColumns = found.compactMap { column in
            guard !column.isComputed else { return nil }
            return RowColumn(column.name, dataType: column.dataType)
        }
        self.keepingUpdateTimes = TaskSchema.joined(kept.map { ", t.\($0) = t.\($0)" }, by: "")
        let texts = columns.map { $0?.asText ?? "NULL" }
        // CONCAT_WS passes over NULLs: the marks in front tell which they were.
        let names = columns.compactMap { $0?.identifier }
        let marks = TaskSchema.joined(names.map { "ISNULL(t.\($0))" }, by: ", ")
        let values = TaskSchema.joined(names.map { "t.\($0)" }, by: ", ")
        digest = "UNHEX(LEFT(SHA2(CONCAT_WS(CHAR(31), CONCAT(\(marks)), \(values)), 256), 32))"
        selectList = """
            t.id, t.caldav_uid, t.caldav_sequence, \(digest) AS digest,
            \(TaskSchema.joined(texts, by: ", ")), UNIX_TIMESTAMP(t.caldav_lastmod) AS lastmod
            """
    }

    static func joined(_ pieces: [SQL], by separator: SQL) -> SQL {
        var result: SQL = ""
        for (index, piece) in pieces.enumerated() {
            result = index == 0 ? piece : "\(result)\(separator)\(piece)"
        }
        return result
    }

    private static func columns(
        of table: String, through connection: Connection
    ) throws(DatabaseError) -> [ServerColumn] {
        let cursor = try connection.query(columnsOfTable, [.text(table)])
        var columns: [ServerColumn] = []
        while try cursor.next() {
            columns.append(
                ServerColumn(
                    name: cursor.string(0) ?? "", dataType: cursor.string(1)?.lowercased() ?? "",
                    columnType: cursor.string(2) ?? "", isNullable: cursor.string(3) == "YES",
                    columnDefault: cursor.string(4), maxCharacters: cursor.int(5),
                    maxBytes: cursor.int(6), characterSet: cursor.string(7),
                    extra: cursor.string(8)?.lowercased() ?? ""))
        }
        return columns
    }
}

/// A row of `information_schema.COLUMNS`.
private struct ServerColumn {
    var name: String
    var dataType: String
    var columnType: String
    var isNullable: Bool
    /// MariaDB writes it as SQL, in quotes; MySQL as the plain value.
    var columnDefault: String?
    var maxCharacters: Int64?
    var maxBytes: Int64?
    var characterSet: String?
    var extra: String

    var mustBeGiven: Bool {
        !isNullable && columnDefault == nil && !extra.contains("auto_increment")
            && !extra.contains("generated")
    }

    private var defaultText: String? {
        guard let columnDefault, columnDefault != "NULL", !columnDefault.contains("(") else {
            return nil
        }
        guard columnDefault.hasPrefix("'"), columnDefault.hasSuffix("'"), columnDefault.count >= 2
        else { return columnDefault }
        return String(columnDefault.dropFirst().dropLast())
    }

    /// Not to be confused with MySQL's DEFAULT_GENERATED.
    var isComputed: Bool {
        extra.contains("virtual generated") || extra.contains("stored generated")
    }

    var movesOnUpdate: Bool { extra.contains("on update") }

    /// What MySQL itself would put there outside strict mode; of dates the present one, which most
    /// such columns mean.
    var substitute: SQL {
        switch dataType {
        case "date": "CURRENT_DATE"
        case "datetime", "timestamp": "CURRENT_TIMESTAMP"
        case "time": "'00:00:00'"
        case "year": "YEAR(CURRENT_DATE)"
        case "json": "'{}'"
        case "enum": "1"  // the index of the first member
        case let type where type.contains("int"): "0"
        case "decimal", "float", "double", "bit": "0"
        default: "''"
        }
    }

    func definition(_ identifier: Identifier) -> ColumnDefinition {
        ColumnDefinition(
            name: name, identifier: identifier, kind: kind, isNullable: isNullable,
            defaultText: defaultText,
            // For the TEXT types the server states their bytes as characters.
            maxCharacters: dataType.hasSuffix("text")
                ? nil : maxCharacters.map(Int.init(clamping:)),
            maxBytes: maxBytes.map(Int.init(clamping:)),
            repertoire: Repertoire(characterSet: characterSet))
    }

    private var kind: ColumnDefinition.Kind {
        switch dataType {
        case "enum": .members(members)
        case "date": .date
        case "datetime": .dateTime
        case "timestamp": .timestamp
        case let type where type.hasSuffix("char") || type.hasSuffix("text"): .text
        default: .number
        }
    }

    /// Of `enum('low','it''s')`.
    private var members: [String] {
        guard let open = columnType.firstIndex(of: "("), columnType.hasSuffix(")") else {
            return []
        }
        var members: [String] = []
        var member: String?
        var previousWasQuote = false
        for character in columnType[columnType.index(after: open)...].dropLast() {
            if character == "'" {
                if member == nil {
                    member = ""
                } else if previousWasQuote {
                    member?.append("'")
                    previousWasQuote = false
                } else {
                    previousWasQuote = true
                }
            } else if previousWasQuote {
                members.append(member ?? "")
                member = nil
                previousWasQuote = false
            } else {
                member?.append(character)
            }
        }
        if let member { members.append(member) }
        return members
    }
}
