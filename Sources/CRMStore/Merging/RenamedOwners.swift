import CalDAV
import MariaDB

// A CRM may give a user another name: the tasks refer to the user by id and stay as they are, but
// calendars belong to a name.
extension Store {
    private static let defaultCalendars: SQL =
        "SELECT id, user_id FROM caldav_calendars WHERE uri = ?"
    private static let give: SQL = """
        UPDATE IGNORE caldav_calendars SET user_id = ? WHERE CAST(user_id AS BINARY) = ?
        """
    private static let ownerOf: SQL = "SELECT user_id FROM caldav_calendars WHERE id = ?"
    private static let tasksIn: SQL = """
        SELECT task_id FROM caldav_objects WHERE calendar_id = ? AND task_id > ?
         ORDER BY task_id LIMIT 100
        """

    /// Gives the calendars of names that no user has any more to whoever owns their tasks now.
    ///
    /// - Returns: how many owners were found under another name.
    func followRenamedOwners() throws(StoreFailure) -> Int {
        var found = 0
        for (calendar, owner) in try abandonedCalendars() {
            guard let name = try ownerOfTasks(in: calendar), name != owner else { continue }
            _ = try database { () throws(DatabaseError) in
                try connection.execute(Store.give, .text(name), .bytes(Array(owner.utf8)))
            }
            // Whoever signed in by the new name already has such a calendar: the tasks go there.
            if try currentOwner(of: calendar) == owner { try moveTasks(outOf: calendar) }
            found += 1
        }
        return found
    }

    /// Default calendars whose owner is no user. The configured one belongs to nobody.
    private func abandonedCalendars() throws(StoreFailure) -> [(id: Int64, owner: String)] {
        let calendars = try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.defaultCalendars, .text(settings.defaultCalendar.uri))
            var calendars: [(id: Int64, owner: String)] = []
            while try cursor.next() {
                calendars.append((cursor.int(0) ?? 0, cursor.string(1) ?? ""))
            }
            return calendars
        }
        let known = try knownUsers(among: calendars.map(\.owner))
        return calendars.filter {
            $0.owner != settings.defaultCalendar.user && !known.contains($0.owner.lowercased())
        }
    }

    /// In lower case, since the server takes names for the same that differ by that alone.
    private func knownUsers(among names: [String]) throws(StoreFailure) -> Set<String> {
        guard let users = Identifier(settings.users.table),
            let column = Identifier(settings.users.nameColumn)
        else { return Set(names.map { $0.lowercased() }) }
        var known: Set<String> = []
        for piece in names.inStatementChunks() {
            let select: SQL = """
                SELECT u.\(column) FROM \(users) AS u
                 WHERE u.\(column) IN (\(SQL.repeated("?", count: piece.count)))
                """
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(select, piece.map { .text($0) })
                while try cursor.next() { known.insert((cursor.string(0) ?? "").lowercased()) }
            }
        }
        return known
    }

    /// The user to whom all tasks in a calendar belong; nil where they are several's, or nobody's.
    private func ownerOfTasks(in calendar: Int64) throws(StoreFailure) -> String? {
        let schema = try installation().schema
        guard let column = schema[.owner] else { return nil }
        let select: SQL = """
            SELECT DISTINCT CAST(t.\(column.identifier) AS CHAR) FROM caldav_objects AS o
              JOIN \(schema.table) AS t ON t.id = o.task_id
             WHERE o.calendar_id = ? LIMIT 2
            """
        let owners = try database { () throws(DatabaseError) in
            let cursor = try connection.query(select, .int(calendar))
            var owners: [String?] = []
            while try cursor.next() { owners.append(cursor.string(0)) }
            return owners
        }
        guard owners.count == 1, let owner = owners[0] else { return nil }
        return try names(ofOwners: [owner]).first?.name
    }

    private func currentOwner(of calendar: Int64) throws(StoreFailure) -> String? {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.ownerOf, .int(calendar))
            return try cursor.next() ? cursor.string(0) : nil
        }
    }

    private func moveTasks(outOf calendar: Int64) throws(StoreFailure) {
        var last: Int64 = 0
        while true {
            let tasks = try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.tasksIn, .int(calendar), .int(last))
                var tasks: [Int64] = []
                while try cursor.next() { tasks.append(cursor.int(0) ?? 0) }
                return tasks
            }
            guard let newest = tasks.last else { return }
            last = newest
            for task in tasks { try move(task) }
        }
    }
}
