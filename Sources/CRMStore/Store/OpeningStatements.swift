import MariaDB

/// The statements by which a request finds everything it is about at once: who signs in, the
/// calendar, the object, and whether the CRM changed anything.
struct OpeningStatements: Sendable {
    /// Parameters: user name.
    let user: SQL
    /// Parameters: user name, user name, the default calendar's uri.
    let home: SQL
    /// Parameters: user name, owner, uri.
    let calendar: SQL
    /// Parameters: user name, owner, uri, object name.
    let object: SQL
    /// The same with the object's text.
    let objectWithContent: SQL
    /// Parameters: digest of the token.
    let feed: SQL
    let shared: SharedOpeningStatements
    let guest: GuestOpeningStatements
    /// Everybody who may sign in: name, email, displayname.
    let people: SQL

    /// What the statements are made of.
    struct Pieces {
        /// The column of `u`.
        let name: Identifier
        let person: SQL
        let pending: SQL
        let table: Identifier
        /// A condition on `u`. One parameter: user name.
        let signer: SQL
        let calendar: SQL
        let object: SQL
        /// Everybody who may sign in: name, email, displayname.
        let people: SQL
    }

    init(_ users: UserTable) throws(StoreSettingsError) {
        let table = try OpeningStatements.identifier(users.table, "users_table")
        let name = try OpeningStatements.identifier(users.nameColumn, "users_name_column")
        let id = try OpeningStatements.identifier(users.idColumn, "users_id_column")
        let password = try OpeningStatements.identifier(
            users.passwordColumn, "users_password_column")
        let email = try OpeningStatements.optional(users.emailColumn, "users_email_column")
        let displayName = try OpeningStatements.optional(
            users.displayNameColumn, "users_display_name_column")
        let condition: SQL = users.condition.map { "AND (\(SQL(configured: $0)))" } ?? ""

        let person: SQL = "u.\(name), u.\(password), \(email), \(displayName), u.\(id)"
        let pending: SQL = "EXISTS (SELECT 1 FROM caldav_pending)"
        let signer: SQL = "u.\(name) = ? \(condition)"
        // The server merges this into the rest. A table that it would have to make, be it of one row,
        // takes it as long as two that are looked up by their keys. The operator's condition sees the
        // columns of this table alone.
        let from: SQL = "FROM (SELECT u.* FROM \(table) AS u WHERE \(signer)) AS u"
        let calendar: SQL = """
            LEFT JOIN caldav_calendars AS c ON c.user_id = ? AND c.uri = ?
            LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
            """
        let object: SQL = "LEFT JOIN caldav_objects AS o ON o.calendar_id = c.id AND o.name = ?"
        // As `pending`, behind tables that have a row at most: the join stops at its first, which takes
        // the server half the time of an EXISTS.
        let isWaiting: SQL = "w.id IS NOT NULL"
        let waiting: SQL = "LEFT JOIN caldav_pending AS w ON TRUE LIMIT 1"

        people = try OpeningStatements.people(users)
        let pieces = Pieces(
            name: name, person: person, pending: pending, table: table, signer: signer,
            calendar: calendar, object: object, people: people)
        shared = SharedOpeningStatements(pieces)
        guest = GuestOpeningStatements(pieces)
        user = "SELECT \(person), \(isWaiting) \(from) \(waiting)"
        home = """
            SELECT \(person), \(isWaiting), s.calendar_id IS NOT NULL
            \(from) \(calendar) \(waiting)
            """
        self.calendar = """
            SELECT \(person), \(isWaiting), \(CalendarColumns.list)
            \(from) \(calendar) \(waiting)
            """
        self.object = """
            SELECT \(person), \(isWaiting), \(CalendarColumns.list), \(ObjectColumns.list), ''
            \(from) \(calendar) \(object) \(waiting)
            """
        objectWithContent = """
            SELECT \(person), \(isWaiting), \(CalendarColumns.list), \(ObjectColumns.list), o.icalendar
            \(from) \(calendar) \(object) \(waiting)
            """
        // The collations of both names may differ, and then do not mix by themselves.
        feed = """
            SELECT \(person), \(pending), \(CalendarColumns.list)
              FROM caldav_feeds AS f
              LEFT JOIN caldav_calendars AS c ON c.id = f.calendar_id
              LEFT JOIN caldav_calendar_state AS s ON s.calendar_id = c.id
              LEFT JOIN (SELECT u.* FROM \(table) AS u WHERE TRUE \(condition)) AS u
                ON u.\(name) = CONVERT(c.user_id USING utf8mb4) COLLATE utf8mb4_bin
             WHERE f.token = ? LIMIT 1
            """
    }

    /// A query for everybody who may sign in: name, email, displayname.
    static func people(_ users: UserTable) throws(StoreSettingsError) -> SQL {
        let table = try identifier(users.table, "users_table")
        let name = try identifier(users.nameColumn, "users_name_column")
        let email = try optional(users.emailColumn, "users_email_column")
        let displayName = try optional(users.displayNameColumn, "users_display_name_column")
        let condition: SQL = users.condition.map { "WHERE (\(SQL(configured: $0)))" } ?? ""
        return """
            SELECT u.\(name) AS name, \(email) AS email, \(displayName) AS displayname
              FROM \(table) AS u \(condition)
            """
    }

    static func identifier(
        _ name: String, _ key: String
    ) throws(StoreSettingsError) -> Identifier {
        guard let identifier = Identifier(name) else {
            throw StoreSettingsError(key: key, reason: "not a name of the database: \(name)")
        }
        return identifier
    }

    private static func optional(_ name: String?, _ key: String) throws(StoreSettingsError) -> SQL {
        guard let name else { return "NULL" }
        return "u.\(try identifier(name, key))"
    }
}
