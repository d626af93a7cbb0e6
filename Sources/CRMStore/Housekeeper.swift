package import CalDAV
import MariaDB

/// What has to be done without a request: merging what the CRM changed, moving the log's queue,
/// looking for changes that no trigger tells, and throwing away what is old.
///
/// Every process runs one; they share the work through claims in `caldav_meta`.
package final class Housekeeper {
    private let store: Store
    /// Looked at anew every minute: what changes it is `migrate`, or somebody's DROP TRIGGER.
    private var hasTriggers = (known: false, at: Int64.min)
    /// In which nothing was found: no row that was written lately, no row or object too many.
    private var quiet: (rows: TableState?, counts: TableState?)
    /// How far the search for tasks whose UID is free again has come.
    private var lastDerivedUID = ""

    package init(context: StoreContext) {
        store = Store(context: context)
    }

    /// The number of statements sent so far.
    package var statementCount: UInt64 { store.statementCount }

    /// Seconds between two turns.
    package static let interval = 1

    /// Does what is due. Call it every `interval` seconds, and at once where it says so.
    ///
    /// - Returns: whether more of the CRM's changes wait.
    /// - Throws: what stopped it; the next turn tries again.
    @discardableResult
    package func turn() throws(StorageError) -> Bool {
        try atTheEdge { () throws(StoreFailure) in
            try store.verifyDatabase()
            var isBehind = false
            if try store.hasPending(), store.context.merging.begin() {
                defer { store.context.merging.end() }
                isBehind = try store.mergePending(
                    tasks: 2_000, until: Clock.milliseconds + 800)
            }
            try lookForUnnoticed()
            _ = try store.moveLogQueue(until: Clock.milliseconds + 500)
            if try store.claim(.prune, every: 3_600),
                !(try store.prune(until: Clock.milliseconds + 800))
            {
                try store.release(.prune)
            }
            return isBehind
        }
    }

    /// Everything is compared each minute, and at once where the table is another one; what is cheap
    /// to find, each second in which something was written, and each third. Together they take a
    /// twentieth of the time at most: a fiftieth, a fiftieth and a hundredth. Each keeps to its own share:
    /// counting a large table may not keep a new task from being seen.
    private func lookForUnnoticed() throws(StoreFailure) {
        if hasTriggers.at < store.now - 60 {
            hasTriggers = (try store.hasTriggers(), store.now)
        }
        // Asked once for all who need it. They may come late to what happens meanwhile, and see it the
        // next time.
        var known: TableState?
        func tableState() throws(StoreFailure) -> TableState {
            if let known { return known }
            let state = try store.tableState()
            known = state
            return state
        }
        try store.whenDue(.look, every: 1, rarity: 50) { () throws(StoreFailure) in
            let table = try tableState()
            guard table.isKnown else {
                if !table.isYoung {
                    // Another table has no triggers unless somebody made them.
                    hasTriggers.at = .min
                    try store.release(.scan)
                }
                return 0
            }
            guard !hasTriggers.known else { return 0 }
            return try look(at: table, &quiet.rows) { () throws(StoreFailure) in
                // A transaction may have written its rows long before it was committed: the scan
                // finds what it held for longer.
                try store.mergeRows(ofLast: Housekeeper.scanInterval)
            }
        }
        try store.whenDue(.count, every: 1, rarity: 50) { () throws(StoreFailure) in
            let table = try tableState()
            guard table.isKnown else { return 0 }
            return try look(at: table, &quiet.counts) { () throws(StoreFailure) in
                try store.mergeWhereCountsDiffer(triggersTellOfRows: hasTriggers.known)
            }
        }
        try store.whenDue(
            .scan, every: Housekeeper.scanInterval, rarity: 100
        ) { () throws(StoreFailure) in
            let table = try tableState()
            guard table.isKnown || !table.isYoung else { return 0 }
            // Processes that know different columns would undo each other's digests.
            store.context.forgetInstallation()
            // First: what fails is tried again in a minute, not each second.
            try store.remember(table)
            return try store.scan() + store.followRenamedOwners()
                + store.giveFreedUIDs(after: &lastDerivedUID)
        }
    }

    /// Does nothing where the table was not written to since it was `quiet`.
    private func look(
        at table: TableState, _ quiet: inout TableState?, _ merge: () throws(StoreFailure) -> Int
    ) throws(StoreFailure) -> Int {
        guard !table.isUnwritten(since: quiet) else { return 0 }
        quiet = nil
        let found = try merge()
        if found == 0 { quiet = table }
        return found
    }

    /// In seconds.
    private static let scanInterval: Int64 = 60
}

