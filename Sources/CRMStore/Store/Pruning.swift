import CalDAV
import MariaDB

// Throwing away what is older than the settings' `Retention`, in small transactions: nobody waits for it.
extension Store {
    /// - Parameter deadline: of `Clock.milliseconds`.
    /// - Returns: whether all that is too old is gone; false where the time was up before.
    func prune(until deadline: Int64) throws(StoreFailure) -> Bool {
        let duties = [
            pruneTombstones, pruneOldTrash, pruneManyVersions, pruneLog, pruneDeliveries,
        ]
        for duty in duties {
            while try duty() {
                if Clock.milliseconds >= deadline { return false }
            }
        }
        return true
    }

    private func time(before days: Int64) -> Int64 { now - days * 86_400 }

    // MARK: Tombstones

    private static let raiseFloors: SQL = """
        UPDATE caldav_calendar_state AS s
          JOIN (SELECT calendar_id, MAX(revision) AS revision FROM caldav_tombstones
                 WHERE removed < ? GROUP BY calendar_id) AS t ON t.calendar_id = s.calendar_id
           SET s.floor = GREATEST(s.floor, t.revision)
        """
    private static let pruneTombstones: SQL =
        "DELETE FROM caldav_tombstones WHERE removed < ? LIMIT 10000"

    /// A token from before a lost tombstone is no longer valid.
    ///
    /// - Returns: whether there may be more.
    private func pruneTombstones() throws(StoreFailure) -> Bool {
        let oldest = Value.int(time(before: settings.retention.tombstoneDays))
        return try connection.transaction { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                _ = try connection.execute(Store.raiseFloors, oldest)
                return try connection.execute(Store.pruneTombstones, oldest).affectedRows >= 10_000
            }
        }
    }

    // MARK: Trash

    private static let pruneTrash: SQL = "DELETE FROM caldav_trash WHERE discarded < ? LIMIT 1000"
    private static let pruneProperties: SQL = """
        DELETE p FROM caldav_properties AS p
          JOIN caldav_trash_calendars AS t ON t.calendar_id = p.calendar_id AND t.discarded < ?
          LEFT JOIN caldav_calendars AS c ON c.id = p.calendar_id
         WHERE c.id IS NULL
        """
    private static let pruneShares: SQL = """
        DELETE g FROM caldav_shares AS g
          JOIN caldav_trash_calendars AS t ON t.calendar_id = g.calendar_id AND t.discarded < ?
          LEFT JOIN caldav_calendars AS c ON c.id = g.calendar_id
         WHERE c.id IS NULL
        """
    private static let pruneCalendars: SQL =
        "DELETE FROM caldav_trash_calendars WHERE discarded < ? LIMIT 1000"

    private func pruneOldTrash() throws(StoreFailure) -> Bool {
        let oldest = Value.int(time(before: settings.retention.trashDays))
        return try database { () throws(DatabaseError) in
            if try connection.execute(Store.pruneTrash, oldest).affectedRows >= 1000 { return true }
            _ = try connection.execute(Store.pruneProperties, oldest)
            _ = try connection.execute(Store.pruneShares, oldest)
            return try connection.execute(Store.pruneCalendars, oldest).affectedRows >= 1000
        }
    }

    private static let crowded: SQL = """
        SELECT calendar_id, name FROM caldav_trash
         GROUP BY calendar_id, name HAVING COUNT(*) > ? LIMIT 50
        """
    private static let lastKept: SQL = """
        SELECT id FROM caldav_trash WHERE calendar_id = ? AND name = ?
         ORDER BY id DESC LIMIT 1 OFFSET ?
        """
    private static let pruneVersions: SQL = """
        DELETE FROM caldav_trash WHERE calendar_id = ? AND name = ? AND id <= ?
        """

    /// Leaves each object its newest versions.
    private func pruneManyVersions() throws(StoreFailure) -> Bool {
        let most = Value.int(settings.retention.trashVersions)
        return try database { () throws(DatabaseError) in
            var objects: [[Value]] = []
            let cursor = try connection.query(Store.crowded, most)
            while try cursor.next() {
                objects.append([Value(cursor.int(0)), Value(cursor.bytes(1).map(Array.init))])
            }
            for object in objects {
                let oldest = try connection.query(Store.lastKept, object + [most])
                guard try oldest.next(), let id = oldest.uint(0) else { continue }
                _ = try connection.execute(Store.pruneVersions, object + [.uint(id)])
            }
            return objects.count >= 50
        }
    }

    // MARK: Log

    private static let oldestOfLog: SQL = """
        SELECT id, sync_timestamp < FROM_UNIXTIME(?) FROM caldav_sync_log ORDER BY id LIMIT 1000
        """

    /// Reads from the oldest on and deletes by id: the log has no index of times, and a deletion that
    /// looks for its rows would lock those of everybody else.
    private func pruneLog() throws(StoreFailure) -> Bool {
        let oldest = Value.int(time(before: settings.retention.logDays))
        return try database { () throws(DatabaseError) in
            var ids: [Value] = []
            let cursor = try connection.query(Store.oldestOfLog, oldest)
            while try cursor.next() {
                if cursor.int(1) == 1 { ids.append(Value(cursor.int(0))) }
            }
            for piece in ids.inStatementChunks() {
                let delete: SQL = """
                    \(SQL.neverWaiting)DELETE FROM caldav_sync_log
                     WHERE id IN (\(SQL.repeated("?", count: piece.count)))
                    """
                do throws(DatabaseError) {
                    _ = try connection.execute(delete, Array(piece))
                } catch  where error.isWorthRetrying {
                    // The CRM is deleting one of their tasks: in an hour.
                    return false
                }
            }
            return ids.count >= 1000
        }
    }
}
