package import CalDAV
import ICalendar
import MariaDB

// COPY and MOVE of an object. A moved task keeps its row and number: only its owner and calendar follow.
extension Store {
    private static let otherWithUID: SQL = """
        SELECT name FROM caldav_objects
         WHERE calendar_id = ? AND uid_hash = ? AND id NOT IN (?, ?)
        """
    private static let move: SQL = """
        UPDATE caldav_objects
           SET calendar_id = ?, name = ?, revision = ?, first_start = COALESCE(?, first_start),
               last_end = COALESCE(?, last_end), task_id = ?, base = ?, row_digest = ?
         WHERE id = ?
        """

    package func transfer(
        _ transfer: ObjectTransfer, by user: UserRecord
    ) throws(StorageError) -> PutOutcome {
        try atTheEdge { () throws(StoreFailure) in
            var found: PresentObject?
            return try loggingRefusal(
                of: .update, subject: { found.map { ($0.taskID, $0.uid) } }
            ) { () throws(StoreFailure) in
                try connection.transaction(retries: Store.retriesForHeldRow) {
                    () throws(StoreFailure) in
                    let revisions = try takeRevisions(for: transfer)
                    let step = try find(transfer, by: user, revisions)
                    found = step.object
                    if transfer.isMove { try move(step) } else { try copy(step) }
                    return PutOutcome(isNew: step.present == nil, etag: step.object.etag)
                }
            }
        }
    }

    private struct Revisions {
        /// Of what is no longer at the source.
        var source: Int64
        var destination: Int64
    }

    /// What is to be done, found under the locks of the calendars.
    private struct TransferStep {
        let transfer: ObjectTransfer
        let user: UserRecord
        let revisions: Revisions
        let object: PresentObject
        /// What is at the destination.
        let present: PresentObject?
        /// Whether the destination's objects are CRM tasks.
        let isMirrored: Bool

        var source: ObjectTransfer.Place { transfer.source }
        var destination: ObjectTransfer.Place { transfer.destination }
    }

    /// Locks the calendars that change, in ascending order.
    private func takeRevisions(for transfer: ObjectTransfer) throws(StoreFailure) -> Revisions {
        let (source, destination) = (transfer.source.calendar.id, transfer.destination.calendar.id)
        guard transfer.isMove else {
            return Revisions(source: 0, destination: try takeRevisions(of: destination))
        }
        guard source != destination else {
            let last = try takeRevisions(2, of: source)
            return Revisions(source: last - 1, destination: last)
        }
        if source < destination {
            let first = try takeRevisions(of: source)
            return Revisions(source: first, destination: try takeRevisions(of: destination))
        }
        let first = try takeRevisions(of: destination)
        return Revisions(source: try takeRevisions(of: source), destination: first)
    }

    /// Finds both ends, judges the conditions and locks the tasks, in ascending order.
    private func find(
        _ transfer: ObjectTransfer, by user: UserRecord, _ revisions: Revisions
    ) throws(StoreFailure) -> TransferStep {
        let (source, destination) = (transfer.source, transfer.destination)
        guard let object = try presentObject(source.name, in: source.calendar).object else {
            throw .storage(.notFound)
        }
        guard source.condition.holds(for: object.etag) else {
            throw .storage(.preconditionFailed(etag: object.etag))
        }
        let (present, isMirrored) = try presentObject(
            destination.name, in: destination.calendar)
        guard destination.condition.holds(for: present?.etag) else {
            throw .storage(.preconditionFailed(etag: present?.etag))
        }
        let step = TransferStep(
            transfer: transfer, user: user, revisions: revisions, object: object,
            present: present, isMirrored: isMirrored)
        if let name = try nameInTheWay(of: step) { throw .storage(.uidInUse(name: name)) }
        let tasks = [transfer.isMove ? object.taskID : nil, present?.taskID].compactMap { $0 }
        _ = try lockTasks(tasks.sorted())
        return step
    }

