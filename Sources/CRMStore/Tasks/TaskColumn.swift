import CalDAV

/// The columns of the CRM's `tasks` that a calendar object carries, and those that place it.
///
/// A CRM may lack any of them but `title` and `start`.
enum TaskColumn: Int, CaseIterable, Sendable {
    case title, description, start, end, status, priority, taskType
    case contactName, contactEmail, contactPhone, notes, created
    /// The operator's `task_all_day_column`.
    case allDay
    /// The operator's `task_owner_column`.
    case owner
    /// `calendar_id`, or the operator's `task_calendar_column`.
    case calendar

    /// The documented name; nil where the settings give it.
    var documentedName: String? {
        switch self {
        case .title: "title"
        case .description: "description"
        case .start: "start_datetime"
        case .end: "end_datetime"
        case .status: "status"
        case .priority: "priority"
        case .taskType: "task_type"
        case .contactName: "contact_name"
        case .contactEmail: "contact_email"
        case .contactPhone: "contact_phone"
        case .notes: "notes"
        case .created: "created_at"
        case .allDay, .owner, .calendar: nil
        }
    }
}

/// Some of the columns.
struct ColumnSet: Sendable {
    private var bits: UInt32 = 0

    init(_ columns: some Sequence<TaskColumn> = EmptyCollection()) {
        for column in columns { insert(column) }
    }

    mutating func insert(_ column: TaskColumn) { bits |= 1 << UInt32(column.rawValue) }

    func contains(_ column: TaskColumn) -> Bool { bits & 1 << UInt32(column.rawValue) != 0 }
}

/// Values of a task's columns as text, nil for NULL: dates as `YYYY-MM-DD HH:MM:SS`, in UTC where the
/// column is a TIMESTAMP, else as the CRM's wall clock shows them.
struct TaskValues: Sendable {
    private var values = [String?](repeating: nil, count: TaskColumn.allCases.count)

    subscript(column: TaskColumn) -> String? {
        get { values[column.rawValue] }
        set { values[column.rawValue] = newValue }
    }
}

extension TaskValues {
    /// Equality of the bytes; Swift's own takes canonically equivalent texts for equal.
    func isSame(as other: TaskValues, in column: TaskColumn) -> Bool {
        TaskValues.isSame(self[column], other[column])
    }

    static func isSame(_ one: String?, _ other: String?) -> Bool {
        switch (one, other) {
        case (nil, nil): true
        case (let one?, let other?): one.hasSameBytes(as: other)
        default: false
        }
    }
}

/// A row of `tasks`, as far as calendars are concerned.
struct TaskRow: Sendable {
    var id: Int64
    /// `caldav_uid`
    var uid: String?
    /// `caldav_sequence`
    var sequence: Int64
    /// `caldav_lastmod`, in seconds since 1970; nil where it says nothing.
    var lastModified: Int64?
    var values: TaskValues
}

// MARK: - Kept beside an object

extension TaskValues {
    /// In the form of `KeptColumns`: what `caldav_objects.base` holds. Columns that the table lacks are
    /// left out.
    func encoded(_ schema: TaskSchema) -> [UInt8] {
        var bytes: [UInt8] = []
        for column in TaskColumn.allCases {
            guard let name = schema[column]?.name else { continue }
            bytes.append(contentsOf: name.utf8)
            if let value = self[column] {
                bytes.append(UInt8(ascii: "="))
                KeptColumns.append(value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }

    init(decoding bytes: some Collection<UInt8>, _ schema: TaskSchema) {
        for (name, value) in KeptColumns.decoded(bytes) {
            if let value, let column = schema.column(named: name) { self[column] = value }
        }
    }
}

/// The form in which a row's columns are kept: a line each, `name=value` or, for NULL, `name`, with
/// backslash and line feed escaped.
enum KeptColumns {
    static func decoded(_ bytes: some Collection<UInt8>) -> [(name: String, value: String?)] {
        bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let equals = line.firstIndex(of: UInt8(ascii: "="))
            let name = String(decoding: line[..<(equals ?? line.endIndex)], as: UTF8.self)
            guard let equals else { return (name, nil) }
            return (name, unescaped(line[line.index(after: equals)...]))
        }
    }

    static func append(_ value: String, to bytes: inout [UInt8]) {
        let isEscaped = { (byte: UInt8) in
            byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n")
        }
        guard value.utf8.contains(where: isEscaped) else {
            bytes.append(contentsOf: value.utf8)
            return
        }
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
            default: bytes.append(byte)
            }
        }
    }

    private static func unescaped(_ bytes: some Sequence<UInt8>) -> String {
        var value: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                value.append(byte == UInt8(ascii: "n") ? UInt8(ascii: "\n") : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                value.append(byte)
            }
        }
        return String(decoding: value, as: UTF8.self)
    }
}
