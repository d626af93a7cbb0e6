package import CalDAV
import ICalendar
import MariaDB

/// Where a version from the trash is now.
package struct RestoredObject: Sendable {
    package let owner: String
    package let uri: String
    package let name: String
    package let taskID: Int64?
    /// Whether it took the place of a present version, which is in the trash instead.
    package let isReplacing: Bool
}

extension Store {
    /// Brings a version back: the object, under its name where that is free, and the task's row, with
    /// its id where that is free. Where the object is there, the present version goes into the trash.
    ///
    /// - Parameter actor: who does it, for the trash.
    /// - Throws: `.notFound` where the trash has no such version, `.refused` with the reason where it
    ///   cannot come back.
    @discardableResult
    package func restore(
        _ id: Int64, by actor: String
    ) throws(StorageError) -> RestoredObject {
        guard let entry = try trashEntry(id) else { throw .notFound }
        return try atTheEdge { () throws(StoreFailure) in
            try verifyIfNew()
            guard let calendar = try calendarForRestoring(entry) else {
                throw .storage(
                    .refused(
                        "its calendar \(entry.owner)/\(entry.uri) is gone; restore that first: "
                            + "crm-caldav trash restore --calendar \(entry.owner)/\(entry.uri)"))
            }
            return try restore(entry, into: calendar, by: actor)
        }
    }

    func restore(
        _ entry: TrashEntry, into calendar: CalendarRecord, by actor: String
    ) throws(StoreFailure) -> RestoredObject {
        let object: CalendarObject
        do throws(ICalendarError) {
            object = try CalendarObject(parsing: entry.content)
        } catch {
            throw .storage(.refused("version \(entry.id) cannot be read: \(error.reason)"))
        }
        // What the CRM changed since is a version of its own, which goes into the trash.
        if let task = try taskOfPresent(object.uid, in: calendar.id) {
            try merge([task], pending: [:])
        }
        let floating = Zone.named(calendar.timeZone) ?? context.zone
        let restoring = Restoring(
            entry: entry, object: object, calendar: calendar, floating: floating, actor: actor)
        return try connection.transaction { () throws(StoreFailure) in try carryOut(restoring) }
    }

    private struct Restoring {
        let entry: TrashEntry
        var object: CalendarObject
        let calendar: CalendarRecord
        let floating: Zone
        let actor: String

        var text: ObjectText {
            ObjectText(object, bytes: object.serialized(), floating: floating)
        }
        var isTask: Bool { object.kind == .vevent || object.kind == .vtodo }
    }

    private static let take: SQL = "DELETE FROM caldav_trash WHERE id = ?"

    private func carryOut(_ restoring: Restoring) throws(StoreFailure) -> RestoredObject {
        let (entry, calendar) = (restoring.entry, restoring.calendar)
        let revision = try takeRevisions(of: calendar.id)
        let taken = try database { () throws(DatabaseError) in
            try connection.execute(Store.take, .int(entry.id)).affectedRows
        }
        // Somebody else restored it in this moment.
        guard taken == 1 else { throw .storage(.notFound) }
        let name = try nameForRestoring(restoring)
        let (present, isMirrored) = try presentObject(name, in: calendar)
        let task: Int64?
        if let present {
            task = try replace(present, by: restoring, revision, isMirrored: isMirrored)
        } else {
            task = try create(name, restoring, revision, isMirrored: isMirrored)
        }
        return RestoredObject(
            owner: calendar.owner, uri: calendar.uri, name: name, taskID: task,
            isReplacing: present != nil)
    }

    // MARK: Nothing is there

    private func create(
        _ name: String, _ restoring: Restoring, _ revision: Int64, isMirrored: Bool
    ) throws(StoreFailure) -> Int64? {
        let calendar = restoring.calendar
        guard isMirrored, restoring.isTask else {
            // Byte for byte as it was.
            let text = ObjectText(
                restoring.object, bytes: restoring.entry.content, floating: restoring.floating)
            try insertObject(text, name: name, in: calendar.id, revision: revision, nil)
            try log(.create, task: nil, uid: text.uid)
            return nil
        }
        var text = ObjectText(
            restoring.object, bytes: restoring.entry.content, floating: restoring.floating)
        var mark = TaskMark(
            uid: Store.columnUID(text.uid, calendar: calendar.id), etag: text.etag,
            sequence: max(keptSequence(of: restoring.entry) + 1, text.sequence))
        let id = try insertTask(restoring, mark)
        if id != restoring.entry.taskID, let renumbered = restoring.object.naming(task: id) {
            text = ObjectText(
                renumbered, bytes: renumbered.serialized(), floating: restoring.floating)
            mark.etag = text.etag
            try write(mark, to: id)
        }
        let counterpart = try counterpart(of: id, restoring.entry)
        try insertObject(text, name: name, in: calendar.id, revision: revision, counterpart)
        try log(.create, task: id, uid: text.uid)
        return id
    }

