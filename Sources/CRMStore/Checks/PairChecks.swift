import Glibc
import MariaDB

// Tasks and objects that should be pairs. What the CRM has just written is not a fault: what waits in
// caldav_pending is left out, and what is found is looked at twice.
extension Store {
    private enum Mismatch: CaseIterable {
        case noObject, noTask, different
    }

    /// So many are counted.
    private static let pairsAtMost = 10_000

    func checkPairs() throws(StoreFailure) -> [CheckFinding] {
        var found: [(mismatch: Mismatch, tasks: Set<Int64>)] = []
        for mismatch in Mismatch.allCases {
            let tasks = try tasks(mismatch)
            if !tasks.isEmpty { found.append((mismatch, tasks)) }
        }
        guard !found.isEmpty else { return [] }
        // A worker finds within seconds what no trigger tells it.
        usleep(4_500_000)
        var findings: [CheckFinding] = []
        for (mismatch, tasks) in found {
            let left = tasks.intersection(try self.tasks(mismatch))
            guard !left.isEmpty else { continue }
            findings.append(
                .problem(
                    try sentence(mismatch, left.sorted()),
                    repair: { store throws(StoreFailure) in _ = try store.scan() }))
        }
        return findings
    }

    private func sentence(
        _ mismatch: Mismatch, _ tasks: [Int64]
    ) throws(StoreFailure) -> String {
        var shown = tasks.prefix(5).map { String($0) }.joined(separator: ", ")
        if tasks.count > 5 { shown += ", …" }
        let what =
            switch mismatch {
            case .noObject: "tasks without a calendar object: \(tasks.count) (\(shown))"
            case .noTask: "calendar objects whose task is gone: \(tasks.count) (\(shown))"
            case .different:
                "tasks that differ from their calendar object: \(tasks.count) (\(shown))"
            }
        guard let first = tasks.first, let reason = try lastFailure(of: first) else { return what }
        return "\(what); task \(first): \(reason)"
    }

    private func tasks(_ mismatch: Mismatch) throws(StoreFailure) -> Set<Int64> {
        let schema = try installation().schema
        let table = schema.table
        let isPending: SQL = """
            SELECT p.task_id FROM caldav_pending AS p
             UNION ALL SELECT p.former_id FROM caldav_pending AS p WHERE p.former_id IS NOT NULL
            """
        let statement: SQL =
            switch mismatch {
            case .noObject:
                """
                SELECT t.id FROM \(table) AS t LEFT JOIN caldav_objects AS o ON o.task_id = t.id
                 WHERE o.id IS NULL AND t.id NOT IN (\(isPending)) LIMIT \(Store.pairsAtMost)
                """
            case .noTask:
                """
                SELECT o.task_id FROM caldav_objects AS o LEFT JOIN \(table) AS t ON t.id = o.task_id
                 WHERE o.task_id IS NOT NULL AND t.id IS NULL AND o.task_id NOT IN (\(isPending))
                 LIMIT \(Store.pairsAtMost)
                """
            case .different:
                """
                SELECT t.id FROM caldav_objects AS o JOIN \(table) AS t ON t.id = o.task_id
                 WHERE NOT (o.row_digest <=> \(schema.digest)) AND t.id NOT IN (\(isPending))
                 LIMIT \(Store.pairsAtMost)
                """
            }
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement)
            var tasks: Set<Int64> = []
            while try cursor.next() { tasks.insert(cursor.int(0) ?? 0) }
            return tasks
        }
    }

    private static let failure: SQL = """
        SELECT message FROM caldav_log_queue WHERE task_id = ? AND status = 'failed'
         ORDER BY id DESC LIMIT 1
        """
    private static let loggedFailure: SQL = """
        SELECT error_message FROM caldav_sync_log WHERE task_id = ? AND sync_status = 'failed'
         ORDER BY id DESC LIMIT 1
        """

    private func lastFailure(of task: Int64) throws(StoreFailure) -> String? {
        try database { () throws(DatabaseError) in
            for statement in [Store.failure, Store.loggedFailure] {
                let cursor = try connection.query(statement, .int(task))
                if try cursor.next(), let reason = cursor.string(0) { return reason }
            }
            return nil
        }
    }
}
