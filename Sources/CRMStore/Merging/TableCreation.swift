import MariaDB

/// When the CRM's table was made: a restored, swapped or altered one is another one than was last compared
/// with the objects.
struct TableCreation {
    /// In seconds since 1970; 0 where the server does not tell.
    var at: Int64
    /// In seconds.
    var age: Int64
    /// Whether this very table was compared before.
    var isKnown: Bool

    /// Whether a dump that is being restored may still be filling it: rows that are not there yet are no
    /// deleted ones.
    var isYoung: Bool { age >= 0 && age < 5 }
}

extension Store {
    /// The creation of the table that was last compared.
    private static let comparedTable = "tasks_created"

    private static let creation: SQL = """
        SELECT UNIX_TIMESTAMP(CREATE_TIME), UNIX_TIMESTAMP() - UNIX_TIMESTAMP(CREATE_TIME),
               (SELECT value FROM caldav_meta WHERE name = ?)
          FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
        """

    func tableCreation() throws(StoreFailure) -> TableCreation {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(
                Store.creation, bytes(Store.comparedTable), .text(settings.tasks.table))
            guard try cursor.next() else {
                return TableCreation(at: 0, age: .max, isKnown: false)
            }
            let at = cursor.int(0) ?? 0
            return TableCreation(
                at: at, age: cursor.int(1) ?? .max, isKnown: cursor.string(2) == String(at))
        }
    }

    /// From now on the table is known: all of it is about to be compared.
    func remember(_ table: TableCreation) throws(StoreFailure) {
        try setMeta(Store.comparedTable, String(table.at))
    }
}
