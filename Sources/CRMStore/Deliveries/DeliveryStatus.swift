package import CalDAV
import MariaDB

/// How the deliveries of one kind are, for `work --status`.
package struct DeliveryStatus: Sendable {
    package var kind: String
    package var waiting: Int64
    /// Of those, how many failed at least once.
    package var retried: Int64
    /// Of the last day.
    package var delivered: Int64
    /// Given up, of the last day.
    package var failed: Int64
    /// When the oldest that waits was decided on; seconds since 1970.
    package var oldest: Int64?
    package var lastDelivered: Int64?
    /// Why the latest attempt failed that did.
    package var reason: String?
}

extension Store {
    private static let deliveryStatus: SQL = """
        SELECT d.kind, CAST(SUM(d.state = 'waiting') AS SIGNED),
               CAST(SUM(d.state = 'waiting' AND d.attempts > 0) AS SIGNED),
               CAST(SUM(d.state = 'delivered' AND d.finished > ?) AS SIGNED),
               CAST(SUM(d.state = 'failed' AND d.finished > ?) AS SIGNED),
               MIN(IF(d.state = 'waiting', d.created, NULL)),
               MAX(IF(d.state = 'delivered', d.finished, NULL)),
               (SELECT f.outcome FROM caldav_deliveries AS f
                 WHERE f.kind = d.kind AND f.state IN ('waiting', 'failed') AND f.outcome IS NOT NULL
                 ORDER BY f.id DESC LIMIT 1)
          FROM caldav_deliveries AS d GROUP BY d.kind ORDER BY d.kind
        """

    package func deliveryStatus() throws(StorageError) -> [DeliveryStatus] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let dayAgo = Value.int(now - 86_400)
                let cursor = try connection.query(Store.deliveryStatus, dayAgo, dayAgo)
                var all: [DeliveryStatus] = []
                while try cursor.next() {
                    all.append(
                        DeliveryStatus(
                            kind: cursor.string(0) ?? "", waiting: cursor.int(1) ?? 0,
                            retried: cursor.int(2) ?? 0, delivered: cursor.int(3) ?? 0,
                            failed: cursor.int(4) ?? 0, oldest: cursor.int(5),
                            lastDelivered: cursor.int(6), reason: cursor.string(7)))
                }
                return all
            }
        }
    }

    // MARK: Pruning

    /// Days for which what was delivered, and what was given up, can be looked up.
    private static let keptDays: (delivered: Int64, failed: Int64) = (3, 30)
    /// Days after which a message is given up that nothing could send.
    private static let longestWait: Int64 = 30

    private static let giveUpOld: SQL = """
        UPDATE caldav_deliveries
           SET state = 'failed', finished = ?, body = NULL,
               outcome = COALESCE(outcome, 'nothing sent it')
         WHERE state = 'waiting' AND holder IS NULL AND created < ? LIMIT 1000
        """
    private static let prune: SQL =
        "DELETE FROM caldav_deliveries WHERE state = ? AND finished < ? LIMIT 1000"

    /// - Returns: whether there may be more.
    func pruneDeliveries() throws(StoreFailure) -> Bool {
        func daysAgo(_ days: Int64) -> Value { .int(now - days * 86_400) }
        return try database { () throws(DatabaseError) in
            let counts = [
                try connection.execute(
                    Store.giveUpOld, .int(now), daysAgo(Store.longestWait)),
                try connection.execute(
                    Store.prune, bytes("delivered"), daysAgo(Store.keptDays.delivered)),
                try connection.execute(
                    Store.prune, bytes("dropped"), daysAgo(Store.keptDays.delivered)),
                try connection.execute(
                    Store.prune, bytes("failed"), daysAgo(Store.keptDays.failed)),
            ].map(\.affectedRows)
            return counts.contains { $0 >= 1000 }
        }
    }
}
