package import CalDAV
import MariaDB

// Sending messages: each under a lease of its row, so that several processes and machines share the work.
extension Store {
    private static let columns: SQL =
        "d.id, d.mark, d.kind, d.target, d.subject, d.body, d.created, d.attempts"
    /// The first of each target and subject, where it is due and nobody has it.
    private static let due: SQL = """
        SELECT \(columns) FROM caldav_deliveries AS d
         WHERE d.state = 'waiting' AND d.due <= ? AND d.held_until <= ?
           AND NOT EXISTS (SELECT 1 FROM caldav_deliveries AS e
                            WHERE e.kind = d.kind AND e.subject = d.subject AND e.target = d.target
                              AND e.state = 'waiting' AND e.id < d.id)
         ORDER BY d.due, d.id LIMIT 20
        """
    private static let lease: SQL = """
        UPDATE caldav_deliveries SET holder = ?, held_until = ?, attempts = attempts + 1
         WHERE id = ? AND state = 'waiting' AND due <= ? AND held_until <= ?
        """

    /// Takes a message that is due, for `seconds`; nil where none is.
    ///
    /// - Parameter kinds: that the caller can send.
    package func leaseDelivery(
        as holder: String, kinds: [String], seconds: Int64
    ) throws(StorageError) -> DeliveryRecord? {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.due, .int(now), .int(now))
                var found: [DeliveryRecord] = []
                while try cursor.next() { found.append(Store.delivery(of: cursor)) }
                for delivery in found where kinds.contains(delivery.kind) {
                    let outcome = try connection.execute(
                        Store.lease, bytes(holder), .int(now + seconds), .int(delivery.id),
                        .int(now), .int(now))
                    if outcome.affectedRows == 1 { return delivery }
                }
                return nil
            }
        }
    }

    private static func delivery(of cursor: Cursor) -> DeliveryRecord {
        DeliveryRecord(
            id: cursor.int(0) ?? 0, mark: cursor.bytes(1).map(Array.init) ?? [],
            kind: cursor.string(2) ?? "", target: cursor.string(3) ?? "",
            subject: cursor.string(4) ?? "", body: cursor.bytes(5).map(Array.init) ?? [],
            created: cursor.int(6) ?? 0, attempts: cursor.int(7) ?? 0)
    }

    // MARK: Outcomes

    private static let finish: SQL = """
        UPDATE caldav_deliveries
           SET state = ?, finished = ?, outcome = ?, body = NULL, holder = NULL, held_until = 0
         WHERE id = ? AND holder = ?
        """
    private static let postpone: SQL = """
        UPDATE caldav_deliveries SET due = ?, outcome = ?, holder = NULL, held_until = 0
         WHERE id = ? AND holder = ?
        """
    private static let postponeTarget: SQL = """
        UPDATE caldav_deliveries SET due = GREATEST(due, ?)
         WHERE state = 'waiting' AND target = ? AND kind = ? AND holder IS NULL
        """
    /// Bytes of what was answered that are kept.
    private static let longestOutcome = 500

    /// Notes what became of a message that the caller holds.
    package func settle(
        _ delivery: DeliveryRecord, as holder: String, _ result: DeliveryResult
    ) throws(StorageError) {
        let (id, holder) = (Value.int(delivery.id), bytes(holder))
        try change { () throws(DatabaseError) in
            switch result {
            case .delivered(let answer):
                try connection.execute(
                    Store.finish, bytes("delivered"), .int(now), Store.outcome(answer), id, holder)
            case .failed(let reason):
                try connection.execute(
                    Store.finish, bytes("failed"), .int(now), Store.outcome(reason), id, holder)
            case .dropped(let reason):
                try connection.execute(
                    Store.finish, bytes("dropped"), .int(now), Store.outcome(reason), id, holder)
            case .postponed(let reason, let seconds, let isTargetAway):
                let due = Value.int(now + seconds)
                try connection.execute(Store.postpone, due, Store.outcome(reason), id, holder)
                guard isTargetAway else { return }
                try connection.execute(
                    Store.postponeTarget, due, bytes(delivery.target), bytes(delivery.kind))
            }
        }
    }

    private static func outcome(_ text: String) -> Value {
        .bytes(Array(text.utf8.prefix(longestOutcome)))
    }

    // MARK: Holders that have ended

    private static let holders: SQL = """
        SELECT DISTINCT holder FROM caldav_deliveries
         WHERE state = 'waiting' AND holder IS NOT NULL
        """
    private static let release: SQL = """
        UPDATE caldav_deliveries SET holder = NULL, held_until = 0
         WHERE state = 'waiting' AND holder = ?
        """

    /// Frees what processes of this machine held that have ended.
    package func releaseDeadHoldersOfDeliveries() throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                var dead: [String] = []
                let cursor = try connection.query(Store.holders)
                while try cursor.next() {
                    if let holder = cursor.string(0), ProcessMark.isDead(holder) {
                        dead.append(holder)
                    }
                }
                for holder in dead { try connection.execute(Store.release, bytes(holder)) }
            }
        }
    }
}
