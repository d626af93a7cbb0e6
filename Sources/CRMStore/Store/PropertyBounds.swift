import CalDAV
import MariaDB

// How much clients may store as properties that mean nothing to us. What is everybody's counts by itself,
// and so does what each viewer of a calendar has of their own: nobody uses up what is somebody else's.
extension Store {
    private static let ofCalendar: SQL = """
        SELECT p.viewer, COUNT(*), CAST(SUM(\(size)) AS SIGNED) FROM caldav_properties AS p
         WHERE p.calendar_id = ? AND p.viewer IN (?, '') GROUP BY p.viewer
        """
    private static let ofPlace: SQL = """
        SELECT COUNT(*), CAST(SUM(\(size)) AS SIGNED) FROM caldav_home_properties AS p
         WHERE p.user_id = ? AND p.place = ?
        """
    private static let size: SQL =
        "LENGTH(p.namespace) + LENGTH(p.name) + LENGTH(p.xml)"

    private var tooManyProperties: StoreFailure {
        .storage(
            .quotaExceeded(
                QuotaExcess(
                    .properties,
                    "So many properties are not kept here: \(settings.bounds.maxProperties) at most, of "
                        + "\(settings.bounds.maxPropertiesSize) bytes in all.")))
    }

    private func check(count: Int64, size: Int64) throws(StoreFailure) {
        let bounds = settings.bounds
        if count > Int64(bounds.maxProperties) || size > Int64(bounds.maxPropertiesSize) {
            throw tooManyProperties
        }
    }

    /// Refuses at once what would be too much by itself; nothing of it is sent to the database.
    ///
    /// - Throws: `.quotaExceeded`.
    func checkProperties(_ changes: [CalendarChange]) throws(StoreFailure) {
        for isForViewer in [false, true] {
            var sizes: [[UInt8]: Int64] = [:]
            for change in changes where change.isForViewer == isForViewer {
                guard case .store(let namespace, let name, let xml, _) = change else { continue }
                sizes[key(namespace, name)] = Int64(
                    namespace.utf8.count + name.utf8.count + xml.count)
            }
            try check(count: Int64(sizes.count), size: sizes.values.reduce(0, +))
        }
    }

    /// Looks at what there is now, within the transaction that stored it and under the calendar's lock.
    ///
    /// - Throws: `.quotaExceeded`. What is too much already, and is not added to, is let be.
    func checkProperties(
        ofCalendar calendar: Int64, after changes: [CalendarChange], by viewer: String
    ) throws(StoreFailure) {
        let stored = changes.filter(\.isStoring)
        guard !stored.isEmpty else { return }
        let found = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.ofCalendar, .int(calendar), bytes(viewer))
            var found: [(isViewers: Bool, count: Int64, size: Int64)] = []
            while try cursor.next() {
                found.append(
                    (cursor.string(0)?.isEmpty == false, cursor.int(1) ?? 0, cursor.int(2) ?? 0))
            }
            return found
        }
        for (isViewers, count, size) in found
        where stored.contains(where: { $0.isForViewer == isViewers }) {
            try check(count: count, size: size)
        }
    }

    /// The same of a place in somebody's home.
    func checkProperties(
        at place: Value, ofHomeOf user: Value, after changes: [CalendarChange]
    ) throws(StoreFailure) {
        guard changes.contains(where: \.isStoring) else { return }
        let (count, size) = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.ofPlace, user, place)
            return try cursor.next() ? (cursor.int(0) ?? 0, cursor.int(1) ?? 0) : (0, 0)
        }
        try check(count: count, size: size)
    }
}

extension CalendarChange {
    fileprivate var isStoring: Bool {
        if case .store = self { true } else { false }
    }
}