    /// Of another object at the destination that has the UID and stays.
    private func nameInTheWay(of step: TransferStep) throws(StoreFailure) -> String? {
        // A copy leaves the object where it is.
        let moved = step.transfer.isMove ? step.object.id : 0
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.otherWithUID, .int(step.destination.calendar.id),
                .bytes(step.object.uidHash), .int(moved), .int(step.present?.id ?? 0))
            return try cursor.next() ? cursor.string(0) : nil
        }
    }

    private func write(of step: TransferStep) throws(StoreFailure) -> ObjectWrite {
        let object: CalendarObject
        do throws(ICalendarError) {
            object = try CalendarObject(parsing: step.object.content)
        } catch {
            throw .storage(.refused("The object cannot be read: \(error.reason)"))
        }
        let calendar = step.destination.calendar
        return ObjectWrite(
            object: object, name: step.destination.name, calendar: calendar, user: step.user,
            floating: Zone.named(calendar.timeZone) ?? context.zone, text: step.object.content)
    }

    // MARK: COPY

    private func copy(_ step: TransferStep) throws(StoreFailure) {
        try takeSpace(for: step.object.content, inHomeOf: step.destination.calendar.owner)
        let write = try write(of: step)
        let revision = step.revisions.destination
        if let present = step.present, present.uidHash == step.object.uidHash {
            return try replace(
                present, by: write, revision: revision, isMirrored: step.isMirrored,
                isBlind: false)
        }
        if let present = step.present { try discardWithTask(present, at: step) }
        try create(write, revision: revision, isMirrored: step.isMirrored)
    }

    /// What has to make room goes into the trash, with its task.
    private func discardWithTask(
        _ present: PresentObject, at step: TransferStep
    ) throws(StoreFailure) {
        let calendar = step.destination.calendar
        try discardWithRow(
            present.id, .overwritten, by: step.user.actor, owner: calendar.owner, uri: calendar.uri)
        if let task = present.taskID { try deleteTask(task) }
        try removeObject(
            present.id, name: step.destination.name, in: calendar.id,
            revision: step.revisions.destination)
        try log(.delete, task: present.taskID, uid: present.uid)
    }

    private func deleteTask(_ id: Int64) throws(StoreFailure) {
        let statements = try installation().statements
        _ = try database { () throws(DatabaseError) in
            try connection.execute(statements.delete, .int(id))
        }
    }

    // MARK: MOVE

    private func move(_ step: TransferStep) throws(StoreFailure) {
        let owner = step.destination.calendar.owner
        if !owner.utf8.elementsEqual(step.source.calendar.owner.utf8) {
            try takeSpace(for: step.object.content, inHomeOf: owner)
        }
        if let present = step.present { try discardWithTask(present, at: step) }
        let (object, calendar) = (step.object, step.destination.calendar)
        var counterpart = object.taskID.map {
            Counterpart(taskID: $0, base: object.base, digest: object.digest)
        }
        var span: (first: Int64, last: Int64)?
        if calendar.id != step.source.calendar.id {
            let write = try write(of: step)
            span = write.text.span
            counterpart = try self.counterpart(of: step, write)
        }
        _ = try database { () throws(DatabaseError) in
            _ = try connection.execute(
                Store.move, .int(calendar.id), .bytes(Array(step.destination.name.utf8)),
                .int(step.revisions.destination), Value(span?.first), Value(span?.last),
                Value(counterpart?.taskID), Value(counterpart?.base), Value(counterpart?.digest),
                .int(object.id))
        }
        try bury(step.source.name, in: step.source.calendar.id, revision: step.revisions.source)
        try unbury(step.destination.name, in: calendar.id)
        try log(.update, task: counterpart?.taskID, uid: object.uid)
    }

    /// The task in another calendar: the same row, a new one where there was none, or none where that
    /// calendar's objects are no tasks.
    private func counterpart(
        of step: TransferStep, _ write: ObjectWrite
    ) throws(StoreFailure) -> Counterpart? {
        let isTask = step.isMirrored && write.isTask
        guard let task = step.object.taskID else {
            return isTask ? try insertCounterpart(of: write) : nil
        }
        guard isTask else {
            let calendar = step.source.calendar
            try discardWithRow(
                step.object.id, .deleted, by: step.user.actor, owner: calendar.owner,
                uri: calendar.uri)
            try deleteTask(task)
            return nil
        }
        return try placeTask(task, of: step)
    }

    /// Columns that the CRM changed, and no calendar shows yet, keep their old base: the next merge
    /// finds them.
    private func placeTask(
        _ task: Int64, of step: TransferStep
    ) throws(StoreFailure) -> Counterpart {
        let installation = try installation()
        let calendar = step.destination.calendar
        if let statement = installation.statements.place {
            var values: [Value] = []
            if installation.schema[.owner] != nil { values.append(.text(calendar.owner)) }
            if installation.schema[.calendar] != nil { values.append(.int(calendar.id)) }
            _ = try database { () throws(DatabaseError) in
                try connection.execute(statement, values + [.int(task)])
            }
        }
        var base = TaskValues(decoding: step.object.base, installation.schema)
        guard let row = try taskRow(task) else {
            // The CRM deleted it: the next merge takes the object away, too.
            try notePending(task)
            return Counterpart(taskID: task, base: step.object.base, digest: [])
        }
        for column in [TaskColumn.owner, .calendar] { base[column] = row.row.values[column] }
        let agrees = TaskColumn.allCases.allSatisfy { row.row.values.isSame(as: base, in: $0) }
        if !agrees { try notePending(task) }
        return Counterpart(
            taskID: task, base: base.encoded(installation.schema),
            digest: agrees ? row.digest : [])
    }
}
