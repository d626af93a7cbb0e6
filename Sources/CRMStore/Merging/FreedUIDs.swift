import CalDAV
import MariaDB

// `caldav_uid` is unique, a meeting is in the calendars of several people: where one task has the UID, the
// others have a value that is derived from it. When the one that has it is gone, another one gets it.
extension Store {
    /// A task whose `caldav_uid` is not the UID of its object.
    private struct Candidate {
        var task: Int64
        var object: Int64
        var present: String
        var uid: String
    }

    /// Rows that one pass looks at.
    private static let candidatesInPass: Int64 = 500
    private static let derivedPrefix = "caldav-"

    /// Gives UIDs that no task has to the oldest object each that has one, for a bounded number of tasks.
    ///
    /// - Parameter last: the value up to which the pass before looked; the end of this one afterwards.
    /// - Returns: how many tasks got theirs.
    func giveFreedUIDs(after last: inout String) throws(StoreFailure) -> Int {
        let found = try candidates(after: &last)
        var oldest: [String: Candidate] = [:]
        for candidate in found {
            // The column may not tell letter cases apart.
            let key = candidate.uid.lowercased()
            if let other = oldest[key], other.object < candidate.object { continue }
            oldest[key] = candidate
        }
        let taken = try taken(among: oldest.values.map(\.uid))
        var given = 0
        for (key, candidate) in oldest.sorted(by: { $0.key < $1.key }) where !taken.contains(key) {
            if try give(candidate) { given += 1 }
        }
        return given
    }

    private func candidates(after last: inout String) throws(StoreFailure) -> [Candidate] {
        let tasks = try installation().schema.table
        let select: SQL = """
            SELECT t.id, o.id, t.caldav_uid, o.uid
              FROM \(tasks) AS t STRAIGHT_JOIN caldav_objects AS o ON o.task_id = t.id
             WHERE t.caldav_uid > ? AND t.caldav_uid LIKE 'caldav-%'
             ORDER BY t.caldav_uid LIMIT ?
            """
        let start = last.isEmpty ? Store.derivedPrefix : last
        let rows = try database { () throws(DatabaseError) in
            let cursor = try connection.query(select, .text(start), .int(Store.candidatesInPass))
            var rows: [Candidate] = []
            while try cursor.next() {
                guard let task = cursor.int(0), let object = cursor.int(1),
                    let present = cursor.string(2), let uid = cursor.string(3)
                else { continue }
                rows.append(Candidate(task: task, object: object, present: present, uid: uid))
            }
            return rows
        }
        last = rows.count < Store.candidatesInPass ? "" : rows.last?.present ?? ""
        // Some UIDs the column cannot hold.
        return rows.filter { row in
            !row.uid.hasSameBytes(as: row.present)
                && Store.columnUID(row.uid, calendar: 0).hasSameBytes(as: row.uid)
        }
    }

    /// Those of the UIDs that a task has, in lower case.
    private func taken(among uids: [String]) throws(StoreFailure) -> Set<String> {
        let tasks = try installation().schema.table
        var taken: Set<String> = []
        for piece in uids.inPaddedPieces(of: Store.listSizes) {
            let select: SQL = """
                SELECT t.caldav_uid FROM \(tasks) AS t
                 WHERE t.caldav_uid IN (\(SQL.repeated("?", count: piece.elements.count)))
                """
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(select, piece.elements.map { .text($0) })
                while try cursor.next() {
                    if let uid = cursor.string(0) { taken.insert(uid.lowercased()) }
                }
            }
        }
        return taken
    }

    /// - Returns: false where somebody was faster, or holds the row: another pass tries again.
    private func give(_ candidate: Candidate) throws(StoreFailure) -> Bool {
        let schema = try installation().schema
        let update: SQL = """
            \(SQL.neverWaiting)UPDATE \(schema.table) AS t
               SET t.caldav_uid = ?\(schema.keepingUpdateTimes)
             WHERE t.id = ? AND t.caldav_uid = ?
            """
        do throws(DatabaseError) {
            let values: [Value] = [
                .text(candidate.uid), .int(candidate.task), .text(candidate.present),
            ]
            return try connection.execute(update, values).affectedRows == 1
        } catch  where error.isDuplicateKey || error.isWorthRetrying {
            return false
        } catch {
            throw .database(error)
        }
    }
}
