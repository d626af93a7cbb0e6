import CalDAV
import MariaDB

// Homes that hold more than they may: the CRM's own tasks count, and are never refused, and a bound may
// have been lowered.
extension Store {
    /// Parameters: bytes, calendars, calendars with those in the trash.
    private static let crowdedHomes: SQL = """
        SELECT h.owner, CAST(SUM(h.bytes) AS SIGNED), CAST(SUM(h.present) AS SIGNED)
          FROM (SELECT CAST(CONVERT(c.user_id USING utf8mb4) AS BINARY) AS owner,
                       COALESCE(SUM(o.size), 0) AS bytes, COUNT(DISTINCT c.id) AS present,
                       0 AS deleted
                  FROM caldav_calendars AS c
                  LEFT JOIN caldav_objects AS o ON o.calendar_id = c.id
                 GROUP BY c.user_id
                 UNION ALL
                SELECT e.owner, SUM(e.size), 0, 0 FROM caldav_trash AS e GROUP BY e.owner
                 UNION ALL
                SELECT t.owner, 0, 0, COUNT(*) FROM caldav_trash_calendars AS t GROUP BY t.owner) AS h
         GROUP BY h.owner HAVING SUM(h.bytes) > ? OR SUM(h.present) > ?
                OR SUM(h.present) + SUM(h.deleted) > ?
         ORDER BY h.owner LIMIT 20
        """

    func checkBounds() throws(StoreFailure) -> [CheckFinding] {
        let bounds = settings.bounds
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.crowdedHomes, .int(Int64(bounds.maxHomeSize)),
                .int(Int64(bounds.maxCalendars)), .int(Int64(bounds.maxCalendarsWithTrash)))
            var findings: [CheckFinding] = []
            while try cursor.next() {
                let (owner, size) = (cursor.string(0) ?? "", cursor.int(1) ?? 0)
                findings.append(
                    size > Int64(bounds.maxHomeSize)
                        ? .note(
                            "the calendars of \(owner) and their trash hold \(size) bytes: clients "
                                + "can put nothing more there",
                            mend: "a larger max_home_size, or fewer trash_days")
                        : .note(
                            "\(owner) has \(cursor.int(2) ?? 0) calendars, and others in the trash: "
                                + "no more can be made",
                            mend: "a larger max_calendars, or fewer trash_days"))
            }
            return findings
        }
    }
}
