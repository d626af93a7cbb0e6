package import CalDAV
import MariaDB

// Pairs of calendars, as `crm-caldav remote` and `crm-caldav work` know them.
extension Store {
    private static let selectRemotes: SQL = """
        SELECT r.id, r.calendar_id, c.user_id, c.uri, r.address, r.account, r.scheme, r.secret,
               r.policy, r.state, r.reason, r.allows_deletions, r.failures, r.retry_at, r.compared,
               r.checked, r.changed, r.local_revision, r.sync_token, r.ctag,
               (SELECT COUNT(*) FROM caldav_remote_objects AS o
                 WHERE o.remote_id = r.id AND o.retry_at > 0),
               r.components
          FROM caldav_remotes AS r
          LEFT JOIN caldav_calendars AS c ON c.id = r.calendar_id
        """
    private static let allRemotes: SQL = "\(selectRemotes) ORDER BY r.id"
    private static let oneRemote: SQL = "\(selectRemotes) WHERE r.id = ?"

    package func remotes() throws(StorageError) -> [RemoteRecord] {
        try readRemotes(Store.allRemotes, [])
    }

    /// - Throws: `.notFound`.
    package func remote(_ id: Int64) throws(StorageError) -> RemoteRecord {
        guard let remote = try readRemotes(Store.oneRemote, [.int(id)]).first else {
            throw .notFound
        }
        return remote
    }

