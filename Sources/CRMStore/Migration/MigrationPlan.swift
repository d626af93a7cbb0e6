package import MariaDB

/// What a database lacks, and what stands in the way.
package struct MigrationPlan: Sendable {
    /// In the order in which they have to run; empty for a database that has everything.
    package internal(set) var steps: [MigrationStep] = []
    /// What only the operator can decide. With one that is refused, no step may run.
    package internal(set) var findings: [MigrationFinding] = []
    /// How changes by the CRM will be noticed, as far as this account's privileges tell.
    package internal(set) var noticing = Noticing.triggers
    /// What an earlier version did to tables that are not ours.
    var addedParts: [AddedParts] = []

    package var isRefused: Bool { findings.contains { $0.isRefused } }
}

/// One statement of a migration.
package struct MigrationStep: Sendable, Equatable {
    /// For people: `add column tasks.caldav_uid`.
    package let summary: String
    /// Without a semicolon at its end.
    package let sql: String
    /// The creation of a trigger: its body holds semicolons, and it may be refused without harm.
    package var isTrigger = false
}

/// Something about the CRM's tables that migration does not change by itself.
package struct MigrationFinding: Sendable, Equatable {
    /// False: good to know, and no obstacle.
    package let isRefused: Bool
    package let message: String
    /// The statement that mends it, where there is one.
    package let mendingStatement: String?

    static func refused(_ message: String, mend: String? = nil) -> MigrationFinding {
        MigrationFinding(isRefused: true, message: message, mendingStatement: mend)
    }

    static func advice(_ message: String, mend: String? = nil) -> MigrationFinding {
        MigrationFinding(isRefused: false, message: message, mendingStatement: mend)
    }
}

/// How changes that the CRM makes to its tasks are noticed (design: triggers, else scanning).
package enum Noticing: Sendable, Equatable {
    /// At the next request.
    case triggers
    /// Within seconds, by comparing; with the reason why there are no triggers.
    case scan(reason: String)
}

/// What `Migration` tells while it works.
package enum MigrationProgress: Sendable, Equatable {
    /// A step begins; numbers from 1.
    case step(number: Int, count: Int, summary: String)
    /// Existing tasks that have become calendar objects so far.
    case adopting(done: Int, total: Int)
    /// No triggers: changes will be found by scanning.
    case scanning(reason: String)
}

package enum MigrationError: Error {
    /// At least one finding is refused; nothing was changed.
    case refused([MigrationFinding])
    /// The server refused a statement; the steps before it stay, and a further run goes on from there.
    case database(DatabaseError, during: String)
    /// The existing tasks could not all be adopted; a further run goes on from there.
    case adoption(any Error)
}
