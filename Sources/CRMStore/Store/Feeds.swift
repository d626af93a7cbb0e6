package import CalDAV
import MariaDB

// Secret addresses of calendars' feeds. A token is shown once, when it is made; what is kept of it is
// a digest, so that neither a backup nor a look into the table gives an address away.
extension Store {
    private static let insertFeed: SQL = """
        INSERT INTO caldav_feeds (token, calendar_id, label, created) VALUES (?, ?, ?, ?)
        """
    private static let feedsOfCalendar: SQL = """
        SELECT f.id, c.user_id, c.uri, f.label, f.created
          FROM caldav_feeds AS f JOIN caldav_calendars AS c ON c.id = f.calendar_id
         WHERE f.calendar_id = ? ORDER BY f.id
        """
    private static let allFeeds: SQL = """
        SELECT f.id, c.user_id, c.uri, f.label, f.created
          FROM caldav_feeds AS f JOIN caldav_calendars AS c ON c.id = f.calendar_id
         ORDER BY f.id
        """
    private static let revokeFeedOfCalendar: SQL =
        "DELETE FROM caldav_feeds WHERE id = ? AND calendar_id = ?"
    private static let revokeFeed: SQL = "DELETE FROM caldav_feeds WHERE id = ?"

    /// Bytes of chance in a token: 160 bits.
    private static let tokenSize = 20

    package func createFeed(
        of calendar: CalendarRecord, label: String
    ) throws(StorageError) -> NewFeed {
        try atTheEdge { () throws(StoreFailure) in
            let token = Digest.hex(Digest.random(count: Store.tokenSize))
            let label = Store.fitting(label)
            let outcome = try connection.transaction { () throws(StoreFailure) in
                try checkFeeds(of: calendar.id)
                return try database { () throws(DatabaseError) in
                    try connection.execute(
                        Store.insertFeed, .bytes(Digest.sha256(token)), .int(calendar.id),
                        .bytes(Array(label.utf8)), .int(now))
                }
            }
            return NewFeed(
                feed: FeedRecord(
                    id: Int64(clamping: outcome.insertID), owner: calendar.owner,
                    uri: calendar.uri, label: label, created: now),
                token: token)
        }
    }

    /// What the column holds, without a character cut in two.
    private static func fitting(_ label: String) -> String {
        var label = label
        while label.utf8.count > 255 { label.removeLast() }
        return label
    }

    package func feeds(of calendar: CalendarRecord) throws(StorageError) -> [FeedRecord] {
        try readFeeds(Store.feedsOfCalendar, [.int(calendar.id)])
    }

    /// Those of all calendars.
    package func feeds() throws(StorageError) -> [FeedRecord] {
        try readFeeds(Store.allFeeds, [])
    }

    private func readFeeds(_ statement: SQL, _ values: [Value]) throws(StorageError) -> [FeedRecord]
    {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(statement, values)
                var feeds: [FeedRecord] = []
                while try cursor.next() {
                    feeds.append(
                        FeedRecord(
                            id: cursor.int(0) ?? 0, owner: cursor.string(1) ?? "",
                            uri: cursor.string(2) ?? "", label: cursor.string(3) ?? "",
                            created: cursor.int(4) ?? 0))
                }
                return feeds
            }
        }
    }

    package func revokeFeed(_ id: Int64, of calendar: CalendarRecord) throws(StorageError) {
        try revoke(Store.revokeFeedOfCalendar, [.int(id), .int(calendar.id)])
    }

    /// Whichever calendar it is of.
    package func revokeFeed(_ id: Int64) throws(StorageError) {
        try revoke(Store.revokeFeed, [.int(id)])
    }

    private func revoke(_ statement: SQL, _ values: [Value]) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            let outcome = try database { () throws(DatabaseError) in
                try connection.execute(statement, values)
            }
            guard outcome.affectedRows > 0 else { throw .storage(.notFound) }
        }
    }
}
