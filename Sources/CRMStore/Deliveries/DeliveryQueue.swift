import MariaDB

// Deciding on messages: in the transaction that decides, so that there is a message if and only if what it
// tells of is true.
extension Store {
    private static let enqueue: SQL = """
        INSERT INTO caldav_deliveries (mark, kind, target, subject, body, created, state, due)
        SELECT ?, ?, ?, ?, ?, ?, 'waiting',
               GREATEST(?, COALESCE((SELECT MAX(l.finished) FROM caldav_deliveries AS l
                                      WHERE l.kind = ? AND l.subject = ? AND l.target = ?
                                        AND l.state = 'delivered'), 0) + ?)
          FROM DUAL
         WHERE NOT ? OR NOT EXISTS (
               SELECT 1 FROM caldav_deliveries AS w
                WHERE w.kind = ? AND w.subject = ? AND w.target = ? AND w.state = 'waiting'
                  AND w.holder IS NULL AND w.body = ?)
        """
    private static let waiting: SQL = """
        SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(body)), 0) AS SIGNED) FROM caldav_deliveries
         WHERE state = 'waiting' AND target = ? AND kind = ?
        """
    private static let giveUpOldest: SQL = """
        UPDATE caldav_deliveries
           SET state = 'failed', finished = ?, body = NULL,
               outcome = 'too many messages waited for the same target'
         WHERE state = 'waiting' AND target = ? AND kind = ? AND holder IS NULL
         ORDER BY id LIMIT 1
        """

    /// Has a message delivered once the transaction is committed.
    ///
    /// Where a mergeable one waits already, it stays the only one: what it tells of is read when it is sent.
    /// One that is being sent does not count, for its receiver may have looked before this change.
    func enqueue(
        _ delivery: NewDelivery, limits: DeliveryLimits = DeliveryLimits()
    ) throws(StoreFailure) {
        let (kind, target) = (bytes(delivery.kind), bytes(delivery.target))
        let (subject, body) = (bytes(delivery.subject), Value.bytes(delivery.body))
        try database { () throws(DatabaseError) in
            let outcome = try connection.execute(
                Store.enqueue, .bytes(Digest.random(count: 16)), kind, target, subject, body,
                .int(now), .int(now), kind, subject, target, .int(delivery.spacing),
                .bool(delivery.isMergeable), kind, subject, target, body)
            guard outcome.affectedRows == 1 else { return }
            // A target that never answers must not fill the table.
            while try isOverfull(target, kind, limits) {
                let givenUp = try connection.execute(Store.giveUpOldest, .int(now), target, kind)
                guard givenUp.affectedRows == 1 else { return }
            }
        }
    }

    private func isOverfull(
        _ target: Value, _ kind: Value, _ limits: DeliveryLimits
    ) throws(DatabaseError) -> Bool {
        let cursor = try connection.query(Store.waiting, target, kind)
        guard try cursor.next(), let count = cursor.int(0), let bytes = cursor.int(1) else {
            return false
        }
        return count > limits.messages || bytes > limits.bytes && count > 1
    }
}
