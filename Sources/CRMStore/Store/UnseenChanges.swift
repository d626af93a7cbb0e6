import CalDAV
import ICalendar
import MariaDB

// A PUT without If-Match may overwrite what its sender never saw. Which version the sender began with
// is told by SEQUENCE and, where that leaves a choice, by which kept version it differs from least.
extension Store {
    /// Older versions that are looked at.
    private static let candidates: SQL = """
        SELECT icalendar FROM caldav_trash
         WHERE calendar_id = ? AND name = ? AND reason = 'overwritten' ORDER BY id DESC LIMIT 20
        """

    /// What a write becomes once the changes that its sender had not seen are in it.
    ///
    /// - Returns: nil where there are none.
    func mergedWithUnseen(
        _ incoming: CalendarObject, over present: PresentObject, name: String, in calendar: Int64
    ) throws(StoreFailure) -> CalendarObject? {
        guard let current = try? CalendarObject(parsing: present.content),
            incoming.sequence <= current.sequence
        else { return nil }
        var base = current
        var least =
            incoming.sequence == current.sequence
            ? ThreeWayMerge.differences(incoming, current) : Int.max
        for text in try keptVersions(name, in: calendar) {
            guard let kept = try? CalendarObject(parsing: text), kept.uid == incoming.uid,
                kept.sequence <= incoming.sequence
            else { continue }
            let differences = ThreeWayMerge.differences(incoming, kept)
            if differences < least { (base, least) = (kept, differences) }
        }
        return ThreeWayMerge(base: base, others: current).merged(into: incoming, now: now)
    }

    private func keptVersions(
        _ name: String, in calendar: Int64
    ) throws(StoreFailure) -> [[UInt8]] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.candidates, .int(calendar), .bytes(Array(name.utf8)))
            var versions: [[UInt8]] = []
            while try cursor.next() { versions.append(cursor.bytes(0).map(Array.init) ?? []) }
            return versions
        }
    }
}
