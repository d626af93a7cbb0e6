import CalDAV
import ICalendar
import MariaDB

// A row that the CRM deleted may be there again: a restored dump, an import that empties the table and
// fills it anew. Its object is in the trash, with all that no column holds.
extension Store {
    private struct KeptObject {
        var calendar: Int64
        var name: String
        var content: [UInt8]
        var base: [UInt8]
    }

    /// The objects that rows without one had before the CRM deleted them, as the rows are now.
    ///
    /// A row says that it had one by its `caldav_uid`.
    func revivedObjects(of rows: [ReadTaskRow]) throws(StoreFailure) -> [Int64: RevivedObject] {
        let returned = rows.filter { $0.row.uid?.isEmpty == false }
        guard !returned.isEmpty else { return [:] }
        let kept = try keptObjects(of: returned.map(\.row.id))
        let installation = try installation()
        var revived: [Int64: RevivedObject] = [:]
        for read in returned {
            guard let kept = kept[read.row.id],
                var object = try? CalendarObject(parsing: kept.content),
                [
                    Store.columnUID(object.uid, calendar: kept.calendar),
                    Store.derivedUID(object.uid, calendar: kept.calendar),
                ].contains(read.row.uid)
            else { continue }
            var read = read
            let base = TaskValues(decoding: kept.base, installation.schema)
            let patch = installation.mapping.patch(
                &object, from: base, to: read.row, floating: context.zone, now: now)
            if patch == .changedOccurrence { read.returnStatus(of: base) }
            let bytes = patch == .nothing ? kept.content : object.serialized()
            revived[read.row.id] = RevivedObject(
                name: kept.name, row: read,
                text: ObjectText(object, bytes: bytes, floating: context.zone))
        }
        return revived
    }

    private func keptObjects(of tasks: [Int64]) throws(StoreFailure) -> [Int64: KeptObject] {
        var kept: [Int64: KeptObject] = [:]
        for piece in tasks.inStatementChunks() {
            let select: SQL = """
                SELECT task_id, calendar_id, name, icalendar, task FROM caldav_trash
                 WHERE task_id IN (\(SQL.repeated("?", count: piece.count)))
                   AND reason = 'deleted' AND actor = 'CRM' AND task IS NOT NULL
                 ORDER BY id
                """
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(select, piece.map { .int($0) })
                while try cursor.next() {
                    func bytes(_ column: Int) -> [UInt8] {
                        cursor.bytes(column).map(Array.init) ?? []
                    }
                    // The newest of a task is the last.
                    kept[cursor.int(0) ?? 0] = KeptObject(
                        calendar: cursor.int(1) ?? 0, name: cursor.string(2) ?? "",
                        content: bytes(3), base: bytes(4))
                }
            }
        }
        return kept
    }
}

/// What the object of a row that is there again is to be.
struct RevivedObject {
    var name: String
    var row: ReadTaskRow
    var text: ObjectText
}
