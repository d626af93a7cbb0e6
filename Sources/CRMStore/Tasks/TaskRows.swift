import CalDAV
import ICalendar
import MariaDB

/// A row as read, with the digest by which the scan recognises it.
struct ReadTaskRow: Sendable {
    var row: TaskRow
    var digest: [UInt8]
    /// The digest as it was read.
    let digestAsRead: [UInt8]
    /// Whether the row itself is to be given `status` as it is here.
    private(set) var returnsStatus = false

    init(row: TaskRow, digest: [UInt8]) {
        self.row = row
        self.digest = digest
        digestAsRead = digest
    }

    /// The status is to be again what it was in `base`; the row's digest is then not known.
    mutating func returnStatus(of base: TaskValues) {
        row.values[.status] = base[.status]
        digest = []
        returnsStatus = true
    }
}

/// What `caldav_uid`, `caldav_etag` and `caldav_sequence` are to hold.
struct TaskMark {
    var uid: String
    var etag: String
    var sequence: Int64

    /// - Parameter uid: where it is not to be the one that was wished for.
    func values(uid: String) -> [Value] {
        // The documented column is an INT.
        [.text(uid), .text(etag), .int(Int64(Int32(clamping: sequence)))]
    }
}

/// A row that is to be inserted: the columns that can hold their value, and the mark.
struct TaskInsertion {
    let mark: TaskMark
    /// A value for each of `TaskStatements.written` that the table has.
    private let columns: [Value]
    /// What says whose it is.
    private let place: [Value]

    init(
        _ values: TaskValues, _ mark: TaskMark, in calendar: CalendarRecord,
        _ schema: TaskSchema
    ) {
        self.mark = mark
        columns = TaskStatements.written.compactMap { column in
            guard let definition = schema[column] else { return nil }
            return definition.fitted(values[column])
                ?? Value(definition.fallback(now: Clock.now))
        }
        place =
            (schema[.owner] == nil ? [] : [.text(calendar.owner)])
            + (schema[.calendar] == nil ? [] : [.int(calendar.id)])
    }

    /// - Parameter uid: what `caldav_uid` is to be.
    func statement(of statements: TaskStatements, uid: String) -> Statement {
        Statement(statements.insert, columns + mark.values(uid: uid) + place)
    }
}

/// What is to be written to a task's row: the columns of a set that can hold their value, and the mark.
struct TaskUpdate {
    let id: Int64
    let mark: TaskMark
    /// The row as it comes out, unless the server or the CRM's triggers make something else of it.
    private(set) var expected: TaskValues
    /// Whether to write and the value, for each of `TaskStatements.written` that the table has.
    private var columns: [Value] = []
    private var writesAny = false

    init(
        _ row: TaskRow, to values: TaskValues, _ changed: ColumnSet, _ mark: TaskMark,
        _ schema: TaskSchema
    ) {
        id = row.id
        self.mark = mark
        expected = row.values
        for column in TaskStatements.written {
            guard let definition = schema[column] else { continue }
            if changed.contains(column), let value = definition.fitted(values[column]) {
                columns += [1, value]
                writesAny = true
                expected[column] = value.columnText
            } else {
                columns += [0, nil]
            }
        }
    }

    /// - Parameter uid: what `caldav_uid` is to be.
    func statement(of statements: TaskStatements, uid: String) -> Statement {
        let marks = mark.values(uid: uid)
        return writesAny
            ? Statement(statements.update, columns + marks + [.int(id)])
            : Statement(statements.markOne, [.int(id)] + marks)
    }
}

extension Value {
    /// As a column of text, date or number shows it.
    fileprivate var columnText: String? {
        switch self {
        case .text(let text): text
        case .int(let number): String(number)
        default: nil
        }
    }
}

