package import CalDAV
import ICalendar
import MariaDB

// Listings of a calendar's objects. Nine columns each: those of `ObjectColumns`, the text or an empty
// one, the revision, and whether it is a tombstone's.
extension Store {
    private static let plain: SQL = "\(ObjectColumns.list), '', o.revision, 0"
    private static let full: SQL = "\(ObjectColumns.list), o.icalendar, o.revision, 0"

    // Without the text, the order by revision lets one index answer it all; with it, the names give
    // an order that stays the same from one answer to the next.
    private static let allPlain: SQL = """
        SELECT \(plain) FROM caldav_objects AS o FORCE INDEX (changes)
         WHERE o.calendar_id = ? ORDER BY o.revision
        """
    private static let allFull: SQL = """
        SELECT \(full) FROM caldav_objects AS o WHERE o.calendar_id = ? ORDER BY o.name
        """
    private static let componentPlain: SQL = """
        SELECT \(plain) FROM caldav_objects AS o FORCE INDEX (changes)
         WHERE o.calendar_id = ? AND o.component = ? ORDER BY o.revision
        """
    private static let componentFull: SQL = """
        SELECT \(full) FROM caldav_objects AS o
         WHERE o.calendar_id = ? AND o.component = ? ORDER BY o.name
        """
    // Four columns more: those of `SoleInstance`.
    private static let instance: SQL = "o.first_start, o.last_end, o.busy, o.attendees"
    private static let inSpan: SQL = """
        FROM caldav_objects AS o
         WHERE o.calendar_id = ? AND o.last_end >= ? AND o.first_start <= ?
        """
    private static let overlappingPlain: SQL = "SELECT \(plain), \(instance) \(inSpan)"
    private static let overlappingFull: SQL = "SELECT \(full), \(instance) \(inSpan)"
    /// The text only where the row does not tell. One parameter: the addresses that matter.
    private static let busy: SQL = """
        \(ObjectColumns.list), IF(o.busy >= 0 AND o.attendees & ? = 0, '', o.icalendar),
        o.revision, 0
        """
    private static let isBusy: SQL = "AND o.component IN ('VEVENT', 'VFREEBUSY')"
    private static let busyTimes: SQL = "SELECT \(busy), \(instance) \(inSpan) \(isBusy)"
    private static let overlappingComponentPlain: SQL =
        "\(overlappingPlain) AND o.component = ?"
    private static let overlappingComponentFull: SQL =
        "\(overlappingFull) AND o.component = ?"

    /// The sizes in which a list of values is asked for.
    static let listSizes = [1, 10, 100]
    private static let namedPlain = listSizes.map { named(plain, $0) }
    private static let namedFull = listSizes.map { named(full, $0) }

    private static func named(_ columns: SQL, _ count: Int) -> SQL {
        """
        SELECT \(columns) FROM caldav_objects AS o FORCE INDEX (name)
         WHERE o.calendar_id = ? AND o.name IN (\(SQL.repeated("?", count: count)))
        """
    }

    package func objects(
        in calendar: CalendarRecord, _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        let id = Value.int(calendar.id)
        switch selection {
        case .all:
            return try cursor(content ? Store.allFull : Store.allPlain, [id])
        case .component(let component):
            return try cursor(
                content ? Store.componentFull : Store.componentPlain,
                [id, .bytes(Array(component.utf8))])
        case .overlapping(let range, nil):
            return try cursor(
                content ? Store.overlappingFull : Store.overlappingPlain,
                [id, .int(range.lowerBound), .int(range.upperBound)], hasInstance: true)
        case .overlapping(let range, let component?):
            return try cursor(
                content ? Store.overlappingComponentFull : Store.overlappingComponentPlain,
                [
                    id, .int(range.lowerBound), .int(range.upperBound),
                    .bytes(Array(component.utf8)),
                ], hasInstance: true)
        case .busy(let range, let addresses):
            return try cursor(
                Store.busyTimes,
                [
                    .int(Int64(bitPattern: addresses.bits)), id, .int(range.lowerBound),
                    .int(range.upperBound),
                ], hasInstance: true)
        case .names(let names):
            let statements = content ? Store.namedFull : Store.namedPlain
            let pieces = names.map { Value.bytes(Array($0.utf8)) }
                .inPaddedPieces(of: Store.listSizes)
            return StoreCursor(
                connection,
                queries: pieces.map { (statements[$0.size], [id] + $0.elements) })
        }
    }

