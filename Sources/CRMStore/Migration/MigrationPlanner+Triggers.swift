import MariaDB

extension MigrationPlanner {
    static let missingPrivilegeReason = "the account lacks the TRIGGER privilege"
    static let binaryLogReason = """
        the server writes a binary log and lets only accounts with SUPER make triggers (error 1419); \
        SET GLOBAL log_bin_trust_function_creators = 1 permits it
        """

    /// Steps for triggers that are absent or not as they should be.
    ///
    /// Their steps come even where the account seems not to be allowed: privileges may come by a role,
    /// and the server's answer decides.
    mutating func planTriggers() throws(DatabaseError) {
        var isChanged = false
        for name in own.formerTriggerNames {
            guard let existing = try existingTrigger(name), isOurs(existing, name) else { continue }
            isChanged = true
            add("drop trigger \(name)", "DROP TRIGGER \(name)", isTrigger: true)
        }
        for name in try triggersOfFormerPrefix() {
            isChanged = true
            add("drop trigger \(name)", "DROP TRIGGER `\(name)`", isTrigger: true)
        }
        for trigger in own.triggers(on: tasks.name) {
            if let existing = try existingTrigger(trigger.name) {
                guard isOurs(existing, trigger.name) else { continue }
                if existing.table == tasks.name,
                    SQLScript.words(in: existing.body) == SQLScript.words(in: trigger.body)
                {
                    continue
                }
                add("drop trigger \(trigger.name)", "DROP TRIGGER \(trigger.name)", isTrigger: true)
            }
            isChanged = true
            add("create trigger \(trigger.name)", trigger.statement, isTrigger: true)
        }
        if isChanged, let reason = try reasonAgainstTriggers() {
            result.noticing = .scan(reason: reason)
        }
    }

    /// Whether a trigger of one of our names was made by us; a finding says where it was not.
    private mutating func isOurs(
        _ existing: (table: String, body: String), _ name: String
    ) -> Bool {
        if OwnSchema.isOurs(triggerBody: existing.body) { return true }
        result.findings.append(
            .refused(
                "the trigger \(name) on \(existing.table) was not made by crm-caldav, which needs one of "
                    + "that name: make it anew under another name, or set own_tables_prefix, and "
                    + "crm-caldav's own tables and triggers have other names"))
        return false
    }

    /// Triggers of ours that were made when our names began otherwise: their tables are gone, or the
    /// plan is refused.
    private func triggersOfFormerPrefix() throws(DatabaseError) -> [String] {
        let rows = try connection.query(
            """
            SELECT TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS
             WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?
             ORDER BY TRIGGER_NAME
            """, .text(tasks.name))
        var names: [String] = []
        while try rows.next() {
            let (name, body) = (rows.string(0) ?? "", rows.string(1) ?? "")
            guard OwnSchema.isOurs(triggerBody: body), body.contains("pending (task_id"),
                !own.triggerNames.contains(name), Identifier(name) != nil
            else { continue }
            names.append(name)
        }
        return names
    }

    private func existingTrigger(
        _ name: String
    ) throws(DatabaseError) -> (table: String, body: String)? {
        let rows = try connection.query(
            """
            SELECT EVENT_OBJECT_TABLE, ACTION_STATEMENT
              FROM information_schema.TRIGGERS
             WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = ?
            """, .text(name))
        guard try rows.next() else { return nil }
        return (rows.string(0) ?? "", rows.string(1) ?? "")
    }

    private func reasonAgainstTriggers() throws(DatabaseError) -> String? {
        guard try has("TRIGGER") else { return MigrationPlanner.missingPrivilegeReason }
        let rows = try connection.query(
            "SELECT @@GLOBAL.log_bin = 1 AND @@GLOBAL.log_bin_trust_function_creators = 0")
        guard try rows.next(), rows.int(0) == 1 else { return nil }
        for privilege in ["SUPER", "SET_USER_ID", "BINLOG ADMIN"] where try has(privilege) {
            return nil
        }
        return MigrationPlanner.binaryLogReason
    }

    /// Whether the account itself, not a role of its, has the privilege for the table of tasks.
    private func has(_ privilege: String) throws(DatabaseError) -> Bool {
        let rows = try connection.query(
            """
            SELECT COUNT(*) FROM (
                SELECT GRANTEE FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = ?
                UNION ALL
                SELECT GRANTEE FROM information_schema.SCHEMA_PRIVILEGES
                 WHERE PRIVILEGE_TYPE = ? AND DATABASE() LIKE TABLE_SCHEMA
                UNION ALL
                SELECT GRANTEE FROM information_schema.TABLE_PRIVILEGES
                 WHERE PRIVILEGE_TYPE = ? AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
            ) held
            WHERE GRANTEE = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')
            """, .text(privilege), .text(privilege), .text(privilege), .text(tasks.name))
        return try rows.next() && rows.int(0) != 0
    }
}
