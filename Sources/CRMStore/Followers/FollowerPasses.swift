package import CalDAV
import MariaDB

/// Runs the passes of followers; one for each process that does so.
package final class FollowerPasses {
    private let store: Store
    private let kinds: [FollowerKind]
    private let holder: String
    private var isRegistered = false
    /// Since when a calendar's latest revision stands, and since when something waits there, in milliseconds
    /// of the monotonic clock.
    private var waiting: [Place: (revision: Int64, since: Int64, first: Int64)] = [:]

    private struct Place: Hashable {
        let follower: Int64
        let calendar: Int64
    }

    /// Seconds.
    private static let leaseTime: Int64 = 30
    /// Calendars of one transaction.
    private static let calendarsAtOnce = 50
    private static let backoff = Backoff(first: 5, longest: 300)

    package convenience init(context: StoreContext) {
        self.init(context: context, kinds: FollowerKind.all, holder: "\(ProcessMark.own) followers")
    }

    init(context: StoreContext, kinds: [FollowerKind], holder: String) {
        store = Store(context: context)
        self.kinds = kinds
        self.holder = holder
    }

    /// A pass that failed; it is tried again.
    package struct Failure: Sendable {
        package let kind: String
        package let subject: Int64
        package let reason: String
        /// Seconds.
        package let retryIn: Int64
    }

    /// Gives each follower its pass that has something to see.
    ///
    /// - Parameter atOnce: also of changes after which others may still come.
    /// - Returns: what failed; the other followers went on.
    package func run(atOnce: Bool) throws(StorageError) -> [Failure] {
        try atTheEdge { () throws(StoreFailure) in
            if !isRegistered {
                for kind in kinds where kind.isSingle {
                    try store.addFollower(kind, watching: .everything)
                }
                isRegistered = true
            }
            let behind = try store.followersBehind(at: Clock.now)
            forgetAllBut(behind)
            var failures: [Failure] = []
            for follower in behind {
                guard let kind = kinds.first(where: { $0.name == follower.kind }) else { continue }
                if let failure = try run(follower, kind, atOnce) { failures.append(failure) }
            }
            return failures
        }
    }

    /// Lets other processes have the followers at once.
    package func release() {
        try? store.releaseFollowers(heldBy: holder)
    }

    private func run(
        _ follower: FollowerBehind, _ kind: FollowerKind, _ atOnce: Bool
    ) throws(StoreFailure) -> Failure? {
        let now = Clock.milliseconds
        var settled = follower.lags.filter { atOnce || hasSettled($0, of: follower.id, kind, now) }
        while !settled.isEmpty {
            let part = Array(settled.prefix(FollowerPasses.calendarsAtOnce))
            settled.removeFirst(part.count)
            let isOurs = try store.leaseFollower(
                follower.id, as: holder, seconds: FollowerPasses.leaseTime)
            guard isOurs else { return nil }
            do throws(StoreFailure) {
                try store.pass(of: follower.id, kind, part)
            } catch .isPassed {
                // Another process was faster.
                return nil
            } catch {
                if error.databaseError?.isUnavailable == true { throw error }
                let seconds = FollowerPasses.backoff.pause(afterFailures: follower.failures)
                try store.noteFailedPass(of: follower.id, error.reason, retryIn: seconds)
                return Failure(
                    kind: follower.kind, subject: follower.subject, reason: error.reason,
                    retryIn: seconds)
            }
            for lag in part {
                waiting[Place(follower: follower.id, calendar: lag.calendar)] = nil
            }
        }
        return nil
    }

    // MARK: Changes that settle

    private func hasSettled(
        _ lag: FollowerLag, of follower: Int64, _ kind: FollowerKind, _ now: Int64
    ) -> Bool {
        let place = Place(follower: follower, calendar: lag.calendar)
        guard let known = waiting[place] else {
            waiting[place] = (lag.revision, now, now)
            return false
        }
        if known.revision != lag.revision {
            waiting[place] = (lag.revision, now, known.first)
            return now - known.first >= kind.patience
        }
        return now - known.since >= kind.quiet || now - known.first >= kind.patience
    }

    private func forgetAllBut(_ behind: [FollowerBehind]) {
        guard !waiting.isEmpty else { return }
        var places: Set<Place> = []
        for follower in behind {
            for lag in follower.lags {
                places.insert(Place(follower: follower.id, calendar: lag.calendar))
            }
        }
        waiting = waiting.filter { places.contains($0.key) }
    }
}

// MARK: - One pass

extension Store {
    private static let moveCursor: SQL = """
        UPDATE caldav_follower_cursors SET revision = ?
         WHERE follower_id = ? AND calendar_id = ? AND revision = ?
        """
    private static let beginCursor: SQL = """
        INSERT IGNORE INTO caldav_follower_cursors (revision, follower_id, calendar_id)
        VALUES (?, ?, ?)
        """
    private static let notePass: SQL = """
        UPDATE caldav_followers SET passed = ?, failures = 0, retry_at = 0, reason = NULL
         WHERE id = ?
        """
    private static let noteFailedPass: SQL = """
        UPDATE caldav_followers SET failures = failures + 1, retry_at = ?, reason = ? WHERE id = ?
        """

    /// Has a follower see what changed, and decide on it, in one transaction.
    ///
    /// - Throws: `.isPassed` where another process did.
    func pass(
        of follower: Int64, _ kind: FollowerKind, _ lags: [FollowerLag]
    ) throws(StoreFailure) {
        try connection.transaction { () throws(StoreFailure) in
            for lag in lags {
                // The cursor first: its row keeps any other process out until the commit.
                try move(follower, lag, to: lag.revision)
                let reached = try kind.follow(follower, lag, self)
                // A fresh look is taken whole: a cursor below the floor would ask for another one.
                if case .changed = lag.cause, reached < lag.revision {
                    var rest = lag
                    rest.cursor = lag.revision
                    try move(follower, rest, to: reached)
                }
            }
            _ = try database { () throws(DatabaseError) in
                try connection.execute(Store.notePass, .int(now), .int(follower))
            }
        }
    }

    private func move(
        _ follower: Int64, _ lag: FollowerLag, to revision: Int64
    ) throws(StoreFailure) {
        let outcome = try database { () throws(DatabaseError) in
            if let cursor = lag.cursor {
                try connection.execute(
                    Store.moveCursor, .int(revision), .int(follower), .int(lag.calendar),
                    .int(cursor))
            } else {
                try connection.execute(
                    Store.beginCursor, .int(revision), .int(follower), .int(lag.calendar))
            }
        }
        guard outcome.affectedRows == 1 else { throw .isPassed }
    }

    func noteFailedPass(
        of follower: Int64, _ reason: String, retryIn seconds: Int64
    ) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.noteFailedPass, .int(now + seconds), bytes(reason), .int(follower))
        }
    }
}
