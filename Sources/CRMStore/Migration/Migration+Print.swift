import MariaDB

extension Migration {
    /// The SQL that `run` would run on this database, for hosts where only phpMyAdmin is at hand.
    ///
    /// Existing tasks are not adopted by it: the worker does so when it starts.
    /// - Throws: `.refused`.
    package func printSQL() throws(MigrationError) -> String {
        let plan = try plan()
        guard !plan.isRefused else { throw .refused(plan.findings) }
        var lines = ["-- crm-caldav migrate, for the database \(settings.connection.database)"]
        for finding in plan.findings { lines.append("-- Note: \(finding.message)") }
        guard !plan.steps.isEmpty else {
            return lines.joined(separator: "\n") + "\n-- Nothing is missing.\n"
        }
        lines.append("")
        lines += Migration.sessionStatements.map { $0 + ";" }
        for step in plan.steps where !step.isTrigger {
            lines += ["", "-- \(step.summary)", step.sql + ";"]
        }
        let triggers = plan.steps.filter(\.isTrigger)
        if !triggers.isEmpty {
            lines += ["", triggerNote(plan.noticing), "DELIMITER //"]
            for step in triggers { lines += ["", "-- \(step.summary)", step.sql, "//"] }
            lines.append("DELIMITER ;")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func triggerNote(_ noticing: Noticing) -> String {
        var note = """
            -- Triggers, by which changes of the CRM show at once. phpMyAdmin and the mariadb client know
            -- DELIMITER. If the server refuses them, leave them out: changes then show within seconds.
            """
        if case .scan(let reason) = noticing { note += "\n-- Likely to be refused: \(reason)." }
        return note
    }
}
