package import CalDAV
import MariaDB

/// What came of restoring a calendar.
package struct RestoredCalendar: Sendable {
    package let owner: String
    package let uri: String
    package internal(set) var restored = 0
    /// Versions that stay in the trash, each with the reason.
    package internal(set) var failures: [(entry: Int64, reason: String)] = []
}

extension Store {
    /// Brings a deleted calendar back with all its objects and their tasks.
    ///
    /// Its objects come back one by one. One that cannot stays in the trash and with it the calendar's
    /// entry there, so that the same again goes on. Where another calendar has taken the address, the
    /// objects go there.
    package func restore(
        _ trashed: TrashedCalendar, by actor: String, progress: (_ done: Int) -> Void = { _ in }
    ) throws(StorageError) -> RestoredCalendar {
        try atTheEdge { () throws(StoreFailure) in
            try verifyIfNew()
            let calendar = try makeCalendar(of: trashed)
            var result = RestoredCalendar(owner: calendar.owner, uri: calendar.uri)
            var last: Int64 = 0
            while case let page = try trashEntries(ofBatch: trashed.id, after: last),
                let newest = page.last
            {
                last = newest.id
                for entry in page {
                    try restore(entry, into: calendar, by: actor, noting: &result)
                }
                progress(result.restored)
            }
            if result.failures.isEmpty { try forget(trashed) }
            return result
        }
    }

    private func restore(
        _ entry: TrashEntry, into calendar: CalendarRecord, by actor: String,
        noting result: inout RestoredCalendar
    ) throws(StoreFailure) {
        do throws(StoreFailure) {
            _ = try restore(entry, into: calendar, by: actor)
            result.restored += 1
        } catch {
            guard case .refused(let reason) = error.storageError else { throw error }
            result.failures.append((entry.id, reason))
        }
    }

    private static let forget: SQL = "DELETE FROM caldav_trash_calendars WHERE id = ?"

    private func forget(_ trashed: TrashedCalendar) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in
            try connection.execute(Store.forget, .int(trashed.id))
        }
    }

    // MARK: The calendar itself

    private static let insert: SQL = """
        INSERT INTO caldav_calendars (id, \(names)) VALUES (?, \(parameters))
        """
    private static let names = TaskSchema.joined(
        calendarColumns.map { "\($0.identifier)" }, by: ", ")
    private static let parameters = TaskSchema.joined(calendarColumns.map(\.parameter), by: ", ")
    private static let invalidateTokens: SQL = """
        UPDATE caldav_calendar_state SET floor = revision WHERE calendar_id = ?
        """

    /// The calendar under its old id, whose state row goes on where it was.
    ///
    /// Tombstones of before are gone: no client's old token is valid.
    private func makeCalendar(of trashed: TrashedCalendar) throws(StoreFailure) -> CalendarRecord {
        func find() throws(StoreFailure) -> CalendarRecord? {
            try calendarForRestoring(
                id: trashed.calendarID, owner: trashed.owner, uri: trashed.uri)
        }
        if let present = try find() { return present }
        let kept = Dictionary(
            KeptColumns.decoded(trashed.columns).map { ($0.name, $0.value) },
            uniquingKeysWith: { one, _ in one })
        let values = Store.calendarColumns.map { Value(kept[$0.name] ?? nil) }
        return try connection.transaction { () throws(StoreFailure) in
            do throws(DatabaseError) {
                _ = try connection.execute(Store.insert, [.int(trashed.calendarID)] + values)
            } catch  where error.isDuplicateKey {
                throw .storage(
                    .refused(
                        "a calendar is there whose address differs from "
                            + "\(trashed.owner)/\(trashed.uri) in case alone"))
            } catch {
                throw .database(error)
            }
            // Reading it makes the state row where there is none.
            guard let calendar = try find() else {
                throw .storage(.failed("the restored calendar \(trashed.calendarID) is not there"))
            }
            _ = try takeRevisions(of: calendar.id)
            _ = try database { () throws(DatabaseError) in
                try connection.execute(Store.invalidateTokens, .int(calendar.id))
            }
            return calendar
        }
    }
}
