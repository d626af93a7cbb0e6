import CalDAV
import MariaDB

/// Columns of a person in every opening statement: name, password, email, display name, id.
enum PersonColumns {
    static let count = 5

    static func read(_ cursor: Cursor, at first: Int) -> UserRecord? {
        guard let name = cursor.string(first) else { return nil }
        return UserRecord(
            name: name, passwordHash: cursor.bytes(first + 1).map(Array.init) ?? [],
            email: cursor.string(first + 2), displayName: cursor.string(first + 3))
    }
}

/// Columns of a calendar `c` with its state `s`.
enum CalendarColumns {
    static let count = 18
    static let list: SQL = """
        c.id, c.user_id, c.uri, c.displayname, c.description, c.color, c.timezone, c.components,
        s.revision, s.floor, s.protected, s.mirrored, s.color, s.color_base,
        s.lost_after, s.lost_through, s.subscribed,
        UNIX_TIMESTAMP(c.created_at)
        """

    /// Nil where there is no such row. A row without its state reads as revision 0.
    static func read(_ cursor: Cursor, at first: Int) -> CalendarRecord? {
        guard let id = cursor.int(first), let owner = cursor.string(first + 1),
            let uri = cursor.string(first + 2)
        else { return nil }
        var calendar = CalendarRecord(
            id: id, owner: owner, uri: uri, displayName: cursor.string(first + 3) ?? uri,
            description: cursor.string(first + 4), color: color(cursor, at: first),
            timeZone: cursor.string(first + 6) ?? "UTC",
            components: components(cursor.string(first + 7)),
            revision: cursor.int(first + 8) ?? 0, floor: cursor.int(first + 9) ?? 0,
            isProtected: cursor.int(first + 10) == 1)
        calendar.isMirrored = cursor.int(first + 11) == 1
        // 0 is what MySQL's 0000-00-00 gives.
        calendar.created = cursor.int(first + 17).flatMap { $0 > 0 ? $0 : nil }
        calendar.isSubscribed = cursor.int(first + 16) == 1
        if let after = cursor.int(first + 14), let through = cursor.int(first + 15),
            after < through
        {
            calendar.lost = after + 1..<through
        }
        return calendar
    }

    /// As a client wrote it, unless the CRM has set another since.
    private static func color(_ cursor: Cursor, at first: Int) -> String? {
        let column = cursor.string(first + 5)
        guard let written = cursor.string(first + 12), cursor.string(first + 13) == column else {
            return column
        }
        return written
    }

    private static func components(_ list: String?) -> [String] {
        // As nearly every row has it.
        guard let list, list != "VEVENT,VTODO" else { return ["VEVENT", "VTODO"] }
        return list.split(separator: ",").map {
            String($0).uppercased().filter { !$0.isWhitespace }
        }
    }
}

/// Columns of an object `o`; its text, or an empty one, follows.
enum ObjectColumns {
    static let list: SQL = "o.name, o.component, o.etag, o.size, o.modified, o.created"
    static let count = 6

    static func read(_ cursor: Cursor, at first: Int) -> ObjectRecord? {
        guard let name = cursor.string(first), let etag = cursor.string(first + 2) else {
            return nil
        }
        return ObjectRecord(
            name: name, component: cursor.string(first + 1) ?? "", etag: etag,
            size: cursor.int(first + 3) ?? 0, modified: cursor.int(first + 4) ?? 0,
            created: cursor.int(first + 5) ?? 0,
            content: cursor.bytes(first + 6).map(Array.init) ?? [])
    }
}
