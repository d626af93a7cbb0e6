import CalDAV
import ICalendar
import MariaDB

/// What one batch of tasks needs so that calendars show them as they are.
struct TaskMerge {
    /// Tasks in one transaction: enough to spread its cost, few enough to hold no lock for long.
    static let batchSize = 100

    var steps: [Step] = []
    /// Tasks that could not be converted, with the reason.
    var failures: [(task: Int64, uid: String, reason: String)] = []

    struct Step {
        var task: Int64
        var action: Action
    }

    enum Action {
        /// A task without an object, perhaps one that had one before it was deleted.
        case add(ReadTaskRow, to: CalendarRecord, again: RevivedObject?)
        /// An object whose row is gone.
        case remove(MirrorObject)
        /// An object whose row has changed, with the calendar it goes to (nil: stays).
        case change(MirrorObject, ReadTaskRow, ChangedText, to: CalendarRecord?)
    }
}

/// The text of an object whose row has changed.
struct ChangedText {
    let text: ObjectText
    /// False where the row changed in nothing that the object shows.
    let isNew: Bool
}

/// How objects go to other calendars.
struct ObjectPlacing {
    /// Whether each goes to where a new one would be put, wherever it is now.
    var isAnew = false
    /// Whether those that go get a UID of ours.
    var renewsUIDs = false

    /// Where the CRM gave the task to another owner or calendar.
    static let asTheCRMChanged = ObjectPlacing()
    static let anew = ObjectPlacing(isAnew: true)
}

/// An object that mirrors a task.
struct MirrorObject {
    var id: Int64
    var taskID: Int64
    var calendarID: Int64
    /// Nil where the CRM removed the calendar's row.
    var calendar: CalendarRecord?
    var name: String
    var uid: String
    var content: [UInt8]
    var base: [UInt8]
    var digest: [UInt8]
    var revision: Int64
}

// MARK: - Finding out what is to be done

extension Store {
    /// Compares rows and objects as they are committed now; nothing is locked.
    func plan(
        _ ids: [Int64], placing: ObjectPlacing
    ) throws(StoreFailure) -> TaskMerge {
        // The objects first: what is written to one after it was read here shows by its revision. A
        // row that was read first could be older than the object, and its values be taken for the
        // CRM's latest.
        let mirrors = try mirrors(of: ids)
        let rows = try taskRows(ids)
        let changed = ids.filter {
            rows[$0]?.digest != mirrors[$0]?.digest || mirrors[$0]?.calendar == nil
                || placing.isAnew
        }
        var merge = TaskMerge()
        guard changed.contains(where: { rows[$0] != nil || mirrors[$0] != nil }) else {
            return merge
        }
        let placement = try placement(of: changed.compactMap { rows[$0]?.row })
        let installation = try installation()
        let revived = try revivedObjects(
            of: changed.compactMap { mirrors[$0] == nil ? rows[$0] : nil })
        for id in changed {
            switch (rows[id], mirrors[id]) {
            case (nil, nil): break
            case (nil, let mirror?):
                merge.steps.append(.init(task: id, action: .remove(mirror)))
            case (let row?, nil):
                let calendar = placement.calendar(for: row.row)
                merge.steps.append(
                    .init(task: id, action: .add(row, to: calendar, again: revived[id])))
            case (let row?, let mirror?):
                change(mirror, to: row, placement, installation, placing, in: &merge)
            }
        }
        return merge
    }

    private func change(
        _ mirror: MirrorObject, to row: ReadTaskRow, _ placement: Placement,
        _ installation: Installation, _ placing: ObjectPlacing, in merge: inout TaskMerge
    ) {
        let base = TaskValues(decoding: mirror.base, installation.schema)
        let hasMoved =
            placing.isAnew || mirror.calendar == nil
            || !row.row.values.isSame(as: base, in: .owner)
            || !row.row.values.isSame(as: base, in: .calendar)
        let target = placement.calendar(for: row.row)
        let destination = hasMoved && target.id != mirror.calendarID ? target : nil
        let floating =
            Zone.named((destination ?? mirror.calendar ?? target).timeZone)
            ?? context.zone
        do throws(ICalendarError) {
            var object = try CalendarObject(parsing: mirror.content)
            let patch = installation.mapping.patch(
                &object, from: base, to: row.row, floating: floating, now: now)
            let renewsUID = destination != nil && placing.renewsUIDs
            if renewsUID {
                object = try object.with(uid: installation.newUID(ofTask: mirror.taskID))
            }
            let isNew = patch != .nothing || renewsUID
            let bytes = isNew ? object.serialized() : mirror.content
            let text = ChangedText(
                text: ObjectText(object, bytes: bytes, floating: floating), isNew: isNew)
            var row = row
            if patch == .changedOccurrence { row.returnStatus(of: base) }
            merge.steps.append(
                .init(task: mirror.taskID, action: .change(mirror, row, text, to: destination)))
        } catch {
            merge.failures.append((mirror.taskID, mirror.uid, error.reason))
        }
    }

    private func mirrors(of tasks: [Int64]) throws(StoreFailure) -> [Int64: MirrorObject] {
        var mirrors: [Int64: MirrorObject] = [:]
        for piece in tasks.inStatementChunks() {
            let select: SQL = """
                SELECT o.id, o.task_id, o.calendar_id, o.name, o.uid, o.icalendar, o.base,
                       o.row_digest, o.revision, \(CalendarColumns.list)
                  FROM caldav_objects AS o
                  LEFT JOIN caldav_calendars AS c ON c.id = o.calendar_id
                  LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
                 WHERE o.task_id IN (\(SQL.repeated("?", count: piece.count)))
                """
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(select, piece.map { .int($0) })
                while try cursor.next() {
                    func bytes(_ column: Int) -> [UInt8] {
                        cursor.bytes(column).map(Array.init) ?? []
                    }
                    let task = cursor.int(1) ?? 0
                    mirrors[task] = MirrorObject(
                        id: cursor.int(0) ?? 0, taskID: task, calendarID: cursor.int(2) ?? 0,
                        calendar: CalendarColumns.read(cursor, at: 9), name: cursor.string(3) ?? "",
                        uid: cursor.string(4) ?? "", content: bytes(5), base: bytes(6),
                        digest: bytes(7), revision: cursor.int(8) ?? 0)
                }
            }
        }
        return mirrors
    }
}

extension CalendarObject {
    /// The same under another UID.
    fileprivate func with(uid: String) throws(ICalendarError) -> CalendarObject {
        var calendar = calendar
        for index in calendar.components.indices
        where calendar.components[index].name == kind.name {
            calendar.components[index].setText("UID", uid)
        }
        return try CalendarObject(calendar)
    }
}