extension Store {
    /// A duty that one process does for all.
    enum Duty: String {
        case scan = "last_scan"
        case look = "last_look"
        case count = "last_count"
        case prune = "last_prune"
    }

    private static let triggers: SQL = """
        SELECT COUNT(*) FROM information_schema.TRIGGERS
         WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?
           AND TRIGGER_NAME IN ('caldav_task_inserted', 'caldav_task_updated')
        """

    func hasTriggers() throws(StoreFailure) -> Bool {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.triggers, .text(settings.tasks.table))
            return try cursor.next() && cursor.int(0) == 2
        }
    }

    private static let readMeta: SQL = "SELECT value FROM caldav_meta WHERE name = ?"
    private static let begin: SQL = "INSERT IGNORE INTO caldav_meta (name, value) VALUES (?, '0')"
    private static let claim: SQL = """
        UPDATE caldav_meta SET value = ?
         WHERE name = ? AND CAST(CAST(value AS CHAR) AS SIGNED) <= ?
        """
    private static let release: SQL = "UPDATE caldav_meta SET value = '0' WHERE name = ?"

    func meta(_ name: String) throws(StoreFailure) -> String? {
        try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.readMeta, .bytes(Array(name.utf8)))
            return try cursor.next() ? cursor.string(0) : nil
        }
    }

    /// Whether the duty is due and falls to us.
    func claim(_ duty: Duty, every seconds: Int64) throws(StoreFailure) -> Bool {
        let name = Value.bytes(Array(duty.rawValue.utf8))
        guard let last = try meta(duty.rawValue).flatMap({ Int64($0) }) else {
            _ = try database { () throws(DatabaseError) in
                try connection.execute(Store.begin, name)
            }
            return try claim(duty, every: seconds)
        }
        guard last <= now - seconds else { return false }
        return try database { () throws(DatabaseError) in
            try connection.execute(
                Store.claim, .bytes(Array(String(now).utf8)), name, .int(now - seconds)
            ).affectedRows == 1
        }
    }

    private static let set: SQL = """
        INSERT INTO caldav_meta (name, value) VALUES (?, ?)
            ON DUPLICATE KEY UPDATE value = VALUES(value)
        """

    func setMeta(_ name: String, _ value: String) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in
            try connection.execute(Store.set, bytes(name), bytes(value))
        }
    }

    /// Does a duty if it is due and falls to us. One that was slow and found nothing comes later the next
    /// time.
    ///
    /// - Parameters:
    ///   - rarity: how many times as long as it took lies between the beginnings of two, at least.
    ///   - body: answers how much it found.
    func whenDue(
        _ duty: Duty, every seconds: Int64, rarity: Int64,
        _ body: () throws(StoreFailure) -> Int
    ) throws(StoreFailure) {
        guard try claim(duty, every: seconds) else { return }
        let began = Clock.milliseconds
        let found = try body()
        let pause = (rarity * (Clock.milliseconds - began) + 999) / 1000 - seconds
        guard found == 0, pause > 0 else { return }
        try setMeta(duty.rawValue, String(now + pause))
    }

    /// Makes a duty due again: it was not finished.
    func release(_ duty: Duty) throws(StoreFailure) {
        _ = try database { () throws(DatabaseError) in
            try connection.execute(Store.release, .bytes(Array(duty.rawValue.utf8)))
        }
    }
}
