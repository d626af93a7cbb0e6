import CRMStore
import MariaDB
import Testing

/// An earlier `migrate` took a table that only has one of our names for an older one of ours.
@Suite("check, where columns of ours are in a table of somebody else's")
struct AddedColumnTests {
    let crm: MirroredCRM
    private let before: String

    init() throws {
        crm = try MirroredCRM()
        for statement in [
            "DROP TABLE caldav_properties", ForeignTableTests.properties,
            "INSERT INTO caldav_properties (path, name, value) VALUES ('/x', 'n', 'v')",
        ] { try crm.crm.run(statement) }
        before = try crm.crm.queryText("SHOW CREATE TABLE caldav_properties").rows[0][1] ?? ""
        for column in [
            "calendar_id INT NOT NULL", "viewer VARBINARY(255) NOT NULL DEFAULT ''",
            "property BINARY(32) NOT NULL", "namespace BLOB NOT NULL", "xml MEDIUMBLOB NOT NULL",
        ] { try crm.crm.run("ALTER TABLE caldav_properties ADD COLUMN \(column)") }
    }

    @Test func theyAreFound() throws {
        let findings = try check(repairing: false)
        let finding = try #require(findings.first { $0.message.contains("added columns") })
        #expect(
            finding.message.hasSuffix(
                "the table caldav_properties, which is not its own: "
                    + "calendar_id, viewer, property, namespace, xml"))
        #expect(finding.mend == "crm-caldav check --repair")
    }

    @Test func repairGivesTheTableItsColumnsBack() throws {
        let findings = try check(repairing: true)
        #expect(findings.contains { $0.isRepaired && $0.message.contains("added columns") })
        #expect(try created() == before)
        #expect(
            try crm.crm.queryText("SELECT * FROM caldav_properties").rows
                == [["1", "/x", "n", "v", "1"]])
        // What to do with the name is for the operator to say.
        #expect(try check(repairing: true).contains { $0.message.contains("own_tables_prefix") })
    }

    @Test func valuesInThemAreNotThrownAway() throws {
        try crm.crm.run("UPDATE caldav_properties SET xml = '<x/>'")
        let columns = try created()
        let findings = try check(repairing: true)
        #expect(findings.contains { $0.message.hasSuffix("there are values in them") })
        #expect(try created() == columns)
    }

    private func created() throws -> String {
        try crm.crm.queryText("SHOW CREATE TABLE caldav_properties").rows[0][1] ?? ""
    }

    private func check(repairing: Bool) throws -> [CheckFinding] {
        var findings: [CheckFinding] = []
        _ = try Checkup(context: crm.context).run(repairing: repairing) { name, finding in
            if name == "schema" { findings.append(finding) }
        }
        return findings
    }
}