    // MARK: Several calendars

    package func objects(
        in calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        var columns = content ? Store.full : Store.plain
        let condition: SQL
        var addresses: [Value] = []
        var values: [Value] = []
        switch selection {
        case .all: condition = ""
        case .component(let component):
            condition = "AND o.component = ?"
            values = [.bytes(Array(component.utf8))]
        case .overlapping(let range, let component):
            values = [.int(range.lowerBound), .int(range.upperBound)]
            if let component { values.append(.bytes(Array(component.utf8))) }
            condition =
                component == nil
                ? "AND o.last_end >= ? AND o.first_start <= ?"
                : "AND o.last_end >= ? AND o.first_start <= ? AND o.component = ?"
        case .busy(let range, let mattering):
            columns = Store.busy
            addresses = [.int(Int64(bitPattern: mattering.bits))]
            values = [.int(range.lowerBound), .int(range.upperBound)]
            condition = "AND o.last_end >= ? AND o.first_start <= ? \(Store.isBusy)"
        case .names(let names):
            let pieces = names.inPaddedPieces(of: Store.listSizes)
            guard let piece = pieces.first, pieces.count == 1 else {
                throw .failed("so many names of several calendars are not asked for")
            }
            condition = "AND o.name IN (\(SQL.repeated("?", count: piece.elements.count)))"
            values = piece.elements.map { .bytes(Array($0.utf8)) }
        }
        let pieces = calendars.map(\.id).sorted().inPaddedPieces(of: Store.listSizes)
        let queries = pieces.map { piece -> (sql: SQL, values: [Value]) in
            let sql: SQL = """
                SELECT \(columns), o.calendar_id, \(Store.instance) FROM caldav_objects AS o
                 WHERE o.calendar_id IN (\(SQL.repeated("?", count: piece.elements.count))) \(condition)
                 ORDER BY o.calendar_id, o.name
                """
            return (sql, addresses + piece.elements.map { .int($0) } + values)
        }
        return StoreCursor(
            connection, queries: queries, hasCalendars: true, hasInstance: true)
    }

    // MARK: Changes

    private static let everythingPlain: SQL = """
        SELECT \(plain) FROM caldav_objects AS o FORCE INDEX (changes)
         WHERE o.calendar_id = ? ORDER BY o.revision LIMIT ?
        """
    private static let everythingFull: SQL = """
        SELECT \(full) FROM caldav_objects AS o
         WHERE o.calendar_id = ? ORDER BY o.revision LIMIT ?
        """
    private static let changesPlain = changes(plain)
    private static let changesFull = changes(full)
    private static let allChangesPlain = allChanges(plain)
    private static let allChangesFull = allChanges(full)

    // Without a limit the order does not matter, and to bring both parts into one takes the server as
    // long as finding them. Told which index it is, it does not weigh the others (a seventh of the time).
    // What is gone comes first: it may make room for a UID.
    private static func allChanges(_ columns: SQL) -> SQL {
        """
        SELECT name, '', '', 0, 0, 0, '', revision, 1 FROM caldav_tombstones FORCE INDEX (changes)
         WHERE calendar_id = ? AND revision > ?
        UNION ALL
        SELECT \(columns) FROM caldav_objects AS o FORCE INDEX (changes)
         WHERE o.calendar_id = ? AND o.revision > ?
        """
    }

    private static func changes(_ columns: SQL) -> SQL {
        """
        (SELECT \(columns) FROM caldav_objects AS o WHERE o.calendar_id = ? AND o.revision > ?
          ORDER BY o.revision LIMIT ?)
        UNION ALL
        (SELECT name, '', '', 0, 0, 0, '', revision, 1 FROM caldav_tombstones
          WHERE calendar_id = ? AND revision > ?
          ORDER BY revision LIMIT ?)
        ORDER BY 8 LIMIT ?
        """
    }

    package func changes(
        in calendar: CalendarRecord, after revision: Int64?, limit: Int?, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        // As most who ask find it: nothing is newer than what the request began with.
        if revision == calendar.revision { return StoreCursor(connection, queries: []) }
        let id = Value.int(calendar.id)
        if limit == nil, let revision {
            return try cursor(
                content ? Store.allChangesFull : Store.allChangesPlain,
                [id, .int(revision), id, .int(revision)])
        }
        let limit = Value.int(Int64(limit.map { max($0, 0) } ?? Int(Int32.max)))
        guard let revision else {
            return try cursor(
                content ? Store.everythingFull : Store.everythingPlain, [id, limit])
        }
        return try cursor(
            content ? Store.changesFull : Store.changesPlain,
            [id, .int(revision), limit, id, .int(revision), limit, limit])
    }

