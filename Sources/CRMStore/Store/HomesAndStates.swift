package import CalDAV
import MariaDB

// Rows of ours that stand beside the CRM's: a calendar's state, a home's default calendar.
extension Store {
    private static let insertDefaultCalendar: SQL = """
        INSERT IGNORE INTO caldav_calendars (user_id, uri, displayname, color, timezone, components)
        VALUES (?, ?, ?, ?, ?, ?)
        """

    /// A calendar that the CRM made holds CRM tasks; the default one and every user's own calendar of
    /// that name belong to the CRM, so no client may delete them. Its revisions begin above all others:
    /// a token of a deleted calendar at the same address must not be taken for one of this calendar.
    private static let insertStates: SQL = """
        INSERT IGNORE INTO caldav_calendar_state (calendar_id, revision, floor, mirrored, protected)
        SELECT c.id, n.fresh, n.fresh, 1, c.uri = ?
          FROM caldav_calendars AS c
          JOIN (SELECT COALESCE(MAX(revision), 0) + 1 AS fresh FROM caldav_calendar_state) AS n
         WHERE c.user_id = ? AND c.uri = ?
        """

    package func prepareHome(of user: UserRecord) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in try prepareHome(named: user.name) }
    }

    func prepareHome(named name: String) throws(StoreFailure) {
        let defaults = settings.newCalendar
        let uri = settings.defaultCalendar.uri
        _ = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.insertDefaultCalendar, .text(name), .text(uri),
                .text(defaults.displayName), .text(defaults.color), .text(defaults.timeZone),
                .text(defaults.components.joined(separator: ",")))
        }
        try prepareState(owner: name, uri: uri)
    }

    func prepareState(of calendar: CalendarRecord) throws(StoreFailure) {
        try prepareState(owner: calendar.owner, uri: calendar.uri)
    }

    private func prepareState(owner: String, uri: String) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in
            try connection.execute(
                Store.insertStates, .text(settings.defaultCalendar.uri), .text(owner), .text(uri))
        }
    }
}
