package import MariaDB

/// Brings a CRM's database to the documented schema and gives it our own tables and triggers.
///
/// Looks first and then does what is missing: running it again does nothing, and a database where the
/// documented statements were run by hand is as good. Never drops or converts anything of the CRM's.
package struct Migration {
    /// Makes existing tasks calendar objects, calling its argument with the number done and the total.
    package typealias Adoption = (_ report: (_ done: Int, _ total: Int) -> Void) throws -> Void

    let settings: StoreSettings
    let connection: Connection
    private let adopt: Adoption?

    /// Version of our own tables, in `caldav_meta` under `schema_version`.
    static let schemaVersion = 2

    /// - Parameters:
    ///   - connection: of an account that may CREATE, ALTER, INDEX, REFERENCES and, for triggers,
    ///     TRIGGER; its database is the CRM's.
    ///   - adopt: run after the last step; it is to take up where an earlier run ended.
    package init(settings: StoreSettings, connection: Connection, adopt: Adoption? = nil) {
        self.settings = settings
        self.connection = connection
        self.adopt = adopt
    }

    /// Looks at the database and changes nothing.
    package func plan() throws(MigrationError) -> MigrationPlan {
        try database(during: "reading the schema") { () throws(DatabaseError) in
            try MigrationPlanner(settings: settings, connection: connection).plan()
        }
    }

    /// Runs all steps, then adopts the existing tasks.
    ///
    /// - Returns: the plan that was run, with `noticing` as it came out.
    /// - Throws: `.refused` before the first change.
    @discardableResult
    package func run(
        progress: (MigrationProgress) -> Void = { _ in }
    ) throws(MigrationError) -> MigrationPlan {
        var plan = try plan()
        guard !plan.isRefused else { throw .refused(plan.findings) }
        try database(during: "setting up the session") { () throws(DatabaseError) in
            for text in Migration.sessionStatements { try connection.run(text) }
        }
        var isWithoutTriggers = false
        for (index, step) in plan.steps.enumerated() {
            if step.isTrigger, isWithoutTriggers { continue }
            progress(
                .step(number: index + 1, count: plan.steps.count, summary: step.summary))
            do throws(DatabaseError) {
                try connection.run(step.sql)
            } catch {
                guard step.isTrigger, error.isPrivilegeMissing || error.isAccessDenied else {
                    throw .database(error, during: step.summary)
                }
                isWithoutTriggers = true
                // What was foreseen says more than the first of several refusals.
                if plan.noticing == .triggers { plan.noticing = .scan(reason: reason(error)) }
            }
        }
        if !isWithoutTriggers { plan.noticing = .triggers }
        if case .scan(let reason) = plan.noticing { progress(.scanning(reason: reason)) }
        if let adopt {
            do {
                try adopt { done, total in progress(.adopting(done: done, total: total)) }
            } catch {
                throw .adoption(error)
            }
        }
        return plan
    }

    /// The session in which the steps run.
    static let sessionStatements = [
        // A foreign key is silently ignored where the default is another engine.
        "SET SESSION default_storage_engine = InnoDB",
        // While an ALTER waits for a table, everybody else waits behind it: not for long.
        "SET SESSION lock_wait_timeout = 15",
        // Without NO_ZERO_DATE: an ALTER of a table with a '0000-00-00' in it would be refused.
        "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'",
    ]

    private func reason(_ error: DatabaseError) -> String {
        error.code == 1419
            ? MigrationPlanner.binaryLogReason : MigrationPlanner.missingPrivilegeReason
    }

    func database<Result>(
        during step: String, _ body: () throws(DatabaseError) -> Result
    ) throws(MigrationError) -> Result {
        do throws(DatabaseError) {
            return try body()
        } catch {
            throw .database(error, during: step)
        }
    }
}
