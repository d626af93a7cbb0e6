import CalDAV
import ICalendar
import MariaDB

// A PUT without If-Match may overwrite what its sender never saw: what the CRM or somebody else wrote
// since the sender's own last write. Which of the versions since then the sender began with is told
// by SEQUENCE and, where that leaves a choice, by which it differs from least.
extension Store {
    /// Who replaced a version by merging: nobody has seen what came of it.
    static let mergeActor = "merge"

    /// Older versions, newest first.
    private static let candidates: SQL = """
        SELECT icalendar, actor FROM caldav_trash
         WHERE calendar_id = ? AND name = ? AND reason = 'overwritten' ORDER BY id DESC LIMIT 500
        """
    /// So much of them is read, in bytes.
    private static let candidateBytes = 32 << 20

    /// What a write becomes once the changes that its sender had not seen are in it.
    ///
    /// - Parameter current: the version that is there; nil for one that cannot be read.
    /// - Returns: nil where there are none.
    func mergedWithUnseen(
        _ incoming: CalendarObject, over current: CalendarObject?, name: String,
        in calendar: Int64, by sender: String
    ) throws(StoreFailure) -> CalendarObject? {
        guard let current, incoming.sequence <= current.sequence else { return nil }
        var base = current
        var least =
            incoming.sequence == current.sequence
            ? ThreeWayMerge.differences(incoming, current) : Int.max
        var oldest: CalendarObject?
        try forEachVersionOthersReplaced(name, in: calendar, sender: sender) { text in
            guard let kept = try? CalendarObject(parsing: text), kept.uid == incoming.uid else {
                return
            }
            oldest = kept
            guard kept.sequence <= incoming.sequence else { return }
            let differences = ThreeWayMerge.differences(incoming, kept)
            if differences < least { (base, least) = (kept, differences) }
        }
        // None is as old as what the sender began with: the oldest comes nearest to it.
        if least == .max, let oldest { base = oldest }
        return ThreeWayMerge(base: base, others: current).merged(into: incoming, now: now)
    }

    /// Calls `body` with the versions that others than the sender replaced since the sender's own last
    /// write, which it knows; newest first.
    private func forEachVersionOthersReplaced(
        _ name: String, in calendar: Int64, sender: String, _ body: ([UInt8]) -> Void
    ) throws(StoreFailure) {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.candidates, [.int(calendar), .bytes(Array(name.utf8))], streaming: true)
            defer { cursor.close() }
            var left = Store.candidateBytes
            while left > 0, try cursor.next(), cursor.string(1) != sender {
                let text = cursor.bytes(0).map(Array.init) ?? []
                left -= text.count
                body(text)
            }
        }
    }
}
