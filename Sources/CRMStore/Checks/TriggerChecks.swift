import MariaDB

// A trigger runs with the rights of the account that made it. Without that account every statement of
// the CRM's fails with error 1449, before the trigger's own handler of errors is even entered.
extension Store {
    private struct TaskTrigger {
        var name: String
        /// `crm@localhost`
        var definer: String
        /// INSERT, UPDATE or DELETE.
        var event: String
        var isOurs: Bool
    }

    private static let triggersOfTasks: SQL = """
        SELECT TRIGGER_NAME, DEFINER, EVENT_MANIPULATION FROM information_schema.TRIGGERS
         WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?
        """

    func checkTriggers() throws(StoreFailure) -> [CheckFinding] {
        let triggers = try database { () throws(DatabaseError) in
            let cursor = try connection.query(Store.triggersOfTasks, .text(settings.tasks.table))
            var triggers: [TaskTrigger] = []
            let ours = settings.ownSchema.triggerNames
            while try cursor.next() {
                let name = cursor.string(0) ?? ""
                triggers.append(
                    TaskTrigger(
                        name: name, definer: cursor.string(1) ?? "", event: cursor.string(2) ?? "",
                        isOurs: ours.contains(name)))
            }
            return triggers
        }
        var findings = try missingTriggers(triggers)
        var hasUnknown = false
        var hasGone = false
        for (definer, made) in Dictionary(grouping: triggers, by: \.definer).sorted(by: {
            $0.key < $1.key
        }) {
            let exists = try accountExists(definer)
            if exists == nil { hasUnknown = true }
            guard exists == false else { continue }
            hasGone = true
            findings.append(definerIsGone(definer, made))
        }
        guard !hasGone, triggers.contains(where: { $0.isOurs && $0.event == "UPDATE" }) else {
            return findings
        }
        let isAlone = !triggers.contains { !$0.isOurs && $0.event == "UPDATE" }
        if isAlone {
            findings += try tryUpdateTrigger(triggers)
        } else if hasUnknown {
            findings.append(
                .note(
                    "whether the accounts that made the triggers exist cannot be seen by this one",
                    mend: "SELECT DISTINCT DEFINER FROM information_schema.TRIGGERS; and compare "
                        + "with mysql.user"))
        }
        return findings
    }

    private func definerIsGone(_ definer: String, _ made: [TaskTrigger]) -> CheckFinding {
        let account = Store.quotedAccount(definer)
        let events = Set(made.map(\.event)).sorted().joined(separator: ", ")
        let names = made.map(\.name).sorted().joined(separator: ", ")
        let message =
            "the account \(account), which made \(names), does not exist: every \(events) of the "
            + "CRM on \(settings.tasks.table) FAILS with error 1449"
        guard made.allSatisfy(\.isOurs) else {
            return .problem(message, mend: "make these triggers anew, or CREATE USER \(account)")
        }
        return .problem(message, repair: Store.makeTriggersAnew)
    }

    private func missingTriggers(_ triggers: [TaskTrigger]) throws(StoreFailure) -> [CheckFinding] {
        let plan: MigrationPlan
        do throws(MigrationError) {
            plan = try Migration(settings: settings, connection: connection).plan()
        } catch {
            return []
        }
        guard plan.steps.contains(where: \.isTrigger) else { return [] }
        if case .scan(let reason) = plan.noticing {
            return [
                .note(
                    "no triggers (\(reason)): changes of the CRM show within seconds, by scanning")
            ]
        }
        let message =
            triggers.contains(where: \.isOurs)
            ? "the triggers are not all there, or not as they should be"
            : "there are no triggers, though this account may make them: changes of the CRM show "
                + "within seconds instead of at once"
        return [.problem(message, repair: Store.makeTriggersAnew)]
    }

    private static let makeTriggersAnew: CheckFinding.Repair = { store throws(StoreFailure) in
        try database { () throws(DatabaseError) in
            for trigger in store.settings.ownSchema.triggers(on: store.settings.tasks.table) {
                try store.connection.run("DROP TRIGGER IF EXISTS \(trigger.name)")
                try store.connection.run(trigger.statement)
            }
        }
    }

    // MARK: Accounts

    private static let account: SQL = "SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?"

