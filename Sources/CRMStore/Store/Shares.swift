package import CalDAV
import MariaDB

// What owners grant: rows of `caldav_shares`.
extension Store {
    private static let sharesOfOwner: SQL = """
        SELECT g.calendar_id, g.kind, g.grantee, g.privileges FROM caldav_shares AS g
         WHERE g.owner = ? ORDER BY g.calendar_id, g.kind DESC, g.grantee
        """
    private static let deleteShares: SQL =
        "DELETE FROM caldav_shares WHERE owner = ? AND calendar_id = ?"
    private static let sharers: SQL = """
        SELECT g.owner, BIT_OR(IF(g.calendar_id = 0, g.privileges, 0)), BIT_OR(g.privileges)
          FROM caldav_shares AS g
          LEFT JOIN caldav_calendars AS c ON c.id = g.calendar_id
         WHERE (g.grantee = ? AND g.kind = 'user' OR g.grantee = '' AND g.kind = 'authenticated')
           AND g.owner <> ? AND (g.calendar_id = 0 OR c.id IS NOT NULL)
         GROUP BY g.owner ORDER BY g.owner
        """

    private static let owners: SQL = """
        SELECT DISTINCT user_id FROM caldav_calendars ORDER BY user_id
        """

    /// Everybody who has a calendar.
    package func calendarOwners() throws(StorageError) -> [String] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.owners)
                var owners: [String] = []
                while try cursor.next() {
                    if let owner = cursor.string(0) { owners.append(owner) }
                }
                return owners
            }
        }
    }

    package func shares(of owner: String) throws(StorageError) -> [Share] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(
                    Store.sharesOfOwner, .bytes(Array(owner.utf8)))
                var shares: [Share] = []
                while try cursor.next() {
                    guard let kind = cursor.string(1),
                        let grantee = Share.Grantee(kind: kind, name: cursor.string(2) ?? "")
                    else { continue }
                    let calendar = cursor.int(0) ?? 0
                    shares.append(
                        Share(
                            calendar: calendar == 0 ? nil : calendar, grantee: grantee,
                            privileges: Store.privileges(cursor, at: 3)))
                }
                return shares
            }
        }
    }

    package func setShares(
        _ shares: [Share], of owner: String, on calendar: Int64?
    ) throws(StorageError) {
        let (owner, id) = (Value.bytes(Array(owner.utf8)), Value.int(calendar ?? 0))
        try atTheEdge { () throws(StoreFailure) in
            try connection.transaction { () throws(StoreFailure) in
                try database { () throws(DatabaseError) in
                    _ = try connection.execute(Store.deleteShares, owner, id)
                    for piece in shares.inStatementChunks() {
                        let rows = SQL.repeated("(?, ?, ?, ?, ?, ?)", count: piece.count)
                        _ = try connection.execute(
                            """
                            INSERT INTO caldav_shares
                                   (owner, calendar_id, kind, grantee, privileges, granted)
                            VALUES \(rows)
                            """,
                            piece.flatMap { share in
                                [
                                    owner, id, .bytes(Array(share.grantee.kind.utf8)),
                                    .bytes(Array(share.grantee.name.utf8)),
                                    .int(Int64(share.privileges.rawValue)), .int(now),
                                ]
                            })
                    }
                }
            }
        }
    }

    package func sharers(with viewer: String) throws(StorageError) -> [Sharer] {
        let name = Value.bytes(Array(viewer.utf8))
        return try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.sharers, name, name)
                var sharers: [Sharer] = []
                while try cursor.next() {
                    sharers.append(
                        Sharer(
                            owner: cursor.string(0) ?? "",
                            granted: Store.privileges(cursor, at: 1),
                            grantedWithin: Store.privileges(cursor, at: 2)))
                }
                return sharers
            }
        }
    }
}

extension Share.Grantee {
    /// `caldav_shares.kind`
    fileprivate var kind: String {
        switch self {
        case .user: "user"
        case .authenticated: "authenticated"
        case .all: "all"
        }
    }

    /// `caldav_shares.grantee`
    fileprivate var name: String {
        if case .user(let name) = self { name } else { "" }
    }

    fileprivate init?(kind: String, name: String) {
        switch kind {
        case "user": self = .user(name)
        case "authenticated": self = .authenticated
        case "all": self = .all
        default: return nil
        }
    }
}
