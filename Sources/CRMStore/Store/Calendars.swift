package import CalDAV
import MariaDB

// Calendar collections: rows of the documented `caldav_calendars`, with what it cannot hold beside it.
extension Store {
    /// Whether anything is stored for a calendar, by whomever.
    private static let hasStored: SQL =
        "EXISTS (SELECT 1 FROM caldav_properties AS p WHERE p.calendar_id = c.id)"
    private static let calendarsOfOwner: SQL = """
        SELECT \(CalendarColumns.list), \(hasStored)
          FROM caldav_calendars AS c
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE c.user_id = ?
         ORDER BY c.uri
        """
    private static let calendarsGrantedTo: SQL = """
        SELECT \(CalendarColumns.list), \(hasStored),
               COALESCE((SELECT BIT_OR(g.privileges) FROM caldav_shares AS g
                          WHERE g.owner = ? AND g.calendar_id IN (c.id, 0)
                            AND (g.kind IN ('all', 'authenticated')
                                 OR g.kind = 'user' AND g.grantee = ?)), 0)
          FROM caldav_calendars AS c
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE c.user_id = ?
         ORDER BY c.uri
        """
    private static let insertCalendar: SQL = """
        INSERT INTO caldav_calendars
               (user_id, uri, displayname, description, color, timezone, components)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    private static let insertState: SQL = """
        INSERT INTO caldav_calendar_state
               (calendar_id, revision, floor, mirrored, protected, subscribed, color, color_base)
        SELECT ?, COALESCE(MAX(revision), 0) + 1, COALESCE(MAX(revision), 0) + 1, ?, 0, ?, ?, ?
          FROM caldav_calendar_state
        """
    private static let spelling: SQL = """
        SELECT uri FROM caldav_calendars WHERE user_id = ? AND uri = ?
        """

    package func calendars(of owner: String) throws(StorageError) -> [CalendarRecord] {
        try atTheEdge { () throws(StoreFailure) in
            try readCalendars(of: owner, Store.calendarsOfOwner, [.text(owner)])
        }
    }

    package func calendars(
        of owner: String, grantedTo viewer: String
    ) throws(StorageError) -> [CalendarRecord] {
        try atTheEdge { () throws(StoreFailure) in
            try readCalendars(
                of: owner, Store.calendarsGrantedTo,
                [.bytes(Array(owner.utf8)), .bytes(Array(viewer.utf8)), .text(owner)])
        }
    }

    /// Those that the CRM made get their state at the first look.
    private func readCalendars(
        of owner: String, _ statement: SQL, _ values: [Value]
    ) throws(StoreFailure) -> [CalendarRecord] {
        let calendars = try readRows(of: owner, statement, values)
        let fresh = calendars.filter { $0.revision == 0 }
        guard !fresh.isEmpty else { return calendars }
        for calendar in fresh { try prepareState(of: calendar) }
        return try readRows(of: owner, statement, values)
    }

    private func readRows(
        of owner: String, _ statement: SQL, _ values: [Value]
    ) throws(StoreFailure) -> [CalendarRecord] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var calendars: [CalendarRecord] = []
            while try cursor.next() {
                guard var calendar = CalendarColumns.read(cursor, at: 0),
                    calendar.owner.utf8.elementsEqual(owner.utf8)
                else { continue }
                calendar.mayHaveStored = cursor.int(CalendarColumns.count) == 1
                if values.count > 1 {
                    calendar.granted = Store.privileges(cursor, at: CalendarColumns.count + 1)
                }
                calendars.append(calendar)
            }
            return calendars
        }
    }

    // MARK: Making

    package func createCalendar(
        _ uri: String, of owner: String, with properties: [CalendarChange]
    ) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            try checkProperties(properties)
            try connection.transaction { () throws(StoreFailure) in
                try checkCalendars(of: owner)
                try insertCalendar(uri, of: owner, with: properties)
            }
        }
    }

    private func insertCalendar(
        _ uri: String, of owner: String, with properties: [CalendarChange]
    ) throws(StoreFailure) {
        let defaults = settings.newCalendar
        var displayName = uri
        var description: String?
        var color: String? = defaults.color
        var timeZone = defaults.timeZone
        var components = defaults.components
        var isSubscribed = false
        for property in properties {
            switch property {
            case .displayName(let name): displayName = name
            case .description(let text): description = text
            case .color(let value): color = value
            case .timeZone(let name): timeZone = name
            case .components(let names): components = names
            case .subscribed: isSubscribed = true
            case .store, .remove: break
            }
        }
        let columnColor = color.flatMap(Store.documentedColor)
        let id: Int64
        do throws(DatabaseError) {
            let outcome = try connection.execute(
                Store.insertCalendar, .text(owner), .text(uri), .text(displayName),
                Value(description), Value(columnColor), .text(timeZone),
                .text(components.joined(separator: ",")))
            id = Int64(clamping: outcome.insertID)
        } catch  where error.isDuplicateKey {
            throw try spellingConflict(with: uri, of: owner)
        } catch {
            throw .database(error)
        }
        _ = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.insertState, .int(id),
                .bool(settings.mirrorsNewCalendars && !isSubscribed), .bool(isSubscribed),
                Value(color.map { Array($0.utf8) }), Value(columnColor.map { Array($0.utf8) }))
        }
        for property in properties { try storeIfDead(property, calendar: id, viewer: owner) }
    }

    private func spellingConflict(
        with uri: String, of owner: String
    ) throws(StoreFailure) -> StoreFailure {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.spelling, .text(owner), .text(uri))
            guard try cursor.next(), let present = cursor.string(0),
                !present.utf8.elementsEqual(uri.utf8)
            else { return .storage(.alreadyExists) }
            return .storage(.spellingConflict(uri: present))
        }
    }

    /// What the documented `VARCHAR(7)` can hold of a colour: `#RRGGBB` of a longer one, a short name.
    private static func documentedColor(_ color: String) -> String? {
        if color.hasPrefix("#"), color.utf8.count > 7 { return String(color.prefix(7)) }
        return color.unicodeScalars.count <= 7 ? color : nil
    }

    // MARK: Changing

    private static let setDisplayName: SQL =
        "UPDATE caldav_calendars SET displayname = ? WHERE id = ?"
    private static let setDescription: SQL =
        "UPDATE caldav_calendars SET description = ? WHERE id = ?"
    private static let setTimeZone: SQL = "UPDATE caldav_calendars SET timezone = ? WHERE id = ?"
    private static let setComponents: SQL =
        "UPDATE caldav_calendars SET components = ? WHERE id = ?"
    private static let setColor: SQL = """
        UPDATE caldav_calendars AS c JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
           SET c.color = ?, s.color = ?, s.color_base = ?
         WHERE c.id = ?
        """

    package func change(
        _ calendar: CalendarRecord, _ changes: [CalendarChange], viewer: String
    ) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            // What a viewer keeps for themselves is no change of the owner's calendar.
            let isShared = !viewer.utf8.elementsEqual(calendar.owner.utf8)
            let isPrivate = isShared && changes.allSatisfy(\.isForViewer)
            try checkProperties(changes)
            try connection.transaction { () throws(StoreFailure) in
                if isPrivate {
                    try lockState(of: calendar.id)
                } else {
                    _ = try takeRevisions(of: calendar.id)
                }
                for change in changes {
                    try apply(change, to: calendar.id)
                    try storeIfDead(change, calendar: calendar.id, viewer: viewer)
                }
                try checkProperties(ofCalendar: calendar.id, after: changes, by: viewer)
            }
        }
    }

    private func apply(_ change: CalendarChange, to id: Int64) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) -> Outcome? in
            switch change {
            case .displayName(let name):
                try connection.execute(Store.setDisplayName, .text(name), .int(id))
            case .description(let text):
                try connection.execute(Store.setDescription, Value(text), .int(id))
            case .timeZone(let name):
                try connection.execute(Store.setTimeZone, .text(name), .int(id))
            case .components(let names):
                try connection.execute(
                    Store.setComponents, .text(names.joined(separator: ",")), .int(id))
            case .color(let color):
                try setColor(color, of: id)
            case .store, .remove, .subscribed: nil
            }
        }
    }

    private func setColor(_ color: String?, of id: Int64) throws(DatabaseError) -> Outcome {
        let column = color.flatMap(Store.documentedColor)
        return try connection.execute(
            Store.setColor, Value(column), Value(color.map { Array($0.utf8) }),
            Value(column.map { Array($0.utf8) }), .int(id))
    }
}
