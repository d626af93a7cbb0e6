package import CalDAV
import MariaDB

// Properties that clients store for a calendar and that mean nothing to us (RFC 4918 §4.4).
extension Store {
    private static let ofCalendar: SQL = """
        SELECT calendar_id, namespace, name, xml FROM caldav_properties
         WHERE calendar_id = ? AND viewer IN (?, '') ORDER BY viewer
        """
    private static let ofOwner: SQL = """
        SELECT p.calendar_id, p.namespace, p.name, p.xml
          FROM caldav_calendars AS c
          JOIN caldav_properties AS p ON p.calendar_id = c.id
         WHERE c.user_id = ? AND p.viewer IN (?, '') ORDER BY p.viewer
        """
    private static let store: SQL = """
        INSERT INTO caldav_properties (calendar_id, viewer, property, namespace, name, xml)
        VALUES (?, ?, ?, ?, ?, ?)
        ON DUPLICATE KEY UPDATE xml = VALUES(xml)
        """
    private static let remove: SQL = """
        DELETE FROM caldav_properties WHERE calendar_id = ? AND viewer = ? AND property = ?
        """

    package func storedProperties(
        of calendar: CalendarRecord, viewer: String
    ) throws(StorageError) -> [StoredProperty] {
        try read(Store.ofCalendar, [.int(calendar.id), .bytes(Array(viewer.utf8))])
    }

    package func storedProperties(
        ofCalendarsOf owner: String, viewer: String
    ) throws(StorageError) -> [StoredProperty] {
        try read(Store.ofOwner, [.text(owner), .bytes(Array(viewer.utf8))])
    }

    private func read(_ statement: SQL, _ values: [Value]) throws(StorageError) -> [StoredProperty]
    {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(statement, values)
                var properties: [StoredProperty] = []
                while try cursor.next() {
                    properties.append(
                        StoredProperty(
                            calendar: cursor.int(0) ?? 0, namespace: cursor.string(1) ?? "",
                            name: cursor.string(2) ?? "",
                            xml: cursor.bytes(3).map(Array.init) ?? []))
                }
                return properties
            }
        }
    }

    /// Keeps or drops a stored property; any other change is not its business.
    ///
    /// - Parameter viewer: whose value it is, where each viewer has their own.
    func storeIfDead(
        _ change: CalendarChange, calendar: Int64, viewer: String
    ) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) -> Outcome? in
            switch change {
            case .store(let namespace, let name, let xml, let isViewers):
                // An owner's value of older versions would go over what is everybody's.
                if !isViewers { try remove(namespace, name, calendar, viewer) }
                return try connection.execute(
                    Store.store, .int(calendar), .bytes(isViewers ? Array(viewer.utf8) : []),
                    .bytes(key(namespace, name)), .bytes(Array(namespace.utf8)),
                    .bytes(Array(name.utf8)), .bytes(xml))
            case .remove(let namespace, let name, let isViewers):
                try remove(namespace, name, calendar, viewer)
                if !isViewers { try remove(namespace, name, calendar, "") }
                return nil
            default: return nil
            }
        }
    }

    private func remove(
        _ namespace: String, _ name: String, _ calendar: Int64, _ viewer: String
    ) throws(DatabaseError) {
        _ = try connection.execute(
            Store.remove, .int(calendar), .bytes(Array(viewer.utf8)),
            .bytes(key(namespace, name)))
    }

    func key(_ namespace: String, _ name: String) -> [UInt8] {
        Digest.sha256(Array("\(namespace)\n\(name)".utf8))
    }
}
