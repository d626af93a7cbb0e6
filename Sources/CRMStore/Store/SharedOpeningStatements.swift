import CalDAV
import MariaDB

/// The statements that open a request of somebody who is not the owner of what it is for, or of nobody:
/// as `OpeningStatements`, and at the end what was granted to them, and the owner.
struct SharedOpeningStatements: Sendable {
    /// Of a principal or home. Parameters: owner, owner, user name, owner.
    let person: SQL
    /// Parameters: owner, user name, owner, owner, uri.
    let calendar: SQL
    /// Parameters: owner, user name, owner, owner, uri, object name.
    let object: SQL
    /// The same with the object's text.
    let objectWithContent: SQL

    init(_ pieces: OpeningStatements.Pieces) {
        // Without a user there is no name, and what is granted to all remains.
        let isViewers: SQL = """
            (g.kind = 'all' OR u.\(pieces.name) IS NOT NULL AND (g.kind = 'authenticated'
               OR g.kind = 'user' AND g.grantee = CONVERT(u.\(pieces.name) USING utf8mb4)))
            """
        // On a calendar `c`, or where there is none on the home.
        let granted: SQL = """
            COALESCE((SELECT BIT_OR(g.privileges) FROM caldav_shares AS g
                       WHERE g.owner = ? AND g.calendar_id IN (COALESCE(c.id, 0), 0)
                         AND \(isViewers)), 0)
            """
        let onHome: SQL = """
            COALESCE((SELECT BIT_OR(g.privileges) FROM caldav_shares AS g
                       WHERE g.owner = ? AND g.calendar_id = 0 AND \(isViewers)), 0)
            """
        let within: SQL = """
            COALESCE((SELECT BIT_OR(g.privileges) FROM caldav_shares AS g
                       WHERE g.owner = ? AND \(isViewers)
                         AND (g.calendar_id = 0 OR EXISTS (
                              SELECT 1 FROM caldav_calendars AS c WHERE c.id = g.calendar_id))), 0)
            """
        let owner: SQL = "p.name, p.email, p.displayname"
        // There may be no user.
        let signer: SQL = """
            FROM (SELECT 1) AS request
            LEFT JOIN \(pieces.table) AS u ON \(pieces.signer)
            LEFT JOIN (\(pieces.people)) AS p ON p.name = ?
            """
        let head: SQL = "SELECT \(pieces.person), \(pieces.pending)"
        person = "\(head), \(onHome), \(within), \(owner) \(signer) LIMIT 1"
        calendar = """
            \(head), \(CalendarColumns.list), \(granted), \(owner)
            \(signer) \(pieces.calendar) LIMIT 1
            """
        object = """
            \(head), \(CalendarColumns.list), \(granted), \(owner), \(ObjectColumns.list), ''
            \(signer) \(pieces.calendar) \(pieces.object) LIMIT 1
            """
        objectWithContent = """
            \(head), \(CalendarColumns.list), \(granted), \(owner), \(ObjectColumns.list), o.icalendar
            \(signer) \(pieces.calendar) \(pieces.object) LIMIT 1
            """
    }
}

extension Store {
    /// Opens a request for what belongs to somebody else than the user.
    func findShared(
        _ address: ResourceAddress, of owner: String, _ userName: String?, _ content: Bool
    ) throws(StoreFailure) -> Opening {
        let statements = context.opening.shared
        let name = Value(userName)
        let bytes = Value.bytes(Array(owner.utf8))
        let (statement, values): (SQL, [Value]) =
            switch address {
            case .calendar(_, let uri):
                (statements.calendar, [bytes, name, .text(owner), .text(owner), .text(uri)])
            case .object(_, let uri, let object):
                (
                    content ? statements.objectWithContent : statements.object,
                    [
                        bytes, name, .text(owner), .text(owner), .text(uri),
                        .bytes(Array(object.utf8)),
                    ]
                )
            default: (statements.person, [bytes, bytes, name, .text(owner)])
            }
        let shared = try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var opening = Opening()
            guard try cursor.next() else { return opening }
            opening.user = PersonColumns.read(cursor, at: 0)
            opening.hasPendingChanges = cursor.int(PersonColumns.count) == 1
            var column = PersonColumns.count + 1
            switch address {
            case .calendar(_, let uri), .object(_, let uri, _):
                let found = CalendarColumns.read(cursor, at: column)
                if let found, found.owner.utf8.elementsEqual(owner.utf8),
                    found.uri.utf8.elementsEqual(uri.utf8)
                {
                    opening.calendar = found
                }
                column += CalendarColumns.count
                opening.granted = Store.privileges(cursor, at: column)
                // Another spelling finds nothing, and says nothing of what it nearly found.
                if found != nil, opening.calendar == nil { opening.granted = [] }
            default:
                opening.granted = Store.privileges(cursor, at: column)
                column += 1
                opening.grantedWithin = Store.privileges(cursor, at: column)
            }
            opening.owner = Store.owner(cursor, at: column + 1, named: owner)
            if opening.owner == nil, !opening.granted.union(opening.grantedWithin).isEmpty {
                // Somebody who may no longer sign in still shares what they shared.
                opening.owner = UserRecord(
                    name: owner, passwordHash: [], email: nil, displayName: nil)
            }
            opening.calendar?.granted = opening.granted
            opening.calendar?.ownerEmail = opening.owner?.email
            if case .object = address, opening.calendar != nil {
                opening.object = ObjectColumns.read(cursor, at: column + 4)
            }
            return opening
        }
        // Who types their name in another spelling than the database's comes here for their own.
        if let user = shared.user, user.name.utf8.elementsEqual(owner.utf8) {
            return try findOwn(address, user.name, content)
        }
        return shared
    }

    static func privileges(_ cursor: Cursor, at column: Int) -> Privileges {
        Privileges(rawValue: UInt32(truncatingIfNeeded: cursor.int(column) ?? 0))
    }

    static func owner(
        _ cursor: Cursor, at first: Int, named owner: String
    ) -> UserRecord? {
        guard let name = cursor.string(first), name.utf8.elementsEqual(owner.utf8) else {
            return nil
        }
        return UserRecord(
            name: name, passwordHash: [], email: cursor.string(first + 1),
            displayName: cursor.string(first + 2))
    }
}
