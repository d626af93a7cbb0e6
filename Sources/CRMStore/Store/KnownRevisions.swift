import Synchronization

/// The highest revision of each calendar that this process has seen committed: a lower one means a
/// snapshot older than another thread's, or a database that went back in time.
final class KnownRevisions: Sendable {
    private let highest = Mutex<[Int64: Int64]>([:])

    /// - Returns: false where a higher one was seen before.
    func note(_ revision: Int64, of calendar: Int64) -> Bool {
        highest.withLock { highest in
            guard let known = highest[calendar], known > revision else {
                highest[calendar] = revision
                return true
            }
            return false
        }
    }

    /// 0 where none was seen.
    func latest(of calendar: Int64) -> Int64 { highest.withLock { $0[calendar] ?? 0 } }

    /// The calendars with their highest revisions.
    var all: [Int64: Int64] { highest.withLock { $0 } }

    /// Begins anew, after a new epoch.
    func reset() { highest.withLock { $0.removeAll() } }
}
