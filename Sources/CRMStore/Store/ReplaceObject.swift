import CalDAV
import ICalendar
import MariaDB

// A PUT, or a copy, onto a version that is there.
extension Store {
    /// Writes a new version; the last that its transaction does, which may be committed then.
    ///
    /// - Parameter isBlind: whether the sender did not say which version it began with. Then the write is
    ///   stored as it is, for its answer's ETag to be true, and what its sender had not seen is merged
    ///   in as a further change.
    func replace(
        _ present: PresentObject, by write: ObjectWrite, revision: Int64, isMirrored: Bool,
        isBlind: Bool
    ) throws(StoreFailure) {
        guard present.uidHash == write.text.uidHash else {
            throw .storage(.uidInUse(name: write.name))
        }
        guard present.content != write.text.bytes else { return }
        let hasTask = isMirrored && write.isTask
        let current =
            isBlind || hasTask ? try? CalendarObject(parsing: present.content) : nil
        let merged =
            isBlind
            ? try mergedWithUnseen(
                write.object, over: current, name: write.name, in: write.calendar.id,
                by: write.user.actor) : nil
        let final = merged.map { write.with($0) } ?? write
        let change = hasTask ? try taskChange(of: present, current, final) : nil
        if let change, merged == nil,
            try replaceAtOnce(present, by: write, change, revision: revision)
        {
            return
        }
        var counterpart: Counterpart?
        if let change {
            let row = try updateTask(change.update, in: write.calendar)
            counterpart = try agreed(change, as: row.row.values, row.digest)
        } else if hasTask {
            // It never was a task: what a client writes now is one.
            counterpart = try insertCounterpart(of: final)
        }
        // From here on no answer is waited for: all of it goes with the commit.
        try overwrite(present, by: write, revision: revision, counterpart)
        if merged != nil {
            try discard(
                present.id, .overwritten, by: Store.mergeActor, owner: write.calendar.owner,
                uri: write.calendar.uri)
            try updateObject(
                present.id, final.text, revision: try takeRevisions(of: write.calendar.id),
                counterpart)
        }
        try log(.update, task: counterpart?.taskID, uid: write.text.uid)
    }

    private func overwrite(
        _ present: PresentObject, by write: ObjectWrite, revision: Int64,
        _ counterpart: Counterpart?
    ) throws(StoreFailure) {
        try discard(
            present.id, .overwritten, by: write.user.actor, owner: write.calendar.owner,
            uri: write.calendar.uri)
        try updateObject(present.id, write.text, revision: revision, counterpart)
    }

    /// Writes row and object, and commits if the row comes out as it should: nothing is waited for in
    /// between. If it does not, only what the object remembers of it is still to be made right.
    ///
    /// - Returns: false where nothing was written.
    private func replaceAtOnce(
        _ present: PresentObject, by write: ObjectWrite, _ change: TaskChange, revision: Int64
    ) throws(StoreFailure) -> Bool {
        let installation = try installation()
        let update = change.update
        let digest = installation.schema.digest(of: update.expected)
        let statement = update.statement(of: installation.statements, uid: update.mark.uid)
        try later(statement.sql, statement.values)
        try overwrite(
            present, by: write, revision: revision, try agreed(change, as: update.expected, digest))
        try log(.update, task: update.id, uid: write.text.uid)
        do throws(DatabaseError) {
            let isExpected = Statement(
                installation.statements.hasDigest, [.bytes(digest), .int(update.id)])
            if try connection.commit(if: isExpected) { return true }
        } catch {
            // `caldav_uid` is taken, and the first statement was the last to run.
            guard error.isDuplicateKey else { throw .database(error) }
            return false
        }
        guard let row = try taskRow(update.id) else { throw .taskIsGone(update.id) }
        try updateBase(of: present.id, try agreed(change, as: row.row.values, row.digest))
        return true
    }

    /// What a write changes in the row of a task.
    private struct TaskChange {
        var update: TaskUpdate
        /// The columns of which the new version says something else than the one it replaces.
        var columns: ColumnSet
        /// What both agreed on before.
        var base: TaskValues
        /// Whether the new version has an end.
        var hasEnd: Bool
    }

    /// The columns of which the new version says something else than the one it replaces; nil where there
    /// has been no task.
    ///
    /// - Parameter current: what `present` says; nil where it cannot be read.
    private func taskChange(
        of present: PresentObject, _ current: CalendarObject?, _ write: ObjectWrite
    ) throws(StoreFailure) -> TaskChange? {
        guard let id = present.taskID else { return nil }
        var new = try task(of: write.object, write)
        var row = present.row
        if row == nil { row = try taskRow(id, forUpdate: true) }
        guard let before = row else { throw .taskIsGone(id) }
        let installation = try installation()
        let schema = installation.schema
        var changed = new.carried
        if let current {
            let old = try task(of: current, write)
            changed = ColumnSet(
                TaskColumn.allCases.filter {
                    new.carried.contains($0)
                        && (!old.carried.contains($0)
                            || !new.values.isSame(as: old.values, in: $0))
                })
        }
        let mapping = installation.mapping
        let hasEnd = new.values[.end] != nil
        if !hasEnd, let end = mapping.endOfNone(startingAt: new.values[.start]),
            changed.contains(.end) || mapping.statesNoEnd(before.row.values)
        {
            new.values[.end] = end
            changed.insert(.end)
        }
        // As long as the digest is the same, the row is as it was when both agreed.
        let isAsAgreed = !present.digest.isEmpty && present.digest == before.digest
        return TaskChange(
            update: TaskUpdate(
                before.row, to: new.values, changed, mark(of: write, on: before.row),
                schema),
            columns: changed,
            base: isAsAgreed ? before.row.values : TaskValues(decoding: present.base, schema),
            hasEnd: hasEnd)
    }

    /// What the object is to remember of the row that a change made.
    ///
    /// A column that the CRM changed meanwhile, and the client did not, keeps its old base: the next
    /// merge then finds the CRM's value and patches it into the new version.
    private func agreed(
        _ change: TaskChange, as row: TaskValues, _ digest: [UInt8]
    ) throws(StoreFailure) -> Counterpart {
        let installation = try installation()
        var base = change.base
        for column in TaskColumn.allCases where change.columns.contains(column) {
            base[column] = row[column]
        }
        // The CRM's end was not after the start, so the object had none. Where the client moved the
        // start before it, it is one that the object lacks.
        if !change.hasEnd, installation.mapping.showsEnd(row) { base[.end] = nil }
        let agrees = TaskColumn.allCases.allSatisfy { row.isSame(as: base, in: $0) }
        let id = change.update.id
        if !agrees { try notePending(id) }
        return Counterpart(
            taskID: id, base: base.encoded(installation.schema), digest: agrees ? digest : [])
    }
}
