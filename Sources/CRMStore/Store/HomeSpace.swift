package import CalDAV
import MariaDB
import Synchronization

// How many bytes a home may have. All texts count that clients or the CRM have put there, and the versions
// of them in the trash; what the CRM does is never refused.

/// What this process may write into homes before it adds up anew what they hold.
///
/// Adding up takes longer the more a home holds, so it is not done for each write: a process takes a
/// small share of the space that is left, a megabyte at most, and counts what it writes against that. Near
/// the bound a share is a few objects. So processes beside each other exceed the bound by their last
/// shares at most, which is about what they have in hand at once anyway.
final class HomeAllowances: Sendable {
    private struct Share {
        var bytes: Int64
        /// When it has to be added up anew, in seconds since 1970.
        var until: Int64
        /// Whether more than `bytes` is refused without adding up.
        var isFull: Bool
    }

    enum Answer {
        case granted, refused
        case unknown
    }

    /// A 64th of what is free: so many processes together stay within it.
    private static let divisor: Int64 = 64
    private static let least: Int64 = 4 << 10
    private static let most: Int64 = 1 << 20
    /// In seconds. Pruning the trash frees space.
    private static let trust: Int64 = 600
    /// In seconds: a full home is not added up for each write that is refused.
    private static let trustOfFull: Int64 = 10
    private static let mostHomes = 10_000

    private let shares = Mutex<[String: Share]>([:])

    /// Takes bytes of the share in somebody's home.
    func take(_ bytes: Int64, inHomeOf owner: String, now: Int64) -> Answer {
        shares.withLock { shares in
            guard let share = shares[owner], now < share.until else { return .unknown }
            if share.isFull { return bytes > share.bytes ? .refused : .unknown }
            guard bytes <= share.bytes else { return .unknown }
            shares[owner]?.bytes -= bytes
            return .granted
        }
    }

    /// Notes how much is free, and takes bytes of it.
    ///
    /// - Parameter free: below 0 where the home has more than it may.
    /// - Returns: whether they fit.
    func take(_ bytes: Int64, of free: Int64, inHomeOf owner: String, now: Int64) -> Bool {
        let isGranted = bytes <= free
        let left = isGranted ? free - bytes : max(free, 0)
        let fraction = min(
            max(left / HomeAllowances.divisor, HomeAllowances.least), HomeAllowances.most)
        let share = Share(
            bytes: isGranted ? min(fraction, left) : left,
            until: now + (isGranted ? HomeAllowances.trust : HomeAllowances.trustOfFull),
            isFull: !isGranted)
        shares.withLock { shares in
            if shares.count >= HomeAllowances.mostHomes { shares.removeAll() }
            shares[owner] = share
        }
        return isGranted
    }
}

extension Store {
    /// Parameters: the owner, twice.
    private static let homeSize: SQL = """
        SELECT CAST(
               COALESCE((SELECT SUM(o.size)
                           FROM caldav_calendars AS c
                           STRAIGHT_JOIN caldav_objects AS o FORCE INDEX (changes)
                              ON o.calendar_id = c.id
                          WHERE c.user_id = ?), 0)
             + COALESCE((SELECT SUM(e.size) FROM caldav_trash AS e WHERE e.owner = ?), 0)
               AS SIGNED)
        """

    package func availableBytes(inHomeOf owner: String) throws(StorageError) -> Int64 {
        try atTheEdge { () throws(StoreFailure) in max(try freeBytes(inHomeOf: owner), 0) }
    }

    /// Below 0 where the home has more than it may.
    private func freeBytes(inHomeOf owner: String) throws(StoreFailure) -> Int64 {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.homeSize, .text(owner), bytes(owner))
            let size = try cursor.next() ? cursor.int(0) ?? 0 : 0
            return Int64(settings.bounds.maxHomeSize) - max(size, 0)
        }
    }

    /// Makes sure that a text may be put into somebody's home.
    ///
    /// - Throws: `.quotaExceeded`.
    func takeSpace(for text: [UInt8], inHomeOf owner: String) throws(StoreFailure) {
        let size = Int64(text.count)
        switch context.allowances.take(size, inHomeOf: owner, now: now) {
        case .granted: return
        case .refused: break
        case .unknown:
            let free = try freeBytes(inHomeOf: owner)
            if context.allowances.take(size, of: free, inHomeOf: owner, now: now) { return }
        }
        throw .storage(
            .quotaExceeded(
                QuotaExcess(
                    .bytes,
                    "There is no space for it: calendars and their deleted and former versions, kept for "
                        + "\(settings.retention.trashDays) days, may have "
                        + "\(settings.bounds.maxHomeSize) bytes.")))
    }
}
