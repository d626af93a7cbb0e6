package import CalDAV
import Glibc
import MariaDB

// What the triggers noted: `caldav_pending`, an id of a task for each statement of the CRM's that
// touched it.
extension Store {
    /// How much of the backlog one request takes over before it answers; the rest goes on in the
    /// background.
    private static let tasksPerRequest = 300
    private static let millisecondsPerRequest: Int64 = 300

    private static let note: SQL = "INSERT INTO caldav_pending (task_id) VALUES (?)"
    private static let oldest: SQL = """
        SELECT id, task_id, former_id FROM caldav_pending WHERE id > ? ORDER BY id LIMIT ?
        """
    private static let withoutFormer: SQL = """
        UPDATE caldav_pending SET former_id = NULL WHERE id = ? AND former_id = ?
        """
    private static let range: SQL = "SELECT MIN(id), MAX(id) FROM caldav_pending"
    private static let any: SQL = "SELECT EXISTS (SELECT 1 FROM caldav_pending)"

    /// Notes a task as the triggers do, in the running transaction.
    func notePending(_ task: Int64) throws(StoreFailure) {
        try later(Store.note, [.int(task)])
    }

    package func mergePendingChanges() throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            guard context.merging.begin() else { return waitForRunningMerge() }
            defer { context.merging.end() }
            do throws(StoreFailure) {
                try mergePending(
                    tasks: Store.tasksPerRequest,
                    until: Clock.milliseconds + Store.millisecondsPerRequest)
            } catch .storage(.failed) {
                // What cannot be merged stops nobody who asks for what can; the housekeeper meets the
                // same failure and reports it.
            }
        }
    }

    /// Another thread is at it: what it has committed in a moment is served.
    private func waitForRunningMerge() {
        let deadline = Clock.milliseconds + Store.millisecondsPerRequest
        while context.merging.isRunning, Clock.milliseconds < deadline { usleep(2_000) }
    }

    /// Merges what is pending, oldest first; of a long backlog what stands behind some place in it.
    /// Processes that merged the same tasks at once would do it in vain.
    ///
    /// - Returns: whether something may be left that is worth another call at once; not where all that
    ///   was met is held by the CRM.
    @discardableResult
    func mergePending(tasks limit: Int, until deadline: Int64) throws(StoreFailure) -> Bool {
        // What stays behind, because the CRM holds the row, is passed over: the next call begins anew.
        var merged = 0
        let before = removedEntries
        try verifyIfNew()
        var batch = try pending(after: 0)
        var skipsSome = false
        if batch.count == Store.entriesAtOnce, let place = try somewhereInBacklog() {
            batch = try pending(after: place)
            skipsSome = true
        }
        while let newest = batch.last?.id, merged < limit, Clock.milliseconds < deadline {
            var entries: [Int64: [UInt64]] = [:]
            for entry in batch { entries[entry.task, default: []].append(entry.id) }
            for piece in entries.keys.sorted().inPieces(of: TaskMerge.batchSize) {
                try merge(Array(piece), pending: entries, until: deadline)
                merged += piece.count
                if Clock.milliseconds >= deadline { return removedEntries > before }
            }
            batch = try pending(after: newest)
        }
        return (skipsSome || !batch.isEmpty) && removedEntries > before
    }

    /// How many entries one statement brings.
    private static let entriesAtOnce = 4 * TaskMerge.batchSize

    /// An id behind which there may be entries; nil for a backlog that is soon done.
    private func somewhereInBacklog() throws(StoreFailure) -> UInt64? {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.range)
            guard try cursor.next(), let oldest = cursor.uint(0), let newest = cursor.uint(1),
                newest - oldest > UInt64(10 * Store.entriesAtOnce)
            else { return nil }
            return .random(in: oldest..<newest)
        }
    }

    private struct PendingEntry {
        var id: UInt64
        var task: Int64
        /// What the task's id was before, where an UPDATE gave it another.
        var formerTask: Int64?
    }

    private func pending(after last: UInt64) throws(StoreFailure) -> [PendingEntry] {
        let entries = try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.oldest, .uint(last), .int(Int64(Store.entriesAtOnce)))
            var entries: [PendingEntry] = []
            while try cursor.next() {
                var entry = PendingEntry(id: cursor.uint(0) ?? 0, task: cursor.int(1) ?? 0)
                if let former = cursor.int(2), former != entry.task { entry.formerTask = former }
                entries.append(entry)
            }
            return entries
        }
        guard entries.contains(where: { $0.formerTask != nil }) else { return entries }
        for entry in entries { try splitIfOfTwo(entry) }
        return try pending(after: last)
    }

    /// Notes both ids of a task whose id was changed: each is merged, or has to wait, by itself.
    private func splitIfOfTwo(_ entry: PendingEntry) throws(StoreFailure) {
        guard let former = entry.formerTask else { return }
        try connection.transaction { () throws(StoreFailure) in
            let outcome = try database { () throws(DatabaseError) in
                try connection.execute(Store.withoutFormer, .uint(entry.id), .int(former))
            }
            // Another process may have been faster.
            if outcome.affectedRows == 1 { try notePending(former) }
        }
    }

    func hasPending() throws(StoreFailure) -> Bool {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.any)
            return try cursor.next() && cursor.int(0) == 1
        }
    }

    /// Removes entries by their exact ids: a range would lock out the CRM's next insert.
    ///
    /// Not by IN: of a short table the server would read every row and wait for those that the CRM
    /// is just inserting, which may in turn wait for the tasks that we hold.
    func removePending(_ ids: [UInt64]) throws(StoreFailure) {
        for piece in ids.inStatementChunks() {
            let delete: SQL = """
                \(SQL.neverWaiting)DELETE p FROM (\(SQL.list(of: piece.count))) AS v
                  STRAIGHT_JOIN caldav_pending AS p FORCE INDEX (PRIMARY) ON p.id = v.id
                """
            removedEntries += try database { () throws(DatabaseError) in
                try connection.execute(delete, piece.map { .uint($0) }).affectedRows
            }
        }
    }
}

extension Array {
    func inPieces(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