// Reading and writing rows of the CRM's table.
extension Store {
    /// Rows of the ids that exist.
    func taskRows(_ ids: [Int64]) throws(StoreFailure) -> [Int64: ReadTaskRow] {
        let statements = try installation().statements
        var rows: [Int64: ReadTaskRow] = [:]
        for piece in ids.inStatementChunks() {
            guard let statement = statements.rows[piece.count] else { continue }
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(statement, piece.map { .int($0) })
                while try cursor.next() {
                    let read = Store.read(cursor)
                    rows[read.row.id] = read
                }
            }
        }
        return rows
    }

    func taskRow(_ id: Int64, forUpdate: Bool = false) throws(StoreFailure) -> ReadTaskRow? {
        let statements = try installation().statements
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                forUpdate ? statements.rowForUpdate : statements.row, .int(id))
            return try cursor.next() ? Store.read(cursor) : nil
        }
    }

    static func read(_ cursor: Cursor, at first: Int = 0) -> ReadTaskRow {
        var values = TaskValues()
        for column in TaskColumn.allCases {
            values[column] = cursor.string(first + 4 + column.rawValue)
        }
        // 0 is what MySQL's 0000-00-00 gives.
        let lastModified = cursor.int(first + 4 + TaskColumn.allCases.count)
            .flatMap { $0 > 0 ? $0 : nil }
        let row = TaskRow(
            id: cursor.int(first) ?? 0, uid: cursor.string(first + 1),
            sequence: cursor.int(first + 2) ?? 0, lastModified: lastModified, values: values)
        return ReadTaskRow(row: row, digest: cursor.bytes(first + 3).map(Array.init) ?? [])
    }

    // MARK: Writing

    /// - Returns: the new row as it came out.
    func insertTask(
        _ insertion: TaskInsertion, in calendar: CalendarRecord
    ) throws(StoreFailure) -> ReadTaskRow {
        let statements = try installation().statements
        let read = try retryingUID(insertion.mark, calendar) { uid throws(DatabaseError) in
            try connection.row(
                of: Statement(statements.insertedRow, []),
                after: [insertion.statement(of: statements, uid: uid)]
            ) { Store.read($0) }
        }
        guard let read else {
            throw .storage(.failed("the task that was inserted is not there"))
        }
        return read
    }

    /// - Returns: the row as it came out.
    func updateTask(
        _ update: TaskUpdate, in calendar: CalendarRecord
    ) throws(StoreFailure) -> ReadTaskRow {
        let statements = try installation().statements
        let read = try retryingUID(update.mark, calendar) { uid throws(DatabaseError) in
            try connection.row(
                of: Statement(statements.row, [.int(update.id)]),
                after: [update.statement(of: statements, uid: uid)]
            ) { Store.read($0) }
        }
        guard let read else {
            throw .storage(.failed("the task \(update.id) vanished while it was locked"))
        }
        return read
    }

    /// `caldav_uid` is unique over all calendars and letter cases, a UID is not: where it is taken, a
    /// value derived from it stands there.
    private func retryingUID<T>(
        _ mark: TaskMark, _ calendar: CalendarRecord,
        _ body: (_ uid: String) throws(DatabaseError) -> T
    ) throws(StoreFailure) -> T {
        do throws(DatabaseError) {
            return try body(mark.uid)
        } catch {
            guard error.isDuplicateKey else { throw .database(error) }
        }
        let derived = Store.derivedUID(mark.uid, calendar: calendar.id)
        do throws(DatabaseError) {
            return try body(derived)
        } catch {
            guard error.isDuplicateKey else { throw .database(error) }
        }
        // A row that was given the derived one lives on elsewhere.
        let unique = derived + "-" + Digest.hex(Digest.random(count: 6))
        return try database { () throws(DatabaseError) in try body(unique) }
    }

    /// What `caldav_uid` holds for a UID: itself where the column can hold it.
    static func columnUID(_ uid: String, calendar: Int64) -> String {
        let fits = uid.utf8.count <= 255 && uid.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return fits ? uid : derivedUID(uid, calendar: calendar)
    }

    static func derivedUID(_ uid: String, calendar: Int64) -> String {
        "caldav-" + Digest.hex(Digest.sha256(Array("\(calendar)\n\(uid)".utf8)).prefix(20))
    }
}

extension ColumnDefinition {
    /// For a new row, where the column cannot hold what the object says: its default, or the least
    /// wrong value of its kind.
    fileprivate func fallback(now: Int64) -> String? {
        if let defaultText { return defaultText }
        guard !isNullable else { return nil }
        switch kind {
        case .members(let members): return members.first
        case .date, .dateTime, .timestamp: return Zone.utc.civil(at: now).columnText
        case .text: return ""
        case .number: return "0"
        }
    }
}
