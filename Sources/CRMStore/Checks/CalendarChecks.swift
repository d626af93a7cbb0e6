import CalDAV
import ICalendar
import MariaDB

// Calendars are found by their owner's exact name; the CRM may have written another.
extension Store {
    private struct CalendarRow {
        var id: Int64
        var owner: String
        var uri: String
        var timeZone: String?

        var address: String { "\(owner)/\(uri)" }
        /// The same for addresses that people take for one.
        var folded: String {
            address.lowercased().split(separator: " ", omittingEmptySubsequences: true)
                .joined(separator: " ")
        }
    }

    private static let calendarRows: SQL =
        "SELECT id, user_id, uri, timezone FROM caldav_calendars ORDER BY id"
    private static let rename: SQL = "UPDATE caldav_calendars SET user_id = ? WHERE id = ?"

    private static let grantees: SQL =
        "SELECT DISTINCT grantee FROM caldav_shares WHERE kind = 'user' ORDER BY grantee"

    /// Who gets the name of somebody who is gone would get what was shared with them.
    private func checkShares() throws(StoreFailure) -> [CheckFinding] {
        let grantees = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.grantees)
            var names: [String] = []
            while try cursor.next() { names.append(cursor.string(0) ?? "") }
            return names
        }
        var nobodys: [String] = []
        for name in grantees {
            let known = try spelling(ofUser: name)
            if known?.utf8.elementsEqual(name.utf8) != true { nobodys.append(name) }
        }
        guard !nobodys.isEmpty else { return [] }
        return [
            .note(
                "calendars are shared with users who do not exist: "
                    + nobodys.prefix(10).joined(separator: ", "))
        ]
    }

    func checkCalendars() throws(StoreFailure) -> [CheckFinding] {
        let calendars = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.calendarRows)
            var calendars: [CalendarRow] = []
            while try cursor.next() {
                calendars.append(
                    CalendarRow(
                        id: cursor.int(0) ?? 0, owner: cursor.string(1) ?? "",
                        uri: cursor.string(2) ?? "", timeZone: cursor.string(3)))
            }
            return calendars
        }
        var findings = try checkOwners(calendars) + checkShares()
        for same in Dictionary(grouping: calendars, by: \.folded).values where same.count > 1 {
            let list = same.sorted { $0.id < $1.id }.map { "\($0.address) (\($0.id))" }
            findings.append(
                .problem(
                    "calendars differ by their spelling alone: \(list.joined(separator: ", "))",
                    mend: "move what is needed to one of them and delete the others"))
        }
        for calendar in calendars where HomePlace(rawValue: calendar.uri) != nil {
            findings.append(
                .problem(
                    "\(calendar.address) is hidden: every home has a place of that name",
                    mend:
                        "UPDATE caldav_calendars SET uri = '\(calendar.uri)-2' WHERE id = \(calendar.id);"
                ))
        }
        for calendar in calendars {
            guard let name = calendar.timeZone, Zone.named(name) == nil else { continue }
            findings.append(
                .problem(
                    "\(calendar.address) has the time zone \(name), which is not known here",
                    mend: "UPDATE caldav_calendars SET timezone = 'UTC' WHERE id = \(calendar.id);")
            )
        }
        return findings
    }

    private func checkOwners(_ calendars: [CalendarRow]) throws(StoreFailure) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        var nobodys: [String] = []
        for (owner, owned) in Dictionary(grouping: calendars, by: \.owner).sorted(by: {
            $0.key < $1.key
        }) {
            guard let spelling = try spelling(ofUser: owner) else {
                if owner != settings.defaultCalendar.user { nobodys.append(owner) }
                continue
            }
            guard !spelling.utf8.elementsEqual(owner.utf8) else { continue }
            for calendar in owned {
                findings.append(
                    .problem(
                        "\(calendar.address) is not found: its owner's name is \(spelling)",
                        repair: { store throws(StoreFailure) in
                            try store.change(Store.rename, .text(spelling), .int(calendar.id))
                        }))
            }
        }
        if !nobodys.isEmpty {
            findings.append(
                .note(
                    "there are calendars of users who do not exist: "
                        + nobodys.prefix(10).joined(separator: ", ")))
        }
        return findings
    }

    /// As the table of users writes the name; nil where there is no such user.
    private func spelling(ofUser name: String) throws(StoreFailure) -> String? {
        guard let users = Identifier(settings.users.table),
            let column = Identifier(settings.users.nameColumn)
        else { return nil }
        let select: SQL = """
            SELECT u.\(column) FROM \(users) AS u WHERE u.\(column) = ?
             ORDER BY CAST(u.\(column) AS BINARY) = ? DESC LIMIT 1
            """
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(select, .text(name), .bytes(Array(name.utf8)))
            return try cursor.next() ? cursor.string(0) : nil
        }
    }

    // MARK: Objects without a calendar

    private static let orphans: SQL = """
        SELECT o.id, o.task_id, o.calendar_id FROM caldav_objects AS o
          LEFT JOIN caldav_calendars AS c ON c.id = o.calendar_id WHERE c.id IS NULL
        """
    private static let deleteObject: SQL = "DELETE FROM caldav_objects WHERE id = ?"

    private struct Orphan {
        var id: Int64
        var task: Int64?
        var calendar: Int64
    }

    func checkOrphans() throws(StoreFailure) -> [CheckFinding] {
        let orphans = try orphans()
        guard !orphans.isEmpty else { return [] }
        let calendars = Set(orphans.map(\.calendar)).sorted().map { String($0) }
        return [
            .problem(
                "objects in calendars that somebody deleted: \(orphans.count) "
                    + "(\(calendars.prefix(5).joined(separator: ", ")))",
                repair: { store throws(StoreFailure) in try store.houseOrphans() })
        ]
    }

    private func orphans() throws(StoreFailure) -> [Orphan] {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.orphans)
            var orphans: [Orphan] = []
            while try cursor.next() {
                orphans.append(
                    Orphan(
                        id: cursor.int(0) ?? 0, task: cursor.int(1),
                        calendar: cursor.int(2) ?? 0))
            }
            return orphans
        }
    }

    /// Tasks go where the CRM's tasks go; what is no task goes into the trash.
    private func houseOrphans() throws(StoreFailure) {
        try verifyIfNew()
        let orphans = try orphans()
        for piece in orphans.compactMap(\.task).inPieces(of: TaskMerge.batchSize) {
            try merge(Array(piece), pending: [:])
        }
        for orphan in orphans where orphan.task == nil {
            try connection.transaction { () throws(StoreFailure) in
                try discard(orphan.id, .calendar, by: Store.checker, owner: "", uri: "")
                try change(Store.deleteObject, .int(orphan.id))
            }
        }
    }

    /// Who mends, as the trash says it.
    static let checker = "crm-caldav check"
}
