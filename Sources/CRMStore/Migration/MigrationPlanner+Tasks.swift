import MariaDB

extension MigrationPlanner {
    /// The CRM's table of tasks; nil, with a finding that says why, where nothing can be done with it.
    mutating func inspectedTasks() throws(DatabaseError) -> TableInspection? {
        let name = tasks.name
        guard Identifier(name) != nil, !name.contains(".") else {
            result.findings.append(.refused("\(name) is no name of a table in this database"))
            return nil
        }
        guard let table = try TableInspection(of: name, through: connection) else {
            result.findings.append(.refused("the database has no table \(name)"))
            return nil
        }
        judgeStorage(table)
        judgeColumns(table)
        try judgeDefaults()
        try judgeUsers()
        return table
    }

    private mutating func judgeStorage(_ table: TableInspection) {
        let name = tasks.name
        guard let engine = table.engine else {
            result.findings.append(.refused("\(name) is a view, not a table"))
            return
        }
        // The documented foreign key needs InnoDB, and so do we: a change and its notice are one.
        if engine != "InnoDB" {
            result.findings.append(
                .refused(
                    "\(name) is of engine \(engine), which has no transactions and no foreign keys",
                    mend: "ALTER TABLE \(tasks.quoted) ENGINE=InnoDB, ROW_FORMAT=DYNAMIC"))
        } else if ["COMPACT", "REDUNDANT"].contains(table.rowFormat) {
            result.findings.append(
                .refused(
                    "\(name) has ROW_FORMAT=\(table.rowFormat), whose keys have 767 bytes at most: the "
                        + "UNIQUE key of caldav_uid takes \(255 * table.bytesPerCharacter)",
                    mend: "ALTER TABLE \(tasks.quoted) ROW_FORMAT=DYNAMIC"))
        }
        if table.isPartitioned {
            result.findings.append(
                .refused(
                    "\(name) is partitioned, which no foreign key can refer to",
                    mend: "ALTER TABLE \(tasks.quoted) REMOVE PARTITIONING"))
        }
        if table.bytesPerCharacter < 4 {
            result.findings.append(
                .advice(
                    "\(name) is not utf8mb4: what its character set lacks (emoji, other scripts) shows as "
                        + "? in the CRM; calendars keep it",
                    mend: "ALTER TABLE \(tasks.quoted) CONVERT TO CHARACTER SET utf8mb4"))
        }
    }

    private mutating func judgeColumns(_ table: TableInspection) {
        guard let id = table.column("id") else {
            result.findings.append(.refused("\(tasks.name) has no column id"))
            return
        }
        let integers = ["tinyint", "smallint", "mediumint", "int", "bigint"]
        if !integers.contains(where: { id.type == $0 || id.type.hasPrefix($0 + " ") }) {
            result.findings.append(
                .refused("\(tasks.name).id is \(id.type); the documented schema needs an integer"))
        }
        if !table.hasUniqueKey(on: ["id"]) {
            result.findings.append(
                .refused(
                    "\(tasks.name).id is no key by itself",
                    mend: "ALTER TABLE \(tasks.quoted) ADD UNIQUE KEY (id)"))
        }
        for column in [TaskColumn.title, .start] {
            guard let name = column.documentedName, table.column(name) == nil else { continue }
            result.findings.append(.refused("\(tasks.name) has no column \(name)"))
        }
        let others = TaskColumn.allCases.filter { $0 != .title && $0 != .start }
        let missing = others.compactMap(\.documentedName).filter { table.column($0) == nil }
        if !missing.isEmpty {
            result.findings.append(
                .advice(
                    "\(tasks.name) has no \(missing.joined(separator: ", ")): calendars keep what would "
                        + "be there, the CRM does not see it"))
        }
    }

    /// Our tables and the documented ones are made in the server's default row format.
    private mutating func judgeDefaults() throws(DatabaseError) {
        let rows = try connection.query("SELECT @@GLOBAL.innodb_default_row_format")
        guard try rows.next(), let format = rows.string(0), format.lowercased() != "dynamic" else {
            return
        }
        guard try TableInspection(of: "caldav_calendars", through: connection) == nil else {
            return
        }
        result.findings.append(
            .refused(
                "the server makes tables with ROW_FORMAT=\(format.uppercased()), whose keys have 767 bytes "
                    + "at most: that of caldav_calendars takes up to 2040",
                mend: "SET GLOBAL innodb_default_row_format = DYNAMIC"))
    }

    private mutating func judgeUsers() throws(DatabaseError) {
        let users = settings.users
        guard let table = try TableInspection(of: users.table, through: connection) else {
            result.findings.append(
                .advice(
                    "the database has no table \(users.table): nobody can sign in with a password"))
            return
        }
        let wanted = [users.nameColumn, users.passwordColumn, users.emailColumn].compactMap(\.self)
        for column in wanted where table.column(column) == nil {
            result.findings.append(
                .advice("\(users.table) has no column \(column), which the settings name"))
        }
    }
}
