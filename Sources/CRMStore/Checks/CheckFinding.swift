/// What `check` found out about one thing.
package struct CheckFinding: Sendable {
    package enum Level: String, Sendable {
        case good = "ok"
        /// Good to know; nothing has to be done.
        case note
        case problem
    }

    package let level: Level
    /// A sentence without a full stop.
    package let message: String
    /// The command or statement that mends it.
    package let mend: String?
    /// Whether it was mended just now.
    package internal(set) var isRepaired = false
    let repair: Repair?

    typealias Repair = @Sendable (Store) throws(StoreFailure) -> Void

    /// What mends a problem that has a `repair`.
    static let repairCommand = "crm-caldav check --repair"

    static func good(_ message: String) -> CheckFinding {
        CheckFinding(level: .good, message: message, mend: nil, repair: nil)
    }

    static func note(_ message: String, mend: String? = nil) -> CheckFinding {
        CheckFinding(level: .note, message: message, mend: mend, repair: nil)
    }

    static func problem(_ message: String, mend: String? = nil) -> CheckFinding {
        CheckFinding(level: .problem, message: message, mend: mend, repair: nil)
    }

    static func problem(_ message: String, repair: @escaping Repair) -> CheckFinding {
        CheckFinding(level: .problem, message: message, mend: repairCommand, repair: repair)
    }
}

/// One thing that `check` looks at.
struct Check: Sendable {
    /// Stays the same from version to version: programs read it.
    let name: String
    /// What is so where nothing is found; nil where the findings say it themselves.
    let good: String?
    /// Whether it can be looked at only when no table of ours is missing.
    var needsSchema = true
    let find: @Sendable (Store) -> () throws(StoreFailure) -> [CheckFinding]

    init(
        _ name: String, _ good: String?, needsSchema: Bool = true,
        find: @escaping @Sendable (Store) -> () throws(StoreFailure) -> [CheckFinding]
    ) {
        self.name = name
        self.good = good
        self.needsSchema = needsSchema
        self.find = find
    }

    /// In the order in which one thing can be the reason of the next.
    static let all: [Check] = [
        Check("server", nil, needsSchema: false, find: Store.checkServer),
        Check(
            "clock", "the database server's clock is ours", needsSchema: false,
            find: Store.checkClock),
        Check("settings", nil, needsSchema: false, find: Store.checkSettings),
        Check("schema", "the schema is as documented", needsSchema: false, find: Store.checkSchema),
        Check("privileges", "the account may do what it has to", find: Store.checkPrivileges),
        Check(
            "triggers", "changes of the CRM show at once, by triggers", find: Store.checkTriggers),
        Check("foreign-keys", nil, find: Store.checkForeignKeys),
        Check("revisions", "revisions are in order", find: Store.checkRevisions),
        Check("calendars", "every calendar can be found by its owner", find: Store.checkCalendars),
        Check(
            "federation", "what is shared with other servers is there", find: Store.checkFederation),
        Check(
            "background", "what follows changes has seen them, and every message is delivered",
            find: Store.checkBackground),
        Check("bounds", "no home holds more than it may", find: Store.checkBounds),
        Check("orphans", "every object is in a calendar", find: Store.checkOrphans),
        Check("objects", "every object can be read", find: Store.checkObjects),
        Check("pending", "no change of the CRM waits", find: Store.checkPending),
        Check(
            "pairs", "every task has its object, every object its task, and they agree",
            find: Store.checkPairs),
        Check("etags", "every task knows its object's ETag", find: Store.checkETags),
        Check("log", "the log takes what is written to it", find: Store.checkLog),
    ]
}
