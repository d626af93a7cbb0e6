import CalDAV
import MariaDB

// What `migrate` would do, and what the account may.
extension Store {
    func checkSchema() throws(StoreFailure) -> [CheckFinding] {
        let migration = Migration(settings: settings, connection: connection)
        let plan: MigrationPlan
        do throws(MigrationError) {
            plan = try migration.plan()
        } catch {
            throw Store.failure(error)
        }
        var findings = plan.findings.map { finding in
            let mend = finding.mendingStatement.map { "\($0);" }
            return finding.isRefused
                ? CheckFinding.problem(finding.message, mend: mend)
                : CheckFinding.note(finding.message, mend: mend)
        }
        for added in plan.addedParts { findings.append(try finding(of: added)) }
        // The triggers are a subject of their own.
        for step in plan.steps where !step.isTrigger {
            findings.append(
                CheckFinding(
                    level: .problem, message: "missing: \(step.summary)",
                    mend: "crm-caldav migrate",
                    repair: plan.isRefused ? nil : Store.migrate))
        }
        return findings
    }

    /// An earlier version took a table that only has one of our names for an older one of ours.
    private func finding(of added: AddedParts) throws(StoreFailure) -> CheckFinding {
        let names = added.columns.map(\.name).joined(separator: ", ")
        let message =
            "an earlier crm-caldav migrate added columns to the table \(added.table), which is not its "
            + "own: \(names)"
        let isUsed = try database { () throws(DatabaseError) in
            try !connection.queryText(added.questionForValues).rows.isEmpty
        }
        guard !isUsed else {
            return .problem(
                "\(message); there are values in them",
                mend: "look at the values, then: \(added.removal);")
        }
        return .problem(
            message,
            repair: { store throws(StoreFailure) in
                try database { () throws(DatabaseError) in
                    try store.connection.run(added.removal)
                }
            })
    }

    private static let migrate: CheckFinding.Repair = { store throws(StoreFailure) in
        do throws(MigrationError) {
            try Migration(settings: store.settings, connection: store.connection).run()
        } catch {
            throw failure(error)
        }
        store.context.forgetInstallation()
    }

    private static func failure(_ error: MigrationError) -> StoreFailure {
        switch error {
        case .database(let error, _): .database(error)
        case .refused(let findings):
            .storage(.failed(findings.first?.message ?? "migrate refuses"))
        case .adoption(let error): .storage(.failed("\(error)"))
        }
    }

    // MARK: Privileges

    /// The server judges privileges before it explains, and nothing is done.
    func checkPrivileges() throws(StoreFailure) -> [CheckFinding] {
        let tasks = try installation().schema.table
        let tables =
            ["caldav_calendars", "caldav_sync_log"] + settings.ownSchema.tables.map(\.name)
        var findings: [CheckFinding] = []
        for table in [tasks] + tables.compactMap(Identifier.init) {
            let id = table.name == settings.ownSchema.name("caldav_meta") ? "name" : "*"
            let trials = [
                ("SELECT", "SELECT \(id) FROM \(table.quoted) WHERE 1 = 0"),
                ("INSERT", "INSERT INTO \(table.quoted) SELECT * FROM \(table.quoted) WHERE 1 = 0"),
                ("DELETE", "DELETE FROM \(table.quoted) WHERE 1 = 0"),
            ]
            for (privilege, statement) in trials {
                try note(privilege, on: table, where: statement, in: &findings)
            }
        }
        try note(
            "UPDATE", on: tasks, where: "UPDATE \(tasks.quoted) SET caldav_etag = '' WHERE 1 = 0",
            in: &findings)
        if let users = Identifier(settings.users.table),
            let name = Identifier(settings.users.nameColumn)
        {
            try note(
                "SELECT", on: users,
                where: "SELECT \(name.quoted) FROM \(users.quoted) WHERE 1 = 0", in: &findings)
        }
        return findings
    }

    private func note(
        _ privilege: String, on table: Identifier, where statement: String,
        in findings: inout [CheckFinding]
    ) throws(StoreFailure) {
        do throws(DatabaseError) {
            _ = try connection.queryText("EXPLAIN \(statement)")
        } catch  where error.isPrivilegeMissing {
            let account = try accountName()
            findings.append(
                .problem(
                    "the account \(account) may not \(privilege) on \(table.name)",
                    mend: "GRANT \(privilege) ON `\(settings.connection.database)`.\(table.quoted) "
                        + "TO \(account);"))
        } catch  where error.isUnavailable {
            throw .database(error)
        } catch {
            // Not a matter of privileges; other checks say what it is.
        }
    }

    /// `'crm'@'localhost'`, as the server knows whom it let in.
    func accountName() throws(StoreFailure) -> String {
        try database { () throws(DatabaseError) in
            let account = try connection.queryText("SELECT CURRENT_USER() AS account")
            return Store.quotedAccount(account.first("account") ?? "")
        }
    }

    static func quotedAccount(_ account: String) -> String {
        guard let at = account.lastIndex(of: "@") else { return "'\(account)'" }
        return "'\(account[..<at])'@'\(account[account.index(after: at)...])'"
    }

    // MARK: Foreign keys

    private static let parents: SQL = """
        SELECT r.CONSTRAINT_NAME, r.REFERENCED_TABLE_NAME, r.DELETE_RULE, r.UPDATE_RULE
          FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
         WHERE r.CONSTRAINT_SCHEMA = DATABASE() AND r.TABLE_NAME = ?
        """
    private static let children: SQL = """
        SELECT r.TABLE_NAME, r.DELETE_RULE
          FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
         WHERE r.UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND r.REFERENCED_TABLE_NAME = ?
           AND r.TABLE_NAME <> 'caldav_sync_log'
        """

    /// A cascade changes rows without firing a trigger; a restriction refuses what clients want.
    func checkForeignKeys() throws(StoreFailure) -> [CheckFinding] {
        let table = settings.tasks.table
        return try database { () throws(DatabaseError) in
            var findings: [CheckFinding] = []
            let parents = try connection.query(Store.parents, .text(table))
            while try parents.next() {
                let parent = parents.string(1) ?? ""
                let rules = [parents.string(2) ?? "", parents.string(3) ?? ""]
                guard rules.contains(where: { $0 == "CASCADE" || $0.hasPrefix("SET ") }) else {
                    continue
                }
                findings.append(
                    .note(
                        "what \(parent) does to \(table) by its foreign key "
                            + "\(parents.string(0) ?? "") fires no trigger: it shows within 60 s"))
            }
            let children = try connection.query(Store.children, .text(table))
            while try children.next() {
                guard ["RESTRICT", "NO ACTION"].contains(children.string(1) ?? "") else { continue }
                findings.append(
                    .note(
                        "a task that \(children.string(0) ?? "") refers to cannot be deleted: a "
                            + "client that tries is refused (403)"))
            }
            return findings
        }
    }
}
