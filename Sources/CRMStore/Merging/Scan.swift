import MariaDB
import Synchronization

// The scan compares rows with what objects remember of them. It finds what no trigger tells: rows
// that were deleted, by a foreign key's cascade too, a restored dump, a swapped table, and everything
// where triggers may not be.
extension Store {
    /// How many ids one statement of the scan brings.
    private static let page: Int64 = 500

    /// Merges every task whose object, if any, is not as the row is.
    ///
    /// - Parameter progress: told after each page how many tasks were found so far.
    /// - Returns: how many tasks were found.
    func scan(progress: (Int) -> Void = { _ in }) throws(StoreFailure) -> Int {
        try verifyIfNew()
        let statements = try installation().statements
        return try mergeFound(by: [(statements.scan, []), (statements.scanGone, [])], progress)
    }

    /// Merges what is cheap to find: rows that were written lately, going by `caldav_lastmod`, and,
    /// where there are more or fewer rows than objects, those that one of the two lacks.
    ///
    /// - Parameter seconds: how long ago is lately; nil where triggers tell of such rows.
    /// - Returns: how many tasks were found.
    func look(forRowsOfLast seconds: Int64?) throws(StoreFailure) -> Int {
        try verifyIfNew()
        let statements = try installation().statements
        var found = 0
        if let seconds {
            found = try mergeFound(by: [(statements.scanRecent, [.int(seconds)])])
        }
        let (rows, objects) = try database { () throws(DatabaseError) in
            let cursor = try connection.query(statements.counts)
            return try cursor.next() ? (cursor.int(0) ?? 0, cursor.int(1) ?? 0) : (0, 0)
        }
        // A row that makes no object is one too many for ever: only another difference says something.
        let difference = rows - objects
        guard difference != context.quietDifference.load(ordering: .relaxed) else { return found }
        let lacking =
            rows > objects && seconds != nil
            ? try scan() : try mergeFound(by: [(statements.scanGone, [])])
        if lacking == 0 { context.quietDifference.store(difference, ordering: .relaxed) }
        return found + lacking
    }

    private func mergeFound(
        by statements: [(sql: SQL, values: [Value])], _ progress: (Int) -> Void = { _ in }
    ) throws(StoreFailure) -> Int {
        var found = 0
        for (statement, values) in statements {
            var last: Int64 = 0
            while true {
                let ids = try page(statement, after: last, values)
                guard let newest = ids.last else { break }
                last = newest
                for piece in ids.inPieces(of: TaskMerge.batchSize) {
                    try merge(Array(piece), pending: [:])
                }
                found += ids.count
                progress(found)
            }
        }
        return found
    }

    /// How many tasks the scan would find.
    func differenceCount() throws(StoreFailure) -> Int {
        let statement = try installation().statements.scanCount
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, 0, 0)
            return try cursor.next() ? Int(clamping: cursor.int(0) ?? 0) : 0
        }
    }

    private func page(
        _ statement: SQL, after last: Int64, _ values: [Value]
    ) throws(StoreFailure) -> [Int64] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                statement, [.int(last)] + values + [.int(Store.page)])
            var ids: [Int64] = []
            while try cursor.next() { ids.append(cursor.int(0) ?? 0) }
            return ids
        }
    }
}

extension Store {
    /// Makes objects of all tasks that have none: the last step of `migrate`.
    ///
    /// - Returns: how many tasks were taken over.
    package func adoptTasks(
        progress: (_ done: Int, _ total: Int) -> Void
    ) throws(StoreAdoptionError) -> Int {
        do throws(StoreFailure) {
            let total = try differenceCount()
            // The CRM may have made some more meanwhile.
            return try scan { progress($0, max($0, total)) }
        } catch {
            throw StoreAdoptionError(reason: "\(error.storageError)")
        }
    }
}

/// Why existing tasks could not all be taken over; running `migrate` again goes on where it stopped.
package struct StoreAdoptionError: Error {
    package let reason: String
}