    private func insertTask(
        _ restoring: Restoring, _ mark: TaskMark
    ) throws(StoreFailure) -> Int64 {
        if restoring.entry.task != nil {
            return try insertRow(of: restoring.entry, mark, in: restoring.calendar)
        }
        let task = try installation().mapping.task(
            from: restoring.object, floating: restoring.floating, ownerAddresses: [])
        let insertion = TaskInsertion(
            task.values, mark, in: restoring.calendar, try installation().schema)
        return try insertTask(insertion, in: restoring.calendar).row.id
    }

    private func write(_ mark: TaskMark, to id: Int64) throws(StoreFailure) {
        let statement = try installation().statements.markOne
        let uid = try taskRow(id)?.row.uid ?? mark.uid
        _ = try database { () throws(DatabaseError) in
            try connection.execute(statement, [.int(id)] + mark.values(uid: uid))
        }
    }

    /// What the object is to remember of the restored row: as it is, unless the CRM had changed the old
    /// row in a way that the object did not show yet; then the next merge finds that.
    private func counterpart(
        of id: Int64, _ entry: TrashEntry
    ) throws(StoreFailure) -> Counterpart {
        let schema = try installation().schema
        guard let read = try taskRow(id) else {
            throw .storage(.failed("the task that was inserted as \(id) is not there"))
        }
        guard entry.row != nil, let kept = entry.base else {
            return Counterpart(
                taskID: id, base: read.row.values.encoded(schema), digest: read.digest)
        }
        try notePending(id)
        return Counterpart(taskID: id, base: kept, digest: [])
    }

    // MARK: A version is there

    private func replace(
        _ present: PresentObject, by restoring: Restoring, _ revision: Int64, isMirrored: Bool
    ) throws(StoreFailure) -> Int64? {
        var restoring = restoring
        let calendar = restoring.calendar
        try discard(
            present.id, .overwritten, by: restoring.actor, owner: calendar.owner,
            uri: calendar.uri)
        // A further version, though an old text: clients that compare SEQUENCE have to see it.
        let current = (try? CalendarObject(parsing: present.content))?.sequence ?? 0
        restoring.object.supersede(current, at: now)
        let text = restoring.text
        var counterpart: Counterpart?
        if isMirrored, restoring.isTask {
            counterpart = try restoreColumns(of: present, restoring, text)
        }
        try updateObject(present.id, text, revision: revision, counterpart)
        try log(.update, task: counterpart?.taskID, uid: text.uid)
        return counterpart?.taskID
    }

    private func restoreColumns(
        of present: PresentObject, _ restoring: Restoring, _ text: ObjectText
    ) throws(StoreFailure) -> Counterpart {
        let schema = try installation().schema
        var mark = TaskMark(
            uid: Store.columnUID(text.uid, calendar: restoring.calendar.id), etag: text.etag,
            sequence: text.sequence)
        guard let id = present.taskID, let before = try taskRow(id, forUpdate: true) else {
            let id = try insertTask(restoring, mark)
            return try counterpart(of: id, restoring.entry)
        }
        mark.sequence = max(before.row.sequence + 1, text.sequence)
        var values: TaskValues
        var changed = ColumnSet(TaskStatements.written)
        if let kept = restoring.entry.base ?? restoring.entry.row {
            values = TaskValues(decoding: kept, schema)
        } else {
            let task = try installation().mapping.task(
                from: restoring.object, floating: restoring.floating, ownerAddresses: [])
            (values, changed) = (task.values, task.carried)
        }
        let after = try updateTask(
            TaskUpdate(before.row, to: values, changed, mark, schema), in: restoring.calendar)
        // Where the CRM put the task since is not undone, and neither taken for agreed.
        values = TaskValues(decoding: present.base, schema)
        for column in TaskStatements.written { values[column] = after.row.values[column] }
        let agrees = TaskColumn.allCases.allSatisfy { after.row.values.isSame(as: values, in: $0) }
        if !agrees { try notePending(id) }
        return Counterpart(
            taskID: id, base: values.encoded(schema), digest: agrees ? after.digest : [])
    }

