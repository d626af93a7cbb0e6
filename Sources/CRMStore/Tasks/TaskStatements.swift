import MariaDB

/// The statements on the CRM's table, which follow its shape.
struct TaskStatements: Sendable {
    /// The sizes in which ids are asked for and rows are written.
    static let chunks = [100, 10, 1]

    /// Columns that a client's write may set, as far as the table has them.
    static let written: [TaskColumn] = [
        .title, .description, .start, .end, .status, .priority, .taskType,
        .contactName, .contactEmail, .contactPhone, .notes, .allDay,
    ]

    /// Parameters: an id. A row that somebody else holds is error 1205 at once.
    let rowForUpdate: SQL
    /// Parameters: an id.
    let row: SQL
    /// Whether a row has a digest. Parameters: the digest, an id.
    let hasDigest: SQL
    /// What a calendar has under a name, as `Store.presentColumns`, and the row of its task, which is
    /// locked as by `rowForUpdate`. Parameters: the name, the calendar's id.
    let presentWithRow: SQL
    /// What a calendar has under a name, and the row that was inserted last. Parameters: as above.
    let presentWithInserted: SQL
    /// By size: parameters are so many ids.
    let rows: [Int: SQL]
    /// By size: ids and digests of the rows that exist, locked; a row that somebody else holds is error
    /// 1205.
    let lock: [Int: SQL]
    /// Parameters: a value for each of `written` that exists, `caldav_uid`, `caldav_etag`,
    /// `caldav_sequence`, then the owner's name and the calendar's id where the table has such columns.
    let insert: SQL
    /// The row that was inserted last.
    let insertedRow: SQL
    /// Parameters: whether to write and the value for each of `written` that exists, then uid, etag,
    /// sequence, id.
    let update: SQL
    /// By size: uid, etag, sequence of so many rows (id, uid, etag, sequence each), nothing else.
    let mark: [Int: SQL]
    /// The same of one row.
    let markOne: SQL
    /// Takes back that a task was completed. Parameters: the former status, id. Nil where there is no
    /// such column.
    let returnStatus: SQL?
    /// Gives a task to an owner and a calendar. Parameters: the owner's name and the calendar's id, each
    /// where the table has such a column, then an id. Nil where it has neither.
    let place: SQL?
    /// Parameters: an id.
    let delete: SQL
    /// In ascending order, the blocks of `blockSize` ids whose rows are not as the objects remember
    /// them. Parameters: `scanHalves`' one, twice.
    let scanBlocks: SQL
    /// Ids of rows that no object mirrors as they are. Parameters: id to start after, id to end before,
    /// count.
    let scan: SQL
    /// The same of rows that say they were written lately. Parameters: id to start after, id to end
    /// before, seconds, count.
    let scanRecent: SQL
    /// Ids of tasks whose row is gone. Parameters: id to start after, id to end before, count.
    let scanGone: SQL
    /// How many rows `scan` and `scanGone` would bring.
    let scanCount: SQL
    /// How many rows there are, and how many objects mirror one.
    let counts: SQL
    /// All of the row `t` as text, whether mapped or not: see `WholeRow`.
    let wholeRow: SQL
    /// Copies an object with the row of its task into the trash. Parameters: time, reason, actor, owner,
    /// uri, the object's id.
    let discardWithRow: SQL

