import CalDAV
import MariaDB

// Putting a row of the CRM's back as it was: every column that was kept and still exists.
extension Store {
    /// Inserts the row of a discarded version, with its old id where that is free.
    ///
    /// - Returns: the row's id.
    func insertRow(
        of entry: TrashEntry, _ mark: TaskMark, in calendar: CalendarRecord
    ) throws(StoreFailure) -> Int64 {
        let schema = try installation().schema
        let mode = try enterLenientMode()
        defer { leaveLenientMode(mode) }
        var attempt = RowAttempt(id: entry.taskID, uid: mark.uid)
        while true {
            do throws(DatabaseError) {
                return try insert(entry, attempt, mark, in: calendar, schema)
            } catch  where error.isDuplicateKey {
                // Either may be taken: the id by a new task, caldav_uid by another calendar's object.
                if error.duplicateKeyName == "PRIMARY", attempt.id != nil {
                    attempt.id = nil
                } else if error.duplicateKeyName == "caldav_uid", attempt.uid == mark.uid {
                    attempt.uid = Store.derivedUID(mark.uid, calendar: calendar.id)
                } else {
                    throw .storage(
                        .refused("Another task has taken its place: \(error.message)"))
                }
            } catch {
                throw .database(error)
            }
        }
    }

    private struct RowAttempt {
        var id: Int64?
        var uid: String
    }

    private func insert(
        _ entry: TrashEntry, _ attempt: RowAttempt, _ mark: TaskMark, in calendar: CalendarRecord,
        _ schema: TaskSchema
    ) throws(DatabaseError) -> Int64 {
        var names: [SQL] = []
        var parameters: [SQL] = []
        var values: [Value] = []
        func give(_ column: Identifier, _ parameter: SQL, _ value: Value) {
            names.append("\(column)")
            parameters.append(parameter)
            values.append(value)
        }
        var given: Set<String> = []
        let kept = Dictionary(
            (entry.task ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
        for column in schema.rowColumns {
            guard !Store.isOurs(column.name), let value = kept[column.name] else { continue }
            given.insert(column.name)
            let isCalendar = schema.column(named: column.name) == .calendar
            give(
                column.identifier, column.parameter,
                isCalendar && value != nil ? .int(calendar.id) : Value(value))
        }
        for extra in schema.requiredExtras where !given.contains(extra.column.name) {
            names.append("\(extra.column)")
            parameters.append(extra.value)
        }
        if let id = attempt.id, let column = Identifier("id") { give(column, "?", .int(id)) }
        let insert: SQL = """
            INSERT INTO \(schema.table) (\(TaskSchema.joined(names, by: ", ")),
                   caldav_uid, caldav_etag, caldav_sequence)
            VALUES (\(TaskSchema.joined(parameters, by: ", ")), ?, ?, ?)
            """
        values += mark.values(uid: attempt.uid)
        let outcome = try connection.execute(insert, values)
        return attempt.id ?? Int64(clamping: outcome.insertID)
    }

    /// The id and what we write into every row ourselves.
    private static func isOurs(_ column: String) -> Bool {
        ["id", "caldav_uid", "caldav_etag", "caldav_lastmod", "caldav_sequence"].contains(column)
    }

    /// `caldav_sequence` of a kept row.
    func keptSequence(of entry: TrashEntry) -> Int64 {
        let kept = entry.task?.first { $0.name == "caldav_sequence" }?.value
        return kept.flatMap { Int64($0) } ?? 0
    }

    // MARK: The session

    private static let mode: SQL = "SELECT @@SESSION.sql_mode"
    private static let setMode: SQL = "SET SESSION sql_mode = ?"

    /// What was in the table is right for the table, zero dates and all.
    private func enterLenientMode() throws(StoreFailure) -> String {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.mode)
            let mode = try cursor.next() ? cursor.string(0) ?? "" : ""
            cursor.close()
            _ = try connection.execute(
                Store.setMode, .text("NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO"))
            return mode
        }
    }

    private func leaveLenientMode(_ mode: String) {
        do throws(DatabaseError) {
            _ = try connection.execute(Store.setMode, .text(mode))
        } catch {
            // The next statement begins a session with the usual settings.
            connection.close()
        }
    }
}
