import ICalendar

/// How a task's columns and an iCalendar component say the same thing (design: Mapping).
///
/// The three directions stand in files of their own: an object made of a task, a task's values read
/// from an object, and an object patched where the CRM changed a column.
struct TaskMapping: Sendable {
    /// Of the CRM's wall clock.
    let zone: Zone
    /// IANA name of `zone`.
    let zoneName: String
    let confirmedMeans: ConfirmedMeaning
    let allDayEnd: AllDayEnd
    let schema: TaskSchema
    /// Values of `task_type` with the category each is shown as.
    let taskTypes: [(type: String, category: String)]
    /// Values of `task_type` by the plain form of their category.
    private let typesByCategory: [String: String]

    init(settings: StoreSettings, zone: Zone, schema: TaskSchema) {
        self.zone = zone
        self.zoneName = settings.timeZone
        self.confirmedMeans = settings.confirmedMeans
        self.allDayEnd = settings.allDayEnd
        self.schema = schema
        var types = ["call", "email", "meeting", "follow_up"]
        if case .members(let members)? = schema[.taskType]?.kind { types = members }
        taskTypes = types.map { ($0, $0.uppercased()) }
        typesByCategory = Dictionary(
            types.map { (TaskMapping.plain($0.uppercased()), $0) },
            uniquingKeysWith: { first, _ in first })
    }
}

// MARK: - Properties of ours

/// Properties that carry what iCalendar has no word for.
enum CRMProperty {
    static let taskID = "X-CRM-TASK-ID"
    static let taskType = "X-CRM-TASK-TYPE"
    static let contactName = "X-CRM-CONTACT-NAME"
    static let contactPhone = "X-CRM-CONTACT-PHONE"
    static let notes = "X-CRM-NOTES"
}

// MARK: - Status and priority

/// A task's `status` and STATUS of the two kinds of component (RFC 5545 §3.8.1.11).
struct StatusRow: Sendable {
    let column: String
    let event: String
    let todo: String

    static let table = [
        StatusRow(column: "pending", event: "TENTATIVE", todo: "NEEDS-ACTION"),
        StatusRow(column: "completed", event: "CONFIRMED", todo: "COMPLETED"),
        StatusRow(column: "cancelled", event: "CANCELLED", todo: "CANCELLED"),
    ]
}

/// A task's `priority`, the PRIORITY it is written as, and those it is read from (RFC 5545 §3.8.1.9).
struct PriorityRow: Sendable {
    let column: String
    let written: Int
    let read: ClosedRange<Int>

    static let table = [
        PriorityRow(column: "high", written: 1, read: 1...3),
        PriorityRow(column: "medium", written: 5, read: 4...6),
        PriorityRow(column: "low", written: 9, read: 7...9),
    ]
    /// What 0, undefined, and no PRIORITY at all mean.
    static let undefined = "medium"
}

extension TaskMapping {
    /// STATUS for a value of the column; nil for one that is not documented.
    func status(of column: String?, _ kind: CalendarObject.Kind) -> String? {
        guard let column else { return nil }
        let row = StatusRow.table.first { $0.column == column }
        return kind == .vtodo ? row?.todo : row?.event
    }

    func priority(of column: String?) -> Int? {
        PriorityRow.table.first { $0.column == column }?.written
    }

    func category(of type: String?) -> String? {
        guard let type else { return nil }
        return taskTypes.first { $0.type == type }?.category ?? type.uppercased()
    }

    /// The type that a category names, whatever its case and whether it joins words by `_`, `-` or a
    /// space.
    func taskType(ofCategory category: String) -> String? {
        typesByCategory[TaskMapping.plain(category)]
    }

    private static func plain(_ name: String) -> String {
        let joints: [UInt8] = [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " ")]
        return String(
            decoding: name.uppercased().utf8.filter { !joints.contains($0) }, as: UTF8.self)
    }
}