    // MARK: Changes in several calendars

    private static let spanPlain = spanSizes.map { spans(plain, $0) }
    private static let spanFull = spanSizes.map { spans(full, $0) }
    private static let spanSizes = [1, 10]

    private static func spans(_ columns: SQL, _ count: Int) -> SQL {
        let span: SQL = """
            (SELECT \(columns), o.calendar_id FROM caldav_objects AS o
              WHERE o.calendar_id = ? AND o.revision > ? ORDER BY o.revision LIMIT ?)
            UNION ALL
            (SELECT t.name, '', '', 0, 0, 0, '', t.revision, 1, t.calendar_id
               FROM caldav_tombstones AS t
              WHERE t.calendar_id = ? AND t.revision > ?
                AND NOT EXISTS (SELECT 1 FROM caldav_objects AS n
                                 WHERE n.calendar_id = ? AND n.name = t.name)
              ORDER BY t.revision LIMIT ?)
            """
        let all = SQL.repeated(span, count: count, separator: "\nUNION ALL\n")
        return "\(all)\nORDER BY 10, 8"
    }

    package func changes(
        in spans: [ChangeSpan], content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        let statements = content ? Store.spanFull : Store.spanPlain
        // There is no calendar 0.
        let pieces = spans.inPaddedPieces(of: Store.spanSizes, padding: ChangeSpan(calendar: 0))
        let queries = pieces.map { piece in
            (sql: statements[piece.size], values: piece.elements.flatMap(Store.values))
        }
        return StoreCursor(connection, queries: queries, hasCalendars: true)
    }

    private static func values(of span: ChangeSpan) -> [Value] {
        // Above all revisions there can be.
        let never: Int64 = 1 << 32
        let limit = Value.int(Int64(span.limit.map { max($0, 0) } ?? Int(Int32.max)))
        return [
            .int(span.calendar), .int(span.objectsAfter ?? never), limit,
            .int(span.calendar), .int(span.removedAfter ?? never), .int(span.unlessIn ?? 0), limit,
        ]
    }

    private func cursor(
        _ sql: SQL, _ values: [Value], hasInstance: Bool = false
    ) throws(StorageError) -> any ObjectCursor {
        StoreCursor(connection, queries: [(sql, values)], hasInstance: hasInstance)
    }
}

/// Runs one or several queries of the same columns, one after the other, and lends their rows.
private final class StoreCursor: ObjectCursor {
    private let connection: Connection
    private var queries: ArraySlice<(sql: SQL, values: [Value])>
    private var current: Cursor?
    /// Whether a tenth column says which calendar a row is of.
    private let hasCalendars: Bool
    /// Whether the columns of `SoleInstance` follow.
    private let hasInstance: Bool

    init(
        _ connection: Connection, queries: [(sql: SQL, values: [Value])],
        hasCalendars: Bool = false, hasInstance: Bool = false
    ) {
        self.hasInstance = hasInstance
        self.connection = connection
        self.queries = queries[...]
        self.hasCalendars = hasCalendars
    }

    func next() throws(StorageError) -> ObjectRow? {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in
                while true {
                    if let current, try current.next() { return row(of: current) }
                    guard let query = queries.popFirst() else { return nil }
                    current = try connection.query(query.sql, query.values, streaming: true)
                }
            }
        }
    }

    private func row(of cursor: Cursor) -> ObjectRow {
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        var row = ObjectRow(
            name: cursor.bytes(0) ?? none, component: cursor.bytes(1) ?? none,
            etag: cursor.bytes(2) ?? none, size: cursor.int(3) ?? 0,
            modified: cursor.int(4) ?? 0, created: cursor.int(5) ?? 0,
            content: cursor.bytes(6) ?? none, isRemoved: cursor.int(8) == 1,
            revision: cursor.int(7) ?? 0)
        if hasCalendars { row.calendar = cursor.int(9) ?? 0 }
        if hasInstance { row.soleInstance = SoleInstance(cursor, at: hasCalendars ? 10 : 9) }
        return row
    }
}
