package import CalDAV
import MariaDB

// Properties that clients store for what no table of the CRM's has a row of: a principal, a home, and the
// collections in it that are no calendars.
extension Store {
    private static let ofHome: SQL = """
        SELECT place, namespace, name, xml FROM caldav_home_properties WHERE user_id = ?
        """
    private static let storeInHome: SQL = """
        INSERT INTO caldav_home_properties (user_id, place, property, namespace, name, xml)
        VALUES (?, ?, ?, ?, ?, ?)
        ON DUPLICATE KEY UPDATE xml = VALUES(xml)
        """
    private static let removeInHome: SQL = """
        DELETE FROM caldav_home_properties WHERE user_id = ? AND place = ? AND property = ?
        """

    package func instanceName() throws(StorageError) -> String {
        try atTheEdge { () throws(StoreFailure) in try installation().instance }
    }

    package func storedProperties(
        inHomeOf owner: String
    ) throws(StorageError) -> [StoredProperty] {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                let cursor = try connection.query(Store.ofHome, .bytes(Array(owner.utf8)))
                var properties: [StoredProperty] = []
                while try cursor.next() {
                    var property = StoredProperty(
                        calendar: 0, namespace: cursor.string(1) ?? "",
                        name: cursor.string(2) ?? "", xml: cursor.bytes(3).map(Array.init) ?? [])
                    property.place = cursor.string(0).flatMap(StoredPlace.init(rawValue:))
                    properties.append(property)
                }
                return properties
            }
        }
    }

    package func change(
        _ place: StoredPlace, ofHomeOf owner: String, _ changes: [CalendarChange]
    ) throws(StorageError) {
        let user = Value.bytes(Array(owner.utf8))
        let place = Value.bytes(Array(place.rawValue.utf8))
        try atTheEdge { () throws(StoreFailure) in
            try checkProperties(changes)
            try connection.transaction { () throws(StoreFailure) in
                try lockHome(of: owner)
                for change in changes {
                    _ = try database { () throws(DatabaseError) -> Outcome? in
                        switch change {
                        case .store(let namespace, let name, let xml, _):
                            try connection.execute(
                                Store.storeInHome, user, place, .bytes(key(namespace, name)),
                                .bytes(Array(namespace.utf8)), .bytes(Array(name.utf8)),
                                .bytes(xml))
                        case .remove(let namespace, let name, _):
                            try connection.execute(
                                Store.removeInHome, user, place, .bytes(key(namespace, name)))
                        default: nil
                        }
                    }
                }
                try checkProperties(at: place, ofHomeOf: user, after: changes)
            }
        }
    }
}