    // MARK: Finding its place

    private static let placeOfTask: SQL = """
        SELECT \(CalendarColumns.list)
          FROM caldav_objects AS o
          JOIN caldav_calendars AS c ON c.id = o.calendar_id
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE o.task_id = ? AND o.uid_hash = ?
        """
    private static let calendarByID: SQL = """
        SELECT \(CalendarColumns.list)
          FROM caldav_calendars AS c
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE c.id = ?
        """
    private static let calendarByAddress: SQL = """
        SELECT \(CalendarColumns.list)
          FROM caldav_calendars AS c
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE c.user_id = ? AND c.uri = ?
        """
    private static let present: SQL = """
        SELECT name, task_id FROM caldav_objects WHERE calendar_id = ? AND uid_hash = ?
        """

    /// The calendar where the object is now, else the one where it was.
    private func calendarForRestoring(_ entry: TrashEntry) throws(StoreFailure) -> CalendarRecord? {
        if let task = entry.taskID, let object = try? CalendarObject(parsing: entry.content) {
            let place = try readCalendar(
                Store.placeOfTask, [.int(task), .bytes(Digest.sha256(object.uid))])
            if let place { return place }
        }
        return try calendarForRestoring(
            id: entry.calendarID, owner: entry.owner, uri: entry.uri)
    }

    /// The calendar of that id, else the one that has taken its address.
    func calendarForRestoring(
        id: Int64, owner: String, uri: String
    ) throws(StoreFailure) -> CalendarRecord? {
        if let calendar = try readCalendar(Store.calendarByID, [.int(id)]) { return calendar }
        let calendar = try readCalendar(Store.calendarByAddress, [.text(owner), .text(uri)])
        guard let calendar, calendar.owner.utf8.elementsEqual(owner.utf8),
            calendar.uri.utf8.elementsEqual(uri.utf8)
        else { return nil }
        return calendar
    }

    private func readCalendar(
        _ statement: SQL, _ values: [Value]
    ) throws(StoreFailure) -> CalendarRecord? {
        let calendar = try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            return try cursor.next() ? CalendarColumns.read(cursor, at: 0) : nil
        }
        if let calendar, calendar.revision == 0 { try prepareState(of: calendar) }
        return calendar
    }

    private func presentOf(
        _ uid: String, in calendar: Int64
    ) throws(StoreFailure) -> (name: String, task: Int64?)? {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.present, .int(calendar), .bytes(Digest.sha256(uid)))
            return try cursor.next() ? (cursor.string(0) ?? "", cursor.int(1)) : nil
        }
    }

    private func taskOfPresent(_ uid: String, in calendar: Int64) throws(StoreFailure) -> Int64? {
        try presentOf(uid, in: calendar)?.task
    }

    /// Of the present version where there is one, else its own, unless another object has that.
    private func nameForRestoring(_ restoring: Restoring) throws(StoreFailure) -> String {
        let (entry, calendar) = (restoring.entry, restoring.calendar)
        if let present = try presentOf(restoring.object.uid, in: calendar.id) {
            return present.name
        }
        guard try presentObject(entry.name, in: calendar).object != nil else { return entry.name }
        return "restored-\(entry.id).ics"
    }
}

extension CalendarObject {
    /// The same with the number of another task; nil where it names none.
    fileprivate func naming(task: Int64) -> CalendarObject? {
        guard principalComponent.first(CRMProperty.taskID) != nil else { return nil }
        var object = self
        object.updateMaster { $0.setRaw(CRMProperty.taskID, String(task)) }
        return object
    }

    /// Makes it a later version than one with that SEQUENCE.
    fileprivate mutating func supersede(_ other: Int, at now: Int64) {
        let isOurs = principalComponent.first("ORGANIZER") == nil
        if isOurs, sequence < other {
            updateMaster { $0.setRaw("SEQUENCE", String(other)) }
        }
        markChanged(at: now, raisesSequence: isOurs)
    }
}
