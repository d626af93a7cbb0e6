import MariaDB

/// A follower with what it has not seen yet.
struct FollowerBehind: Sendable {
    var id: Int64
    var kind: String
    var subject: Int64
    var failures: Int64
    var lags: [FollowerLag]
}

extension Store {
    /// What all followers have not seen, in one query: they cost nothing while nothing changes.
    private static let lags: SQL = """
        SELECT f.id, f.kind, f.subject, f.failures, s.calendar_id, s.revision, k.revision, s.floor,
               s.lost_after, s.lost_through
          FROM caldav_followers AS f
          JOIN caldav_calendar_state AS s ON f.calendar_id IN (0, s.calendar_id)
          LEFT JOIN caldav_calendars AS c ON c.id = s.calendar_id
          LEFT JOIN caldav_follower_cursors AS k
            ON k.follower_id = f.id AND k.calendar_id = s.calendar_id
         WHERE NOT (k.revision <=> s.revision) AND f.retry_at <= ?
           AND (f.user_id = '' OR f.user_id = \(userName)
                OR c.id IS NULL AND k.revision IS NOT NULL)
         ORDER BY f.id, s.calendar_id LIMIT 10000
        """

    /// Those whose calendars have changes that they have not seen.
    ///
    /// - Parameter time: in seconds since 1970; followers that rest after a failure until later are left out.
    func followersBehind(at time: Int64) throws(StoreFailure) -> [FollowerBehind] {
        try database { () throws(DatabaseError) in
            var behind: [FollowerBehind] = []
            let cursor = try connection.query(Store.lags, .int(time))
            while try cursor.next() {
                let id = cursor.int(0) ?? 0
                if behind.last?.id != id {
                    behind.append(
                        FollowerBehind(
                            id: id, kind: cursor.string(1) ?? "", subject: cursor.int(2) ?? 0,
                            failures: cursor.int(3) ?? 0, lags: []))
                }
                behind[behind.count - 1].lags.append(Store.lag(of: cursor))
            }
            return behind
        }
    }

    private static func lag(of cursor: Cursor) -> FollowerLag {
        let (revision, seen) = (cursor.int(5) ?? 0, cursor.int(6))
        var cause = FollowerLag.Cause.changed(after: seen ?? 0)
        if let seen {
            let (floor, lostAfter) = (cursor.int(7) ?? 0, cursor.int(8) ?? 0)
            let isLost = seen > lostAfter && seen < (cursor.int(9) ?? 0)
            if seen < floor || seen > revision || isLost { cause = .reset }
        }
        return FollowerLag(
            calendar: cursor.int(4) ?? 0, revision: revision, cursor: seen, cause: cause)
    }

    // MARK: Changes

    private static let followedChanges: SQL = """
        SELECT name, revision, 0 FROM caldav_objects FORCE INDEX (changes)
         WHERE calendar_id = ? AND revision > ? AND revision <= ?
         UNION ALL
        SELECT name, revision, 1 FROM caldav_tombstones FORCE INDEX (changes)
         WHERE calendar_id = ? AND revision > ? AND revision <= ?
         ORDER BY 2 LIMIT ?
        """

    /// An object that changed, as a follower sees it: each once, at its latest revision.
    struct FollowedChange: Sendable, Equatable {
        var name: [UInt8]
        var revision: Int64
        var isRemoved: Bool
    }

    /// The first `limit` changes of a lag, and the revision up to which they are all there are: what changes
    /// meanwhile has a higher one and is seen by the next pass.
    func changes(
        of lag: FollowerLag, limit: Int
    ) throws(StoreFailure) -> (changes: [FollowedChange], reached: Int64) {
        var after: Int64 = 0
        if case .changed(let revision) = lag.cause { after = revision }
        let span: [Value] = [.int(lag.calendar), .int(after), .int(lag.revision)]
        return try database { () throws(DatabaseError) in
            var changes: [FollowedChange] = []
            let cursor = try connection.query(
                Store.followedChanges, span + span + [Value(limit)])
            while try cursor.next() {
                changes.append(
                    FollowedChange(
                        name: cursor.bytes(0).map(Array.init) ?? [], revision: cursor.int(1) ?? 0,
                        isRemoved: cursor.int(2) == 1))
            }
            let isAll = changes.count < limit
            return (changes, isAll ? lag.revision : changes.last?.revision ?? lag.revision)
        }
    }
}