    init(schema: TaskSchema, settings: StoreSettings) {
        let table = schema.table
        rowForUpdate =
            "SELECT \(schema.selectList) FROM \(table) AS t WHERE t.id = ? FOR UPDATE NOWAIT"
        row = "SELECT \(schema.selectList) FROM \(table) AS t WHERE t.id = ?"
        hasDigest = "SELECT \(schema.digest) = ? FROM \(table) AS t WHERE t.id = ?"
        // MariaDB has no NOWAIT within a compound statement; MySQL has nothing else, and no compounds.
        func present(with task: SQL) -> SQL {
            """
            \(SQL.neverWaiting)
            SELECT \(Store.presentColumns), \(schema.selectList) FROM \(Store.presentTables)
              LEFT JOIN \(table) AS t ON t.id = \(task)
             WHERE s.calendar_id = ? FOR UPDATE /*!80000 NOWAIT */
            """
        }
        presentWithRow = present(with: "o.task_id")
        presentWithInserted = present(with: "LAST_INSERT_ID()")
        rows = TaskStatements.bySize { count in
            """
            SELECT \(schema.selectList) FROM \(table) AS t
             WHERE t.id IN (\(SQL.repeated("?", count: count)))
            """
        }
        lock = TaskStatements.bySize { count in
            """
            SELECT t.id, \(schema.digest) FROM \(table) AS t FORCE INDEX (PRIMARY)
             WHERE t.id IN (\(SQL.repeated("?", count: count))) ORDER BY t.id FOR UPDATE NOWAIT
            """
        }
        insert = TaskStatements.insert(schema, settings)
        insertedRow =
            "SELECT \(schema.selectList) FROM \(table) AS t WHERE t.id = LAST_INSERT_ID()"
        let columns = TaskStatements.written.compactMap { schema[$0] }
        let assignments = columns.map { column -> SQL in
            "t.\(column.identifier) = IF(?, ?, t.\(column.identifier)), "
        }
        update = """
            \(SQL.neverWaiting)UPDATE \(table) AS t SET \(TaskSchema.joined(assignments, by: ""))
                   t.caldav_uid = ?, t.caldav_etag = ?, t.caldav_sequence = ?
             WHERE t.id = ?
            """
        mark = TaskStatements.bySize { TaskStatements.mark(schema, count: $0) }
        markOne = TaskStatements.mark(schema, count: 1)
        returnStatus = schema[.status].map { column in
            """
            \(SQL.neverWaiting)UPDATE \(table) AS t SET t.\(column.identifier) = ?
             WHERE t.id = ? AND t.\(column.identifier) = 'completed'
            """
        }
        let places = TaskStatements.placement(schema, settings)
        place =
            places.isEmpty
            ? nil
            : """
            \(SQL.neverWaiting)UPDATE \(table) AS t
               SET \(TaskSchema.joined(places.map { "t.\($0.column) = \($0.value)" }, by: ", "))
             WHERE t.id = ?
            """
        delete = "\(SQL.neverWaiting)DELETE FROM \(table) WHERE id = ?"
        let pairs: SQL = """
            FROM \(table) AS t
              LEFT JOIN caldav_objects AS o FORCE INDEX (scan) ON o.task_id = t.id
            """
        let differ: SQL = "(o.id IS NULL OR NOT (o.row_digest <=> \(schema.digest)))"
        let different: SQL = "\(pairs) WHERE t.id > ? AND t.id < ? AND \(differ)"
        let gone: SQL = """
            FROM caldav_objects AS o
              LEFT JOIN \(table) AS t ON t.id = o.task_id
             WHERE o.task_id > ? AND o.task_id < ? AND t.id IS NULL
            """
        scanBlocks = TaskStatements.differingBlocks(schema)
        scan = "SELECT t.id \(different) ORDER BY t.id LIMIT ?"
        scanRecent = """
            SELECT t.id \(pairs)
             WHERE t.id > ? AND t.id < ? AND t.caldav_lastmod > NOW() - INTERVAL ? SECOND AND \(differ)
             ORDER BY t.id LIMIT ?
            """
        scanGone = "SELECT o.task_id \(gone) ORDER BY o.task_id LIMIT ?"
        scanCount = "SELECT (SELECT COUNT(*) \(different)) + (SELECT COUNT(*) \(gone))"
        counts = """
            SELECT (SELECT COUNT(*) FROM \(table)), (SELECT COUNT(task_id) FROM caldav_objects)
            """
        wholeRow = WholeRow.expression(schema)
        let discarding = Store.discarding(schema, wholeRow: wholeRow)
        discardWithRow = """
            INSERT INTO caldav_trash (discarded, reason, actor, owner, uri, \(discarding.columns))
            SELECT ?, ?, ?, ?, ?, \(discarding.values) \(discarding.from) WHERE o.id = ? FOR UPDATE
            """
    }

    static let blockSize = 512

    /// Where the half of a digest begins that a scan compares: 32 bits of checksum tell nearly every
    /// change, and what one half overlooks, the other shows another minute.
    static let scanHalves: [Int64] = [1, 9]

    /// Both tables are read once, each in the order of an index, and never joined: that takes half the
    /// time of looking each row up. A checksum depends on the id too, so that rows which exchanged
    /// their values show.
    private static func differingBlocks(_ schema: TaskSchema) -> SQL {
        func sums(_ id: SQL, _ digest: SQL) -> SQL {
            """
            \(id) DIV \(blockSize) AS block,
            BIT_XOR(CRC32(SUBSTRING(\(digest), ?, 8)) * (2 * (\(id) MOD \(blockSize)) + 1)) AS content
            """
        }
        return """
            SELECT block
              FROM (SELECT \(sums("t.id", schema.digest)), COUNT(*) AS number
                      FROM \(schema.table) AS t WHERE t.id > 0 GROUP BY block
                     UNION ALL
                    SELECT \(sums("o.task_id", "o.row_digest")), -COUNT(*)
                      FROM caldav_objects AS o FORCE INDEX (scan)
                     WHERE o.task_id > 0 GROUP BY block) AS sums
             GROUP BY block HAVING SUM(number) <> 0 OR BIT_XOR(content) <> 0
             ORDER BY block
            """
    }