    /// Nil where this account may not see it.
    private func accountExists(_ definer: String) throws(StoreFailure) -> Bool? {
        if try accountName() == Store.quotedAccount(definer) { return true }
        // A role has no host.
        let at = definer.lastIndex(of: "@")
        let user = String(definer[..<(at ?? definer.endIndex)])
        let host = at.map { String(definer[definer.index(after: $0)...]) } ?? ""
        do throws(DatabaseError) {
            let cursor = try connection.query(Store.account, .text(user), .text(host))
            return try cursor.next()
        } catch  where error.isUnavailable {
            throw .database(error)
        } catch {
            return nil
        }
    }

    // MARK: A trial

    /// How an update came out that was rolled back.
    private enum Trial: DatabaseFailing {
        case ended(isNoted: Bool)
        case failed(DatabaseError)

        init(databaseError: DatabaseError) { self = .failed(databaseError) }
        var databaseError: DatabaseError? { nil }
    }

    private static let newestPending: SQL = "SELECT COALESCE(MAX(id), 0) FROM caldav_pending"
    private static let noted: SQL = """
        SELECT COUNT(*) FROM caldav_pending WHERE id > ? AND task_id = ?
        """

    /// Updates a row to what it is, as the CRM would, looks whether the trigger noted it, and takes it
    /// back. Only where the CRM has no triggers of its own, which might do more than a rollback undoes.
    private func tryUpdateTrigger(_ triggers: [TaskTrigger]) throws(StoreFailure) -> [CheckFinding]
    {
        let statements = try installation().statements
        let table = try installation().schema.table
        let first: SQL = "SELECT MIN(id) FROM \(table)"
        let update: SQL = "UPDATE \(table) SET id = id WHERE id = ?"
        guard let lock = statements.lock[1] else { return [] }
        try database { () throws(DatabaseError) in try connection.run("SET @caldav_own = NULL") }
        defer { try? connection.run("SET @caldav_own = 1") }
        do throws(Trial) {
            try connection.transaction(retries: 0) { () throws(Trial) in
                let isNoted: Bool?
                do throws(DatabaseError) {
                    isNoted = try noteByTrigger(first, lock, update)
                } catch {
                    throw .failed(error)
                }
                throw .ended(isNoted: isNoted ?? true)
            }
        } catch {
            return try findings(of: error, triggers)
        }
        return []
    }

    /// Nil where there is no row to try it with.
    private func noteByTrigger(
        _ first: SQL, _ lock: SQL, _ update: SQL
    ) throws(DatabaseError) -> Bool? {
        let row = try connection.query(first)
        guard try row.next(), let id = row.int(0) else { return nil }
        row.close()
        _ = try connection.query(lock, .int(id))
        let newest = try connection.query(Store.newestPending)
        guard try newest.next(), let last = newest.uint(0) else { return nil }
        newest.close()
        _ = try connection.execute(update, .int(id))
        let noted = try connection.query(Store.noted, .uint(last), .int(id))
        return try noted.next() && noted.int(0) != 0
    }

    private func findings(
        of trial: Trial, _ triggers: [TaskTrigger]
    ) throws(StoreFailure) -> [CheckFinding] {
        let made = triggers.filter { $0.isOurs }
        switch trial {
        case .ended(isNoted: true): return []
        case .ended(isNoted: false):
            let accounts = Set(made.map { Store.quotedAccount($0.definer) }).sorted()
            return [
                .problem(
                    "the triggers note nothing: \(accounts.joined(separator: ", ")), who made them, "
                        + "may not INSERT into \(settings.ownSchema.name("caldav_pending")); changes show "
                        + "within 60 s",
                    repair: Store.makeTriggersAnew)
            ]
        // Somebody holds the row: then it is in use, and works.
        case .failed(let error) where error.isWorthRetrying: return []
        case .failed(let error) where error.isUnavailable: throw .database(error)
        case .failed(let error) where error.code == 1449:
            return [definerIsGone(made.first?.definer ?? "", made)]
        case .failed(let error):
            return [
                .problem(
                    "an UPDATE of the CRM on \(settings.tasks.table) fails in a trigger: "
                        + "\(error.message) (\(error.code))",
                    repair: Store.makeTriggersAnew)
            ]
        }
    }
}
