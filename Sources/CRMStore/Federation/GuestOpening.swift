package import CalDAV
import MariaDB

/// The statements that open a request of somebody of another server, with whom a calendar is shared: the
/// share, the calendar, its owner, whether the CRM changed anything, the object.
struct GuestOpeningStatements: Sendable {
    /// Parameters: digest of the secret, user name.
    let calendar: SQL
    /// Parameters: object name, digest of the secret, user name.
    let object: SQL
    /// The same with the object's text.
    let objectWithContent: SQL

    init(_ pieces: OpeningStatements.Pieces) {
        let share: SQL = """
            f.id, f.secret_digest, f.share_with, f.recipient, f.access, f.state, f.seen, f.owner, f.uri
            """
        let head: SQL = """
            SELECT \(share), \(pieces.pending), \(CalendarColumns.list), p.name, p.email, p.displayname
            """
        // The collations of both names may differ, and then do not mix by themselves.
        let from: SQL = """
              FROM caldav_federated_shares AS f
              LEFT JOIN caldav_calendars AS c ON c.id = f.calendar_id
              LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
              LEFT JOIN (\(pieces.people)) AS p
                ON p.name = CONVERT(c.user_id USING utf8mb4) COLLATE utf8mb4_bin
            """
        let condition: SQL = """
             WHERE f.secret_digest = ? AND f.state <> 'declined'
               AND NOT EXISTS (SELECT 1 FROM \(pieces.table) AS u WHERE \(pieces.signer))
             LIMIT 1
            """
        calendar = "\(head) \(from) \(condition)"
        object = "\(head), \(ObjectColumns.list), '' \(from) \(pieces.object) \(condition)"
        objectWithContent = """
            \(head), \(ObjectColumns.list), o.icalendar \(from) \(pieces.object) \(condition)
            """
    }
}

extension Store {
    /// The column at which the calendar's begin.
    private static let calendarColumn = 10

    package func open(
        _ address: ResourceAddress, asGuest key: GuestKey, content: Bool
    ) throws(StorageError) -> Opening {
        try atTheEdge { () throws(StoreFailure) in
            try verified { () throws(StoreFailure) in try find(address, key, content) }
        }
    }

    private func find(
        _ address: ResourceAddress, _ key: GuestKey, _ content: Bool
    ) throws(StoreFailure) -> Opening {
        let statements = context.opening.guest
        let digest = try database { () throws(DatabaseError) in
            try self.digest(ofShareSecret: key.secret)
        }
        let name = Value.text(key.userName)
        let (statement, values): (SQL, [Value]) =
            if case .object(_, _, let object) = address {
                (
                    content ? statements.objectWithContent : statements.object,
                    [bytes(object), .bytes(digest), name]
                )
            } else {
                (statements.calendar, [.bytes(digest), name])
            }
        let (opening, stale) = try database { () throws(DatabaseError) -> (Opening, Int64?) in
            var opening = Opening()
            let cursor = try connection.query(statement, values)
            guard try cursor.next(), let kept = cursor.bytes(1),
                Digest.areEqual(Array(kept), digest),
                Store.isMeant(key.cloudID, cursor.string(2) ?? "", recipient: cursor.string(3))
            else { return (opening, nil) }
            let isFresh = cursor.string(5) == "accepted" && (cursor.int(6) ?? 0) > now - 3_600
            let stale = isFresh ? nil : cursor.int(0)
            opening.user = .guest(cursor.string(2) ?? "")
            opening.hasPendingChanges = cursor.int(9) == 1
            guard var calendar = CalendarColumns.read(cursor, at: Store.calendarColumn),
                Store.isIn(calendar, sharedAs: (cursor.string(7), cursor.string(8)), address)
            else { return (opening, stale) }
            let access = FederatedAccess(rawValue: cursor.string(4) ?? "")
            let owner = Store.calendarColumn + CalendarColumns.count
            opening.granted = access?.privileges ?? []
            opening.owner =
                Store.owner(cursor, at: owner, named: calendar.owner)
                ?? UserRecord(
                    name: calendar.owner, passwordHash: [], email: nil, displayName: nil)
            calendar.granted = opening.granted
            calendar.ownerEmail = opening.owner?.email
            opening.calendar = calendar
            if case .object = address {
                opening.object = ObjectColumns.read(cursor, at: owner + 3)
            }
            return (opening, stale)
        }
        if let stale { noteSeen(stale) }
        return opening
    }

    /// Servers come under another name of theirs than the one that people know, and know their users
    /// under another name than the one that these sign in with: the secret decides, and whose it is.
    private static func isMeant(
        _ guest: CloudID, _ shareWith: String, recipient: String?
    ) -> Bool {
        let names = [CloudID(shareWith)?.user, recipient].compactMap { $0?.lowercased() }
        return names.contains { $0.utf8.elementsEqual(guest.user.lowercased().utf8) }
    }

    /// Whether an address is of the shared calendar, by what it is called now or was called when it was
    /// shared.
    private static func isIn(
        _ calendar: CalendarRecord, sharedAs former: (owner: String?, uri: String?),
        _ address: ResourceAddress
    ) -> Bool {
        let named: (owner: String, uri: String)
        switch address {
        case .calendar(let owner, let uri), .object(let owner, let uri, _): named = (owner, uri)
        default: return false
        }
        return [(calendar.owner, calendar.uri), (former.owner ?? "", former.uri ?? "")].contains {
            $0.0.utf8.elementsEqual(named.owner.utf8) && $0.1.utf8.elementsEqual(named.uri.utf8)
        }
    }

    private static let noteSeen: SQL = """
        UPDATE caldav_federated_shares
           SET seen = ?, reason = IF(state = 'lapsed', NULL, reason), state = 'accepted'
         WHERE id = ? AND state <> 'declined'
        """

    /// That somebody came for a calendar is what tells that they have taken it. Once an hour; no request
    /// fails because of it.
    private func noteSeen(_ share: Int64) {
        do throws(DatabaseError) {
            _ = try connection.execute(Store.noteSeen, .int(now), .int(share))
        } catch {
            // The next request tries again.
        }
    }
}