    private static func bySize(_ make: (Int) -> SQL) -> [Int: SQL] {
        Dictionary(uniqueKeysWithValues: chunks.map { ($0, make($0)) })
    }

    /// What says whose a task is and in which calendar: parameters are the owner's name and the
    /// calendar's id, as far as the table has such columns.
    private static func placement(
        _ schema: TaskSchema, _ settings: StoreSettings
    ) -> [(column: Identifier, value: SQL)] {
        var placement: [(column: Identifier, value: SQL)] = []
        if let owner = schema[.owner],
            let users = Identifier(settings.users.table),
            let id = Identifier(settings.users.idColumn),
            let name = Identifier(settings.users.nameColumn)
        {
            placement.append(
                (
                    owner.identifier,
                    "(SELECT u.\(id) FROM \(users) AS u WHERE u.\(name) = ? LIMIT 1)"
                ))
        }
        if let calendar = schema[.calendar] { placement.append((calendar.identifier, "?")) }
        return placement
    }

    private static func mark(_ schema: TaskSchema, count: Int) -> SQL {
        let rest = SQL.repeated(
            "UNION ALL SELECT CAST(? AS SIGNED), ?, ?, ?", count: count - 1, separator: " ")
        // In this order each row is found by its key; read in any other way, rows of no concern to us
        // would be waited for.
        return """
            \(SQL.neverWaiting)
            UPDATE (SELECT CAST(? AS SIGNED) AS id, ? AS uid, ? AS etag, ? AS sequence \(rest)) AS v
              STRAIGHT_JOIN \(schema.table) AS t FORCE INDEX (PRIMARY) ON t.id = v.id
               SET t.caldav_uid = v.uid, t.caldav_etag = v.etag,
                   t.caldav_sequence = v.sequence\(schema.keepingUpdateTimes)
            """
    }

    private static func insert(_ schema: TaskSchema, _ settings: StoreSettings) -> SQL {
        var names: [SQL] = []
        var values: [SQL] = []
        for column in written.compactMap({ schema[$0] }) {
            names.append("\(column.identifier)")
            values.append("?")
        }
        names += ["caldav_uid", "caldav_etag", "caldav_sequence"]
        values += ["?", "?", "?"]
        for place in placement(schema, settings) {
            names.append("\(place.column)")
            values.append(place.value)
        }
        for extra in schema.requiredExtras {
            names.append("\(extra.column)")
            values.append(extra.value)
        }
        return """
            INSERT INTO \(schema.table) (\(TaskSchema.joined(names, by: ", ")))
            VALUES (\(TaskSchema.joined(values, by: ", ")))
            """
    }
}

extension Array {
    /// Cuts the array into pieces of the sizes of `TaskStatements.chunks`, largest first.
    func inStatementChunks() -> [ArraySlice<Element>] {
        var pieces: [ArraySlice<Element>] = []
        var rest = self[...]
        for size in TaskStatements.chunks {
            while rest.count >= size {
                pieces.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
        }
        return pieces
    }
}

extension SQL {
    /// In front of a statement on a table that the CRM locks too, run by a transaction that holds rows
    /// already: it fails at once (1205) where it would have to wait.
    ///
    /// Who never waits for the CRM is never part of a deadlock with it, in which the CRM's statement
    /// might be the one to fail. NOWAIT is not enough: an index entry or a gap between two may be
    /// locked without the row. To MySQL, which has nothing like it, this is a comment.
    static let neverWaiting: SQL = "/*M! SET STATEMENT innodb_lock_wait_timeout = 0 FOR */ "

    /// `SELECT ? AS id UNION ALL SELECT ? …`, a table of so many ids to join with.
    static func list(of count: Int) -> SQL {
        let rest = SQL.repeated(
            "UNION ALL SELECT CAST(? AS SIGNED)", count: count - 1, separator: " ")
        return "SELECT CAST(? AS SIGNED) AS id \(rest)"
    }
}