    private func readRemotes(
        _ statement: SQL, _ values: [Value]
    ) throws(StorageError) -> [RemoteRecord] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(statement, values)
                var remotes: [RemoteRecord] = []
                while try cursor.next() { remotes.append(Store.remote(of: cursor)) }
                return remotes
            }
        }
    }

    private static func remote(of cursor: Cursor) -> RemoteRecord {
        RemoteRecord(
            id: cursor.int(0) ?? 0, calendar: cursor.int(1) ?? 0, owner: cursor.string(2),
            uri: cursor.string(3), address: cursor.string(4) ?? "",
            account: cursor.string(5) ?? "", scheme: cursor.string(6) ?? "",
            secret: cursor.bytes(7).map(Array.init) ?? [],
            components: cursor.string(21).map { $0.split(separator: ",").map(String.init) },
            policy: cursor.string(8) ?? "",
            state: RemoteRecord.State(rawValue: cursor.string(9) ?? "") ?? .stopped,
            reason: cursor.string(10), allowsDeletions: cursor.int(11) == 1,
            failures: cursor.int(12) ?? 0, retryAt: cursor.int(13) ?? 0,
            compared: cursor.int(14) ?? 0, checked: cursor.int(15) ?? 0,
            changed: cursor.int(16) ?? 0,
            cursors: RemoteCursors(
                localRevision: cursor.int(17), syncToken: cursor.string(18),
                ctag: cursor.string(19)),
            failedObjects: cursor.int(20) ?? 0)
    }

    private static let insertRemote: SQL = """
        INSERT INTO caldav_remotes
               (created, calendar_id, address, address_hash, account, scheme, secret, components,
                policy, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'active')
        """

    /// - Throws: `.alreadyExists` where the two calendars are a pair already.
    package func addRemote(_ remote: NewRemote) throws(StorageError) -> Int64 {
        try atTheEdge { () throws(StoreFailure) in
            do throws(DatabaseError) {
                let outcome = try connection.execute(
                    Store.insertRemote, .int(now), .int(remote.calendar), bytes(remote.address),
                    .bytes(Digest.sha256(remote.address)), bytes(remote.account),
                    bytes(remote.scheme), .bytes(remote.secret),
                    bytes(remote.components.joined(separator: ",")), bytes(remote.policy))
                return Int64(clamping: outcome.insertID)
            } catch  where error.isDuplicateKey {
                throw .storage(.alreadyExists)
            } catch {
                throw .database(error)
            }
        }
    }

    private static let deleteRemoteObjects: SQL =
        "DELETE FROM caldav_remote_objects WHERE remote_id = ?"
    private static let deleteRemote: SQL = "DELETE FROM caldav_remotes WHERE id = ?"

    /// Ends a pair; the objects stay on both sides.
    package func removeRemote(_ id: Int64) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.deleteRemoteObjects, .int(id))
            try connection.execute(Store.deleteRemote, .int(id))
        }
    }

    // MARK: State

    private static let setState: SQL = """
        UPDATE caldav_remotes
           SET state = ?, reason = ?, allows_deletions = ?, failures = 0, retry_at = 0
         WHERE id = ?
        """

    package func setState(
        of id: Int64, _ state: RemoteRecord.State, reason: String?, allowsDeletions: Bool = false
    ) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(
                Store.setState, bytes(state.rawValue), Value(reason.map { Array($0.utf8) }),
                .bool(allowsDeletions), .int(id))
        }
    }

    private static let setSecret: SQL = "UPDATE caldav_remotes SET secret = ? WHERE id = ?"

    package func setSecret(of id: Int64, _ secret: [UInt8]) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.setSecret, .bytes(secret), .int(id))
        }
    }

    private static let noteFailure: SQL = """
        UPDATE caldav_remotes SET failures = failures + 1, retry_at = ?, reason = ? WHERE id = ?
        """

    package func noteFailure(
        of id: Int64, reason: String, retryAt: Int64
    ) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.noteFailure, .int(retryAt), bytes(reason), .int(id))
        }
    }

    private static let noteTurn: SQL = """
        UPDATE caldav_remotes
           SET local_revision = ?, sync_token = ?, ctag = ?, checked = ?, failures = 0, retry_at = 0,
               reason = NULL, allows_deletions = 0, changed = IF(?, ?, changed),
               compared = IF(?, ?, compared)
         WHERE id = ?
        """

    /// Notes that a turn ended well, and up to where.
    package func noteTurn(
        of id: Int64, _ cursors: RemoteCursors, moved: Bool, compared: Bool
    ) throws(StorageError) {
        let time = Value.int(now)
        try change { () throws(DatabaseError) in
            try connection.execute(
                Store.noteTurn, Value(cursors.localRevision),
                Value(cursors.syncToken.map { Array($0.utf8) }),
                Value(cursors.ctag.map { Array($0.utf8) }), time, .bool(moved), time,
                .bool(compared), time, .int(id))
        }
    }

    private static let resetCursors: SQL = """
        UPDATE caldav_remotes
           SET local_revision = NULL, sync_token = NULL, ctag = NULL, compared = 0, retry_at = 0
         WHERE id = ?
        """

    /// Has the next turn compare everything.
    package func resetCursors(of id: Int64) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.resetCursors, .int(id))
        }
    }

    // MARK: Turns

    private static let holder: SQL = "SELECT holder, held_until FROM caldav_remotes WHERE id = ?"
    private static let claimTurn: SQL = """
        UPDATE caldav_remotes SET holder = ?, held_until = ?
         WHERE id = ? AND (holder IS NULL OR holder = ? OR held_until < ? OR holder = ?)
        """
    private static let endTurn: SQL =
        "UPDATE caldav_remotes SET holder = NULL, held_until = 0 WHERE id = ? AND holder = ?"

    /// Claims the pair for a while, so that no two processes move its objects at once; again to keep it.
    ///
    /// - Parameter isDead: whether a holder is known to have ended.
    /// - Returns: whether it is ours.
    package func claimTurn(
        of id: Int64, as holder: String, seconds: Int64, isDead: (String) -> Bool
    ) throws(StorageError) -> Bool {
        try atTheEdge { () throws(StoreFailure) in
            let time = now
            let present = try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.holder, .int(id))
                return try cursor.next() ? cursor.string(0) : nil
            }
            let dead = present.flatMap { isDead($0) ? $0 : nil } ?? holder
            return try database { () throws(DatabaseError) in
                try connection.execute(
                    Store.claimTurn, bytes(holder), .int(time + seconds), .int(id), bytes(holder),
                    .int(time), bytes(dead)
                ).affectedRows == 1
            }
        }
    }

    package func endTurn(of id: Int64, as holder: String) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.endTurn, .int(id), bytes(holder))
        }
    }

    // MARK: Signals

    private static let signals: SQL = """
        SELECT r.id, s.revision, EXISTS (SELECT 1 FROM caldav_pending)
          FROM caldav_remotes AS r
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = r.calendar_id
         WHERE r.state = 'active'
        """

    /// What tells of a change on our side: the revision of each active pair's calendar, and whether the
    /// CRM changed something that no calendar shows yet.
    package func remoteSignals() throws(StorageError) -> (
        revisions: [Int64: Int64], isPending: Bool
    ) {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.signals)
                var revisions: [Int64: Int64] = [:]
                var isPending = false
                while try cursor.next() {
                    revisions[cursor.int(0) ?? 0] = cursor.int(1) ?? 0
                    isPending = cursor.int(2) == 1
                }
                return (revisions, isPending)
            }
        }
    }

    // MARK: Record

    private static let discardForeign: SQL = """
        INSERT INTO caldav_trash
               (discarded, reason, actor, calendar_id, owner, uri, name, etag, icalendar)
        VALUES (?, 'overwritten', ?, ?, ?, ?, ?, ?, ?)
        """

    /// Keeps in the trash a version of another server's that lost a conflict.
    package func discard(
        foreign text: [UInt8], of name: String, in calendar: CalendarRecord, from actor: String
    ) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(
                Store.discardForeign, .int(now), .bytes(Array(actor.utf8.prefix(255))),
                .int(calendar.id), bytes(calendar.owner), bytes(calendar.uri), bytes(name),
                bytes(ObjectText.etag(of: text)), .bytes(text))
        }
    }

    /// What became of a change that was to go to another server.
    package enum RemoteAction: String, Sendable {
        case create, update, delete
    }

    package func logTransfer(
        _ action: RemoteAction, uid: String, failure: String?
    ) throws(StorageError) {
        let action = LogAction(rawValue: action.rawValue) ?? .update
        try atTheEdge { () throws(StoreFailure) in
            try log(action, task: nil, uid: uid, failure: failure)
        }
    }

    // MARK: Shorthand

    func bytes(_ text: String) -> Value { .bytes(Array(text.utf8)) }

    /// Runs statements that belong together.
    func change(_ body: () throws(DatabaseError) -> Void) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            try connection.transaction { () throws(StoreFailure) in
                try database(body)
            }
        }
    }
}
