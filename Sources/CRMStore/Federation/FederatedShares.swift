package import CalDAV
import MariaDB

// Calendars shared with people of other servers, as `crm-caldav share` and `crm-caldav work` know them.
extension Store {
    private static let select: SQL = """
        SELECT f.id, f.calendar_id, c.user_id, c.uri, f.address, f.share_with, f.recipient,
               f.end_point, f.secret, f.access, f.state, f.created, f.seen,
               (SELECT COUNT(*) \(waiting)), (SELECT COALESCE(MAX(d.attempts), 0) \(waiting)),
               COALESCE(f.reason, (SELECT d.outcome \(waiting) ORDER BY d.id LIMIT 1))
          FROM caldav_federated_shares AS f
          LEFT JOIN caldav_calendars AS c ON c.id = f.calendar_id
        """
    /// Notifications of share `f` that its receiver's server has not taken yet.
    private static let waiting: SQL = """
        FROM caldav_deliveries AS d
         WHERE d.kind = 'federation' AND d.subject = CONCAT('share ', f.id) AND d.state = 'waiting'
        """
    private static let all: SQL = "\(select) ORDER BY f.id"
    private static let one: SQL = "\(select) WHERE f.id = ?"
    private static let ofPair: SQL = "\(select) WHERE f.calendar_id = ? AND f.share_with = ?"

    package func federatedShares() throws(StorageError) -> [FederatedShareRecord] {
        try read(Store.all, [])
    }

    /// - Throws: `.notFound`.
    package func federatedShare(_ id: Int64) throws(StorageError) -> FederatedShareRecord {
        guard let share = try read(Store.one, [.int(id)]).first else { throw .notFound }
        return share
    }

    package func federatedShare(
        of calendar: CalendarRecord, with cloudID: String
    ) throws(StorageError) -> FederatedShareRecord? {
        try read(Store.ofPair, [.int(calendar.id), bytes(cloudID)]).first
    }

    private static let accepted: SQL = """
        SELECT id, share_with FROM caldav_federated_shares
         WHERE calendar_id = ? AND state = 'accepted' ORDER BY id
        """

    func acceptedShares(of calendar: Int64) throws(StoreFailure) -> [AcceptedShare] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.accepted, .int(calendar))
            var shares: [AcceptedShare] = []
            while try cursor.next() {
                shares.append(
                    AcceptedShare(id: cursor.int(0) ?? 0, shareWith: cursor.string(1) ?? ""))
            }
            return shares
        }
    }

    private func read(
        _ statement: SQL, _ values: [Value]
    ) throws(StorageError) -> [FederatedShareRecord] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(statement, values)
                var shares: [FederatedShareRecord] = []
                while try cursor.next() { shares.append(Store.share(of: cursor)) }
                return shares
            }
        }
    }

    private static func share(of cursor: Cursor) -> FederatedShareRecord {
        FederatedShareRecord(
            id: cursor.int(0) ?? 0, calendar: cursor.int(1) ?? 0, owner: cursor.string(2),
            uri: cursor.string(3), address: cursor.string(4) ?? "",
            shareWith: cursor.string(5) ?? "", recipient: cursor.string(6),
            endPoint: cursor.string(7) ?? "", secret: cursor.bytes(8).map(Array.init) ?? [],
            access: FederatedAccess(rawValue: cursor.string(9) ?? "") ?? .read,
            state: FederatedShareRecord.State(rawValue: cursor.string(10) ?? "") ?? .declined,
            created: cursor.int(11) ?? 0, seen: cursor.int(12) ?? 0,
            waiting: cursor.int(13) ?? 0, failures: cursor.int(14) ?? 0,
            reason: cursor.string(15))
    }

    // MARK: Making and ending

    private static let insert: SQL = """
        INSERT INTO caldav_federated_shares
               (created, calendar_id, owner, uri, address, share_with, end_point, secret_digest,
                secret, access, state)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'offered')
        """

    /// From here on the receiver may come.
    ///
    /// - Throws: `.alreadyExists` where the calendar is shared with them already.
    package func addFederatedShare(_ share: NewFederatedShare) throws(StorageError) -> Int64 {
        try atTheEdge { () throws(StoreFailure) in
            do throws(DatabaseError) {
                let digest = try self.digest(ofShareSecret: share.secret)
                let outcome = try connection.execute(
                    Store.insert, .int(now), .int(share.calendar.id), bytes(share.calendar.owner),
                    bytes(share.calendar.uri), bytes(share.address), bytes(share.shareWith),
                    bytes(share.endPoint), .bytes(digest), .bytes(share.sealedSecret),
                    bytes(share.access.rawValue))
                return Int64(clamping: outcome.insertID)
            } catch  where error.isDuplicateKey {
                throw .storage(.alreadyExists)
            } catch {
                throw .database(error)
            }
        }
    }

    private static let confirm: SQL = """
        UPDATE caldav_federated_shares
           SET recipient = ?, end_point = ?, access = ?, reason = NULL,
               state = IF(state = 'accepted', state, 'offered')
         WHERE id = ?
        """

    /// Notes that the receiver's server took the share, or took it anew.
    package func confirmFederatedShare(
        _ id: Int64, recipient: String?, endPoint: String, access: FederatedAccess
    ) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(
                Store.confirm, Value(recipient.map { Array($0.utf8) }), bytes(endPoint),
                bytes(access.rawValue), .int(id))
        }
    }

    private static let remove: SQL = "DELETE FROM caldav_federated_shares WHERE id = ?"

    /// From here on the secret opens nothing.
    ///
    /// - Parameter farewell: what the receiver's server is told, in order.
    package func removeFederatedShare(
        _ id: Int64, farewell: [NewDelivery] = []
    ) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            try connection.transaction { () throws(StoreFailure) in
                _ = try database { () throws(DatabaseError) in
                    try connection.execute(Store.remove, .int(id))
                }
                for delivery in farewell { try enqueue(delivery) }
            }
        }
    }

    // MARK: What became of notifications

    private static let noteEndPoint: SQL =
        "UPDATE caldav_federated_shares SET end_point = ? WHERE id = ?"

    /// Notes that the receiver's server has moved.
    package func noteEndPoint(of id: Int64, _ address: String) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.noteEndPoint, bytes(address), .int(id))
        }
    }

    private static let noteLapsed: SQL = """
        UPDATE caldav_federated_shares SET state = 'lapsed', reason = ?
         WHERE id = ? AND state = 'accepted'
        """

    package func noteLapsed(_ id: Int64, reason: String) throws(StorageError) {
        try change { () throws(DatabaseError) in
            try connection.execute(Store.noteLapsed, bytes(reason), .int(id))
        }
    }

    // MARK: What receivers tell

    private static let accept: SQL = """
        UPDATE caldav_federated_shares SET state = 'accepted', reason = NULL
         WHERE secret_digest = ? AND state <> 'accepted'
        """
    private static let decline: SQL = """
        UPDATE caldav_federated_shares SET state = 'declined', reason = NULL
         WHERE secret_digest = ?
        """
    private static let isKnown: SQL =
        "SELECT 1 FROM caldav_federated_shares WHERE secret_digest = ?"

    package func note(
        _ answer: ShareAnswer, ofShareWithSecret secret: String
    ) throws(StorageError) -> Bool {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let digest = Value.bytes(try self.digest(ofShareSecret: secret))
                switch answer {
                case .accepted: _ = try connection.execute(Store.accept, digest)
                case .declined: _ = try connection.execute(Store.decline, digest)
                }
                return try connection.query(Store.isKnown, digest).next()
            }
        }
    }
}
