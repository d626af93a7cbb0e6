import CalDAV
import MariaDB

/// Which calendar a task of the CRM's belongs to: the one its calendar column names, else its owner's
/// default calendar, else the default calendar.
struct Placement {
    private var byID: [String: CalendarRecord] = [:]
    private var byOwner: [String: CalendarRecord] = [:]
    private let byDefault: CalendarRecord

    func calendar(for row: TaskRow) -> CalendarRecord {
        if let id = row.values[.calendar], let calendar = byID[id] { return calendar }
        if let owner = row.values[.owner], let calendar = byOwner[owner] { return calendar }
        return byDefault
    }

    fileprivate init(
        byID: [String: CalendarRecord], byOwner: [String: CalendarRecord],
        byDefault: CalendarRecord
    ) {
        self.byID = byID
        self.byOwner = byOwner
        self.byDefault = byDefault
    }
}

extension Store {
    private static let calendar: SQL = """
        SELECT \(CalendarColumns.list)
          FROM caldav_calendars AS c
          LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
         WHERE c.user_id = ? AND c.uri = ?
        """

    /// Finds the calendars of some rows in a constant number of statements.
    func placement(of rows: [TaskRow]) throws(StoreFailure) -> Placement {
        let named = Set(rows.compactMap { $0.values[.calendar] })
        let owners = Set(rows.compactMap { $0.values[.owner] })
        return Placement(
            byID: try calendars(withIDs: named.compactMap(Int64.init)),
            byOwner: try defaultCalendars(ofOwners: owners.sorted()),
            byDefault: try defaultCalendar())
    }

    private func defaultCalendar() throws(StoreFailure) -> CalendarRecord {
        let (user, uri) = settings.defaultCalendar
        for _ in 0..<2 {
            let found = try readCalendars(Store.calendar, [.text(user), .text(uri)])
            if let calendar = found.first { return calendar }
            try prepareHome(named: user)
        }
        throw .storage(.failed("the default calendar \(user)/\(uri) cannot be made"))
    }

    private func calendars(withIDs ids: [Int64]) throws(StoreFailure) -> [String: CalendarRecord] {
        var calendars: [String: CalendarRecord] = [:]
        for piece in ids.sorted().inStatementChunks() {
            let select: SQL = """
                SELECT \(CalendarColumns.list)
                  FROM caldav_calendars AS c
                  LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
                 WHERE c.id IN (\(SQL.repeated("?", count: piece.count)))
                """
            for calendar in try readCalendars(select, piece.map { .int($0) }) {
                calendars[String(calendar.id)] = calendar
            }
        }
        return calendars
    }

    /// By the value of the owner column. Owners who have no calendar yet get one.
    ///
    /// Users and calendars are not joined: their names may have collations that do not mix.
    private func defaultCalendars(
        ofOwners owners: [String]
    ) throws(StoreFailure) -> [String: CalendarRecord] {
        let names = try names(ofOwners: owners)
        guard !names.isEmpty else { return [:] }
        var calendars = try defaultCalendars(ofUsers: names.map(\.name))
        let homeless = names.filter { calendars[$0.name] == nil }
        if !homeless.isEmpty {
            for owner in homeless { try prepareHome(named: owner.name) }
            calendars = try defaultCalendars(ofUsers: names.map(\.name))
        }
        return Dictionary(
            names.compactMap { owner in calendars[owner.name].map { (owner.id, $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    func names(
        ofOwners owners: [String]
    ) throws(StoreFailure) -> [(id: String, name: String)] {
        guard let users = Identifier(settings.users.table),
            let id = Identifier(settings.users.idColumn),
            let name = Identifier(settings.users.nameColumn)
        else { return [] }
        var names: [(id: String, name: String)] = []
        for piece in owners.inStatementChunks() {
            let select: SQL = """
                SELECT CAST(u.\(id) AS CHAR), u.\(name) FROM \(users) AS u
                 WHERE u.\(id) IN (\(SQL.repeated("?", count: piece.count)))
                """
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(select, piece.map { .text($0) })
                while try cursor.next() {
                    if let id = cursor.string(0), let name = cursor.string(1) {
                        names.append((id, name))
                    }
                }
            }
        }
        return names
    }

    private func defaultCalendars(
        ofUsers names: [String]
    ) throws(StoreFailure) -> [String: CalendarRecord] {
        var calendars: [String: CalendarRecord] = [:]
        for piece in names.inStatementChunks() {
            let select: SQL = """
                SELECT \(CalendarColumns.list)
                  FROM caldav_calendars AS c
                  LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
                 WHERE c.uri = ? AND c.user_id IN (\(SQL.repeated("?", count: piece.count)))
                """
            let values = [settings.defaultCalendar.uri] + piece
            for calendar in try readCalendars(select, values.map { .text($0) }) {
                calendars[calendar.owner] = calendar
            }
        }
        return calendars
    }

    private func readCalendars(
        _ statement: SQL, _ values: [Value]
    ) throws(StoreFailure) -> [CalendarRecord] {
        let calendars = try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var calendars: [CalendarRecord] = []
            while try cursor.next() {
                if let calendar = CalendarColumns.read(cursor, at: 0) { calendars.append(calendar) }
            }
            return calendars
        }
        for calendar in calendars where calendar.revision == 0 { try prepareState(of: calendar) }
        return calendars
    }
}
