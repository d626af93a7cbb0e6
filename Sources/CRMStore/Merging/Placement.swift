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

    func calendar(withID id: Int64) -> CalendarRecord? { byID[String(id)] }

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

    /// Finds the calendars of some rows, and those with the given ids, in a constant number of
    /// statements.
    func placement(
        of rows: [TaskRow], andCalendars ids: Set<Int64>
    ) throws(StoreFailure) -> Placement {
        let named = Set(rows.compactMap { $0.values[.calendar] }).union(ids.map { String($0) })
        let owners = Set(rows.compactMap { $0.values[.owner] })
        return Placement(
            byID: try calendars(withIDs: named.compactMap(Int64.init)),
            byOwner: try defaultCalendars(ofOwners: owners.sorted()),
            byDefault: try defaultCalendar())
    }

    private func defaultCalendar() throws(StoreFailure) -> CalendarRecord {
        let (user, uri) = settings.defaultCalendar
        for _ in 0..<2 {
            let found = try readCalendars(Store.calendar, [.text(user), .text(uri)], idColumns: 0)
            if let calendar = found.first?.calendar { return calendar }
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
            for found in try readCalendars(select, piece.map { .int($0) }, idColumns: 0) {
                if let calendar = found.calendar { calendars[String(calendar.id)] = calendar }
            }
        }
        return calendars
    }

    /// By the value of the owner column. Owners who have no calendar yet get one.
    private func defaultCalendars(
        ofOwners owners: [String]
    ) throws(StoreFailure) -> [String: CalendarRecord] {
        guard let users = Identifier(settings.users.table),
            let id = Identifier(settings.users.idColumn),
            let name = Identifier(settings.users.nameColumn)
        else { return [:] }
        var calendars: [String: CalendarRecord] = [:]
        for piece in owners.inStatementChunks() {
            let select: SQL = """
                SELECT CAST(u.\(id) AS CHAR), u.\(name), \(CalendarColumns.list)
                  FROM \(users) AS u
                  LEFT JOIN caldav_calendars AS c ON c.user_id = u.\(name) AND c.uri = ?
                  LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
                 WHERE u.\(id) IN (\(SQL.repeated("?", count: piece.count)))
                """
            let values = [Value.text(settings.defaultCalendar.uri)] + piece.map { .text($0) }
            var found = try readCalendars(select, values, idColumns: 2)
            let homeless = found.filter { $0.calendar == nil }
            if !homeless.isEmpty {
                for owner in homeless { try prepareHome(named: owner.name) }
                found = try readCalendars(select, values, idColumns: 2)
            }
            for owner in found { calendars[owner.id] = owner.calendar }
        }
        return calendars
    }

    private struct FoundCalendar {
        var id: String
        var name: String
        /// Nil where there is none, or one whose state has to be made.
        var calendar: CalendarRecord?
    }

    private func readCalendars(
        _ statement: SQL, _ values: [Value], idColumns: Int
    ) throws(StoreFailure) -> [FoundCalendar] {
        let found = try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var found: [FoundCalendar] = []
            while try cursor.next() {
                found.append(
                    FoundCalendar(
                        id: cursor.string(0) ?? "", name: cursor.string(1) ?? "",
                        calendar: CalendarColumns.read(cursor, at: idColumns)))
            }
            return found
        }
        for calendar in found.compactMap(\.calendar) where calendar.revision == 0 {
            try prepareState(of: calendar)
        }
        return found
    }
}
