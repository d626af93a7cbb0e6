import CalDAV
import ICalendar
import MariaDB

extension Store {
    /// Takes over what the CRM did to some tasks, and removes what was pending for them.
    ///
    /// A batch that meets a row which the CRM holds, or a value that the database refuses, is done
    /// again task by task, so that one stops no other. What cannot be done now stays pending.
    ///
    /// - Parameter deadline: in milliseconds; a batch that is done again stops there.
    func merge(
        _ ids: [Int64], pending: [Int64: [UInt64]], until deadline: Int64 = .max
    ) throws(StoreFailure) {
        do throws(StoreFailure) {
            try mergeAtOnce(ids, pending: pending, avoiding: .nothing)
        } catch {
            if let failure = error.databaseError {
                if failure.isUnavailable { throw error }
                if failure.isNoSuchColumn || failure.isNoSuchTable { context.forgetInstallation() }
            }
            if case .storage(.unavailable) = error { throw error }
            if ids.count > 1 {
                for id in ids where Clock.milliseconds < deadline {
                    try merge([id], pending: pending)
                }
            } else if let id = ids.first {
                try mergeOrRecord(id, after: error, pending: pending)
            }
        }
    }

    /// Puts the object of a task where a new one would be put. One that cannot go there now stays.
    func move(_ task: Int64) throws(StoreFailure) {
        do throws(StoreFailure) {
            try mergeAtOnce([task], pending: [:], avoiding: .nothing, placing: .anew)
        } catch {
            if error.databaseError?.isUnavailable != false { throw error }
            try mergeOrRecord(task, after: error, pending: [:], placing: .anew)
        }
    }

    /// Merges a task by itself, after all: what is taken is avoided.
    private func mergeOrRecord(
        _ id: Int64, after error: StoreFailure, pending: [Int64: [UInt64]],
        placing: ObjectPlacing = .asTheCRMChanged
    ) throws(StoreFailure) {
        var error = error
        for conflict in [TakenNames.names, .uids]
        where error.databaseError?.isDuplicateKey == true {
            do throws(StoreFailure) {
                return try mergeAtOnce(
                    [id], pending: pending, avoiding: conflict, placing: placing)
            } catch let next {
                error = next
            }
        }
        if error.databaseError?.isUnavailable == true { throw error }
        if error.databaseError?.isWorthRetrying != true {
            try recordFailure(of: id, error.reason, pending: pending[id] ?? [])
        }
    }

    private func mergeAtOnce(
        _ ids: [Int64], pending: [Int64: [UInt64]], avoiding taken: TakenNames,
        placing: ObjectPlacing = .asTheCRMChanged
    ) throws(StoreFailure) {
        var placing = placing
        placing.renewsUIDs = taken == .uids
        let plan = try plan(ids, placing: placing)
        for failure in plan.failures {
            try recordFailure(of: failure.task, failure.reason, uid: failure.uid, pending: [])
        }
        let entries = ids.flatMap { pending[$0] ?? [] }
        guard !plan.steps.isEmpty else { return try removePending(entries) }
        try connection.transaction(retries: 0) { () throws(StoreFailure) in
            let skipped = try carryOut(plan.steps, avoiding: taken)
            try removePending(ids.filter { !skipped.contains($0) }.flatMap { pending[$0] ?? [] })
        }
    }

    /// A row that changed since the plan was made is left alone, its new change being noticed too: to
    /// write what it was would undo what somebody else may have merged meanwhile and found unchanged.
    ///
    /// - Returns: tasks that changed once more since the plan was made.
    private func carryOut(
        _ steps: [TaskMerge.Step], avoiding taken: TakenNames
    ) throws(StoreFailure) -> Set<Int64> {
        var revisions = try takeRevisions(for: steps)
        let current = try currentRevisions(of: steps.map(\.task))
        let locked = try lockTasks(steps.map(\.task).sorted())
        var writer = MergeWriter(
            now: now,
            mark: taken == .nothing ? "" : "-" + Digest.hex(Digest.random(count: 6)))
        var skipped: Set<Int64> = []
        let installation = try installation()
        for step in steps {
            switch step.action {
            case .add(let row, let calendar, let revived):
                guard current[step.task] == nil, locked[step.task] == row.digestAsRead else {
                    skipped.insert(step.task)
                    continue
                }
                try writer.add(
                    row, to: calendar, again: revived,
                    revision: revisions.next(of: calendar.id), installation)
            case .change(let mirror, let row, let text, let destination):
                guard current[step.task] == mirror.revision,
                    locked[step.task] == row.digestAsRead
                else {
                    skipped.insert(step.task)
                    continue
                }
                try writer.change(
                    mirror, row, text, to: destination, &revisions, installation)
            case .remove(let mirror):
                // A row of that id may be there again.
                guard current[step.task] == mirror.revision, locked[step.task] == nil else {
                    skipped.insert(step.task)
                    continue
                }
                writer.remove(mirror, revision: revisions.next(of: mirror.calendarID))
            }
        }
        try write(writer)
        return skipped
    }

