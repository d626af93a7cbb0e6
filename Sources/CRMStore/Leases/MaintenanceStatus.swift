package import CalDAV
import MariaDB

/// When a duty of maintenance was last begun, for `work --status`.
package struct DutyStatus: Sendable {
    /// Such as `scan`.
    package var name: String
    /// Seconds since 1970; 0: never, or it is to be done at once.
    package var begun: Int64
}

extension Store {
    private static let duties: SQL = """
        SELECT name, value FROM caldav_meta WHERE name LIKE 'last\\_%' ORDER BY name
        """

    package func maintenanceStatus() throws(StorageError) -> [DutyStatus] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.duties)
                var all: [DutyStatus] = []
                while try cursor.next() {
                    let begun = cursor.string(1).flatMap { Int64($0) } ?? 0
                    all.append(
                        DutyStatus(
                            name: String((cursor.string(0) ?? "").dropFirst("last_".count)),
                            // One that is slow is noted as begun in the time to come, so that it rests.
                            begun: min(begun, now)))
                }
                return all
            }
        }
    }
}
