import MariaDB

// Calendars shared with people of other servers: whether the calendar is there, and whether they are
// heard of.
extension Store {
    private static let orphans: SQL = """
        SELECT COUNT(*) FROM caldav_federated_shares AS f
          LEFT JOIN caldav_calendars AS c ON c.id = f.calendar_id WHERE c.id IS NULL
        """
    private static let deleteOrphans: SQL = """
        DELETE f FROM caldav_federated_shares AS f
          LEFT JOIN caldav_calendars AS c ON c.id = f.calendar_id WHERE c.id IS NULL
        """
    private static let worries: SQL = """
        SELECT f.id, f.share_with, c.user_id, c.uri, f.state, f.seen, d.outcome
          FROM caldav_federated_shares AS f JOIN caldav_calendars AS c ON c.id = f.calendar_id
          LEFT JOIN caldav_deliveries AS d
            ON d.kind = 'federation' AND d.subject = CONCAT('share ', f.id)
           AND d.state = 'waiting' AND d.outcome IS NOT NULL
         WHERE f.state IN ('declined', 'lapsed') OR d.id IS NOT NULL
            OR f.state = 'accepted' AND f.seen < ?
         ORDER BY f.id LIMIT 20
        """

    /// Seconds after which somebody who has taken a calendar should have come for it again.
    private static let longestAbsence: Int64 = 2 * 86_400

    func checkFederation() throws(StoreFailure) -> [CheckFinding] {
        try database { () throws(DatabaseError) in
            var findings: [CheckFinding] = []
            let counted = try connection.query(Store.orphans)
            if try counted.next(), let count = counted.int(0), count > 0 {
                findings.append(
                    .problem(
                        "calendars that are gone are shared with other servers: \(count)",
                        repair: { store throws(StoreFailure) in
                            try store.change(Store.deleteOrphans)
                        }))
            }
            let cursor = try connection.query(
                Store.worries, .int(now - Store.longestAbsence))
            while try cursor.next() { findings.append(Store.worry(cursor)) }
            return findings
        }
    }

    private static func worry(_ cursor: Cursor) -> CheckFinding {
        let id = cursor.int(0) ?? 0
        let calendar = "\(cursor.string(2) ?? "")/\(cursor.string(3) ?? "")"
        let receiver = cursor.string(1) ?? ""
        let revoke = "crm-caldav share revoke \(id)"
        switch cursor.string(4) {
        case "declined": return .note("\(receiver) declined \(calendar)", mend: revoke)
        case "lapsed":
            return .note("\(receiver) does not have \(calendar) any more", mend: revoke)
        default:
            guard let reason = cursor.string(6) else {
                return .note("\(receiver) has not come for \(calendar) for days", mend: revoke)
            }
            return .note("\(receiver) cannot be told of changes of \(calendar): \(reason)")
        }
    }
}