    /// Locks the calendars that a batch touches, in ascending order, each with as many revisions as
    /// its changes need.
    private func takeRevisions(for steps: [TaskMerge.Step]) throws(StoreFailure) -> RevisionRanges {
        var counts: [Int64: Int] = [:]
        for step in steps {
            switch step.action {
            case .add(_, let calendar, _): counts[calendar.id, default: 0] += 1
            case .remove(let mirror): counts[mirror.calendarID, default: 0] += 1
            case .change(let mirror, _, let text, let destination):
                // None where only what is remembered of the row changes; the calendar is locked even so.
                let isSeen = text.isNew || destination != nil
                counts[mirror.calendarID, default: 0] += isSeen ? 1 : 0
                if let destination { counts[destination.id, default: 0] += 1 }
            }
        }
        var ranges = RevisionRanges()
        for (calendar, count) in counts.sorted(by: { $0.key < $1.key }) {
            let last = try takeRevisions(count, of: calendar)
            ranges.add(calendar, from: last - Int64(count) + 1)
        }
        return ranges
    }

    private func currentRevisions(of tasks: [Int64]) throws(StoreFailure) -> [Int64: Int64] {
        var revisions: [Int64: Int64] = [:]
        for piece in tasks.inStatementChunks() {
            let select: SQL = """
                SELECT task_id, revision FROM caldav_objects
                 WHERE task_id IN (\(SQL.repeated("?", count: piece.count)))
                """
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(select, piece.map { .int($0) })
                while try cursor.next() { revisions[cursor.int(0) ?? 0] = cursor.int(1) }
            }
        }
        return revisions
    }

    /// Locks the rows that are there, without waiting for the CRM.
    ///
    /// - Parameter ids: in ascending order.
    /// - Returns: their digests, by id.
    func lockTasks(_ ids: [Int64]) throws(StoreFailure) -> [Int64: [UInt8]] {
        let statements = try installation().statements
        var locked: [Int64: [UInt8]] = [:]
        for piece in ids.inStatementChunks() {
            guard let statement = statements.lock[piece.count] else { continue }
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(statement, piece.map { .int($0) })
                while try cursor.next() {
                    locked[cursor.int(0) ?? 0] = cursor.bytes(1).map(Array.init) ?? []
                }
            }
        }
        return locked
    }

    // MARK: Failures

    /// Writes a `failed` row into the log. The object stays served as it was; the next change of the
    /// task is tried again.
    private func recordFailure(
        of task: Int64, _ reason: String, uid: String = "", pending: [UInt64]
    ) throws(StoreFailure) {
        guard context.failures.isNew(task: task, reason: reason) else {
            return try removePending(pending)
        }
        try connection.transaction { () throws(StoreFailure) in
            try log(.update, task: task, uid: uid, failure: reason)
            try removePending(pending)
        }
    }
}

/// What a task that could not be merged gives up, so that it can be.
enum TakenNames {
    case nothing
    /// Its object's own name and `caldav_uid`: they get some random digits.
    case names
    /// Its object's UID as well, where the CRM moved it to a calendar in which another object has it:
    /// whoever has two such tasks now is to see both.
    case uids
}

/// The revisions that a merge has taken of each calendar, given out one by one.
struct RevisionRanges {
    private var nextOf: [Int64: Int64] = [:]

    mutating func add(_ calendar: Int64, from first: Int64) { nextOf[calendar] = first }

    mutating func next(of calendar: Int64) -> Int64 {
        let revision = nextOf[calendar] ?? 0
        nextOf[calendar] = revision + 1
        return revision
    }
}
