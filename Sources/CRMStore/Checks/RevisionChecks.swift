import MariaDB

// Numbers that may not go back, and what of the objects' tables contradicts itself.
extension Store {
    private static let recorded: SQL = """
        SELECT (SELECT value FROM caldav_meta WHERE name = 'state_created'),
               (SELECT CAST(UNIX_TIMESTAMP(CREATE_TIME) AS CHAR) FROM information_schema.TABLES
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'caldav_calendar_state')
        """
    private static let beyondState: SQL = """
        SELECT n.calendar_id, MAX(n.revision), s.revision
          FROM (SELECT calendar_id, MAX(revision) AS revision FROM caldav_objects
                 GROUP BY calendar_id
                 UNION ALL
                SELECT calendar_id, MAX(revision) FROM caldav_tombstones GROUP BY calendar_id) AS n
          JOIN caldav_calendar_state AS s ON s.calendar_id = n.calendar_id
         WHERE n.revision > s.revision GROUP BY n.calendar_id, s.revision
        """
    private static let twice: SQL = """
        SELECT COUNT(*) FROM (SELECT 1 FROM caldav_objects GROUP BY calendar_id, revision
                              HAVING COUNT(*) > 1) AS d
        """
    private static let buriedAlive: SQL = """
        SELECT COUNT(*) FROM caldav_tombstones AS t
          JOIN caldav_objects AS o ON o.calendar_id = t.calendar_id AND o.name = t.name
        """
    private static let unbury: SQL = """
        DELETE t FROM caldav_tombstones AS t
          JOIN caldav_objects AS o ON o.calendar_id = t.calendar_id AND o.name = t.name
        """

    private static let newEpoch: CheckFinding.Repair = { store throws(StoreFailure) in
        try store.beginEpoch()
        try store.verifyDatabase()
    }

    func checkRevisions() throws(StoreFailure) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        let (recorded, created) = try database { () throws(DatabaseError) -> (String?, String?) in
            let cursor = try connection.query(Store.recorded)
            return try cursor.next() ? (cursor.string(0), cursor.string(1)) : (nil, nil)
        }
        if let recorded, recorded != created {
            findings.append(
                .problem(
                    "the database looks restored: \(settings.ownSchema.name("caldav_calendar_state")) was "
                        + "made anew. The next request begins a new epoch",
                    repair: { store throws(StoreFailure) in try store.verifyDatabase() }))
        }
        let beyond = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.beyondState)
            var messages: [String] = []
            while try cursor.next() {
                messages.append(
                    "calendar \(cursor.int(0) ?? 0) is at revision \(cursor.int(2) ?? 0) and has "
                        + "objects of revision \(cursor.int(1) ?? 0): its state went back")
            }
            return messages
        }
        findings += beyond.map { .problem($0, repair: Store.newEpoch) }
        if try count(Store.twice) > 0 {
            findings.append(
                .problem(
                    "some objects share a revision with another: a client may have missed one",
                    mend: "crm-caldav check --new-epoch"))
        }
        let buried = try count(Store.buriedAlive)
        if buried > 0 {
            findings.append(
                .problem(
                    "objects that are there and told to be removed: \(buried)",
                    repair: { store throws(StoreFailure) in try store.change(Store.unbury) }))
        }
        return findings
    }

    func count(_ statement: SQL, _ values: Value...) throws(StoreFailure) -> Int64 {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            return try cursor.next() ? cursor.int(0) ?? 0 : 0
        }
    }

    func change(_ statement: SQL, _ values: Value...) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in try connection.execute(statement, values) }
    }
}
