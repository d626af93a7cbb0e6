package import CalDAV
import MariaDB
import Synchronization

/// What the objects of calendars add up to, as this process last saw it: true for as long as the
/// calendar's revision is the same, since every change of an object takes a new one.
final class KnownSizes: Sendable {
    private struct Sum {
        var revision: Int64
        var bytes: Int64
    }

    private let sums = Mutex<[Int64: Sum]>([:])

    /// Nil where it has to be added up.
    func bytes(in calendar: CalendarRecord) -> Int64? {
        sums.withLock { sums in
            guard let known = sums[calendar.id], known.revision == calendar.revision else {
                return nil
            }
            return known.bytes
        }
    }

    func note(_ bytes: Int64, in calendar: Int64, at revision: Int64) {
        sums.withLock { $0[calendar] = Sum(revision: revision, bytes: bytes) }
    }
}

extension Store {
    private static let sizes = listSizes.map(sizes)

    /// Sums with the revisions that they are of. Parameters: so many calendars.
    private static func sizes(_ count: Int) -> SQL {
        """
        SELECT s.calendar_id, s.revision, CAST(COALESCE(SUM(o.size), 0) AS SIGNED)
          FROM caldav_calendar_state AS s
          LEFT JOIN caldav_objects AS o FORCE INDEX (changes) ON o.calendar_id = s.calendar_id
         WHERE s.calendar_id IN (\(SQL.repeated("?", count: count))) GROUP BY s.calendar_id
        """
    }

    package func usedBytes(
        in calendars: [CalendarRecord]
    ) throws(StorageError) -> [Int64: Int64] {
        var bytes: [Int64: Int64] = [:]
        for calendar in calendars { bytes[calendar.id] = context.sizes.bytes(in: calendar) }
        let unknown = calendars.map(\.id).filter { bytes[$0] == nil }
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                for piece in unknown.inPaddedPieces(of: Store.listSizes) {
                    let cursor = try connection.query(
                        Store.sizes[piece.size], piece.elements.map { .int($0) })
                    while try cursor.next() {
                        let (calendar, sum) = (cursor.int(0) ?? 0, cursor.int(2) ?? 0)
                        context.sizes.note(sum, in: calendar, at: cursor.int(1) ?? 0)
                        bytes[calendar] = sum
                    }
                }
            }
        }
        return bytes
    }
}
