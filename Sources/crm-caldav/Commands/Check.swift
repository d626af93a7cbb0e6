import ArgumentParser
import CRMStore
import CalDAV
import Glibc
import MariaDB

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what is wrong with an installation, and what mends it.",
        discussion: """
            Looks at the configuration, the database, its schema and triggers, clocks and zones. \
            Ends with code 0 when nothing is wrong.

              crm-caldav check
              crm-caldav check --user anna    (asks for the password)
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(help: "Try the sign-in of this user too.")
    var user: String?

    func run() throws {
        let configuration = try file.load()
        var report = Report()
        report.good("configuration: \(configuration.file ?? "from the environment")")
        do throws(StoreSettingsError) {
            let context = try StoreContext(settings: configuration.store)
            report.good("time zone of the CRM: \(configuration.store.timeZone)")
            checkDatabase(configuration, context, &report)
        } catch {
            report.bad("\(error.key): \(error.reason)", mend: "correct it in the configuration")
        }
        if report.isDatabaseReached {
            if configuration.store.confirmedMeans == .completed {
                report.note(
                    "an event with STATUS:CONFIRMED makes its task completed. Nextcloud and Google "
                        + "write CONFIRMED on every new event",
                    mend: "with such clients, set confirmed_means = pending")
            }
            if let user { try checkSignIn(of: user, configuration, &report) }
        }
        if report.problems > 0 { throw report.isDatabaseReached ? ExitCode(1) : Exit.database }
    }

    private func checkDatabase(
        _ configuration: Configuration, _ context: StoreContext, _ report: inout Report
    ) {
        let connection = Connection(settings: context.connectionSettings)
        do throws(DatabaseError) {
            let server = try connection.queryText(
                "SELECT VERSION() AS version, UNIX_TIMESTAMP() AS now")
            report.isDatabaseReached = true
            report.good("database: \(server.first("version") ?? "")")
            let difference = (server.first("now").flatMap(Int.init) ?? 0) - time(nil)
            if abs(difference) > 2 {
                report.bad(
                    "the database server's clock is \(difference) s off ours",
                    mend: "run a time service on both machines")
            } else {
                report.good("clocks agree")
            }
        } catch {
            report.bad(
                "database: \(error.message) (\(error.code))",
                mend: "correct database_* in the configuration, or start the server")
            return
        }
        checkSchema(
            Migration(settings: configuration.store, connection: connection), &report)
    }

    private func checkSchema(_ migration: Migration, _ report: inout Report) {
        do throws(MigrationError) {
            let plan = try migration.plan()
            for finding in plan.findings {
                let mend = finding.mendingStatement.map { "\($0);" }
                if finding.isRefused {
                    report.bad(finding.message, mend: mend)
                } else {
                    report.note(finding.message, mend: mend)
                }
            }
            if plan.steps.isEmpty {
                report.good("schema: as documented")
            } else {
                for step in plan.steps { report.bad("missing: \(step.summary)", mend: nil) }
                return report.mend("crm-caldav migrate")
            }
            switch plan.noticing {
            case .triggers: report.good("changes of the CRM show at once, by triggers")
            case .scan(let reason):
                report.note(
                    "no triggers (\(reason)): changes of the CRM show within seconds", mend: nil)
            }
        } catch {
            report.bad("schema: \(error)", mend: nil)
        }
    }

    private func checkSignIn(
        of name: String, _ configuration: Configuration, _ report: inout Report
    ) throws {
        let outcome = try SignInTrial(configuration).outcome(
            of: name, password: PasswordPrompt.read("Password of \(name): "))
        if outcome.isAccepted {
            report.good("sign-in: \(outcome.sentence)")
        } else {
            report.bad(
                "sign-in: \(outcome.sentence)",
                mend: "compare users_* in the configuration with the CRM's table")
        }
    }
}

/// What `check` found, printed as it is found.
private struct Report {
    private(set) var problems = 0
    var isDatabaseReached = false

    func good(_ sentence: String) { print("ok    \(sentence)") }

    mutating func bad(_ sentence: String, mend statement: String?) {
        problems += 1
        print("BAD   \(sentence)")
        if let statement { mend(statement) }
    }

    func note(_ sentence: String, mend statement: String?) {
        print("note  \(sentence)")
        if let statement { mend(statement) }
    }

    func mend(_ statement: String) { print("      → \(statement)") }
}
