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
        var found = 0
        for range in try differingRanges() {
            found += try mergeFound(
                by: [(statements.scan, []), (statements.scanGone, [])], in: range
            ) { progress(found + $0) }
        }
        return found
    }

    /// The ids among which rows are not as their objects remember them.
    private func differingRanges() throws(StoreFailure) -> [Range<Int64>] {
        let half = TaskStatements.scanHalves.randomElement() ?? 1
        let statement = try installation().statements.scanBlocks
        let size = Int64(TaskStatements.blockSize)
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, .int(half), .int(half))
            var ranges: [Range<Int64>] = []
            while try cursor.next() {
                let (first, isBeyond) = (cursor.int(0) ?? 0).multipliedReportingOverflow(by: size)
                let (end, endsBeyond) = first.addingReportingOverflow(size)
                guard !isBeyond else { continue }
                let range = first..<(endsBeyond ? Int64.max : end)
                if let last = ranges.last, last.upperBound == range.lowerBound {
                    ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
                } else {
                    ranges.append(range)
                }
            }
            return ranges
        }
    }

    private static let allTasks: Range<Int64> = 1..<Int64.max

    /// Merges rows that were written lately, going by `caldav_lastmod`.
    ///
    /// - Parameter seconds: how long ago is lately.
    /// - Returns: how many tasks were found.
    func mergeRows(ofLast seconds: Int64) throws(StoreFailure) -> Int {
        try verifyIfNew()
        return try mergeFound(
            by: [(try installation().statements.scanRecent, [.int(seconds)])], in: Store.allTasks)
    }

    /// Merges, where there are more or fewer rows than objects, what one of the two lacks.
    ///
    /// - Parameter triggersTellOfRows: whether a row without an object needs not be looked for.
    /// - Returns: how many tasks were found.
    func mergeWhereCountsDiffer(triggersTellOfRows: Bool) throws(StoreFailure) -> Int {
        try verifyIfNew()
        let statements = try installation().statements
        let (rows, objects) = try database { () throws(DatabaseError) in
            let cursor = try connection.query(statements.counts)
            return try cursor.next() ? (cursor.int(0) ?? 0, cursor.int(1) ?? 0) : (0, 0)
        }
        // A row that makes no object is one too many for ever: only another difference says something.
        let difference = rows - objects
        guard difference != context.quietDifference.load(ordering: .relaxed) else { return 0 }
        let found =
            rows > objects && !triggersTellOfRows
            ? try scan()
            : try mergeFound(by: [(statements.scanGone, [])], in: Store.allTasks)
        if found == 0 { context.quietDifference.store(difference, ordering: .relaxed) }
        return found
    }

    private func mergeFound(
        by statements: [(sql: SQL, values: [Value])], in range: Range<Int64>,
        _ progress: (Int) -> Void = { _ in }
    ) throws(StoreFailure) -> Int {
        var found = 0
        for (statement, values) in statements {
            var last = range.lowerBound - 1
            while true {
                let ids = try page(statement, after: last, before: range.upperBound, values)
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
            let cursor = try connection.query(statement, [0, .int(.max), 0, .int(.max)])
            return try cursor.next() ? Int(clamping: cursor.int(0) ?? 0) : 0
        }
    }

    private func page(
        _ statement: SQL, after last: Int64, before end: Int64, _ values: [Value]
    ) throws(StoreFailure) -> [Int64] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                statement, [.int(last), .int(end)] + values + [.int(Store.page)])
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
            try remember(tableState())
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
