package import CalDAV
import MariaDB

// Followers as rows: who they are, what they watch, who has them at the moment.
extension Store {
    private static let insertFollower: SQL = """
        INSERT IGNORE INTO caldav_followers (kind, subject, user_id, calendar_id, created)
        VALUES (?, ?, ?, ?, ?)
        """
    /// From here on: what is there is not new to it.
    private static let insertCursors: SQL = """
        INSERT IGNORE INTO caldav_follower_cursors (follower_id, calendar_id, revision)
        SELECT f.id, s.calendar_id, s.revision
          FROM caldav_followers AS f
          JOIN caldav_calendar_state AS s ON f.calendar_id IN (0, s.calendar_id)
          LEFT JOIN caldav_calendars AS c ON c.id = s.calendar_id
         WHERE f.id = ? AND (f.user_id = '' OR f.user_id = \(userName))
        """
    /// The owner of `c` as bytes in UTF-8, whatever the column's character set.
    static let userName: SQL = "CAST(CONVERT(c.user_id USING utf8mb4) AS BINARY)"

    /// What a follower watches.
    enum Watched {
        case everything
        case calendars(of: String)
        case calendar(Int64)
    }

    /// Makes a follower that sees what changes from now on. Nothing where there is one of that kind and
    /// subject.
    func addFollower(
        _ kind: FollowerKind, subject: Int64 = 0, watching watched: Watched
    ) throws(StoreFailure) {
        let (user, calendar): (String, Int64) =
            switch watched {
            case .everything: ("", 0)
            case .calendars(let user): (user, 0)
            case .calendar(let calendar): ("", calendar)
            }
        try connection.transaction { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let outcome = try connection.execute(
                    Store.insertFollower, bytes(kind.name), .int(subject), bytes(user),
                    .int(calendar), .int(now))
                guard outcome.affectedRows == 1 else { return }
                try connection.execute(
                    Store.insertCursors, .int(Int64(clamping: outcome.insertID)))
            }
        }
    }

    private static let deleteCursors: SQL = """
        DELETE k FROM caldav_follower_cursors AS k
          JOIN caldav_followers AS f ON f.id = k.follower_id
         WHERE f.kind = ? AND f.subject = ?
        """
    private static let deleteFollower: SQL =
        "DELETE FROM caldav_followers WHERE kind = ? AND subject = ?"

    func removeFollower(_ kind: FollowerKind, subject: Int64) throws(StoreFailure) {
        try connection.transaction { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                try connection.execute(Store.deleteCursors, bytes(kind.name), .int(subject))
                try connection.execute(Store.deleteFollower, bytes(kind.name), .int(subject))
            }
        }
    }

    // MARK: Leases

    private static let followerHolder: SQL = "SELECT holder FROM caldav_followers WHERE id = ?"
    private static let leaseFollower: SQL = """
        UPDATE caldav_followers SET holder = ?, held_until = ?
         WHERE id = ? AND (holder IS NULL OR holder = ? OR held_until < ? OR holder = ?)
        """
    private static let releaseFollowers: SQL =
        "UPDATE caldav_followers SET holder = NULL, held_until = 0 WHERE holder = ?"

    /// Takes a follower for `seconds`, or keeps it for so long from now on.
    ///
    /// - Returns: whether it is ours. Should a process go on after its lease has ended, its passes fail:
    ///   the cursors are no longer where it saw them.
    func leaseFollower(
        _ id: Int64, as holder: String, seconds: Int64
    ) throws(StoreFailure) -> Bool {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.followerHolder, .int(id))
            let present = try cursor.next() ? cursor.string(0) : nil
            let dead = present.flatMap { ProcessMark.isDead($0) ? $0 : nil } ?? holder
            return try connection.execute(
                Store.leaseFollower, bytes(holder), .int(now + seconds), .int(id), bytes(holder),
                .int(now), bytes(dead)
            ).affectedRows == 1
        }
    }

    func releaseFollowers(heldBy holder: String) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in
            try connection.execute(Store.releaseFollowers, bytes(holder))
        }
    }

    // MARK: Status

    private static let followerStatus: SQL = """
        SELECT f.kind, f.subject, f.passed, f.failures, f.retry_at, f.reason, f.holder,
               f.held_until >= ?
          FROM caldav_followers AS f ORDER BY f.kind, f.subject
        """

    package func followerStatus() throws(StorageError) -> [FollowerStatus] {
        try atTheEdge { () throws(StoreFailure) in
            let behind = try followersBehind(at: .max)
            return try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.followerStatus, .int(now))
                var all: [FollowerStatus] = []
                while try cursor.next() {
                    var status = FollowerStatus(
                        kind: cursor.string(0) ?? "", subject: cursor.int(1) ?? 0,
                        passed: cursor.int(2) ?? 0, failures: cursor.int(3) ?? 0,
                        retryAt: cursor.int(4) ?? 0, reason: cursor.string(5))
                    if cursor.int(7) == 1 { status.holder = cursor.string(6) }
                    status.calendarsBehind = behind.reduce(0) { sum, each in
                        let isIt = each.kind == status.kind && each.subject == status.subject
                        return isIt ? sum + each.lags.count : sum
                    }
                    all.append(status)
                }
                return all
            }
        }
    }
}

/// How a follower is, for `work --status`.
package struct FollowerStatus: Sendable {
    package var kind: String
    package var subject: Int64
    /// When its last pass was committed; seconds since 1970, 0: never.
    package var passed: Int64
    package var failures: Int64
    package var retryAt: Int64
    package var reason: String?
    /// The process that has it.
    package var holder: String?
    /// Calendars in which there are changes that it has not seen.
    package var calendarsBehind = 0
}
