import ArgumentParser
import CRMStore
import Glibc
import MariaDB

struct Migrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the CRM's database to the documented schema.",
        discussion: """
            Adds what is missing and takes over the tasks that are there; running it again does \
            nothing. The database account needs CREATE, ALTER, INDEX, REFERENCES and TRIGGER.

              crm-caldav migrate
              crm-caldav migrate --print > caldav.sql    (for phpMyAdmin; changes nothing)
              crm-caldav migrate --uninstall             (takes our tables and triggers away)
            """)

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Print the SQL that would run here, and change nothing.")
    var print = false

    @Flag(help: "Take everything of ours away again.")
    var uninstall = false

    @Flag(help: "With --uninstall: take the documented columns and tables away too.")
    var withDocumented = false

    @Flag(help: "Do not ask.")
    var yes = false

    func validate() throws {
        if print, uninstall { throw ValidationError("--print and --uninstall exclude each other") }
        if withDocumented, !uninstall {
            throw ValidationError("--with-documented goes with --uninstall")
        }
    }

    func run() throws {
        let configuration = try file.load()
        let context = try configuration.storeContext()
        let migration = Migration(
            settings: configuration.store,
            connection: Connection(settings: context.connectionSettings),
            adopt: { report in
                _ = try Store(context: context).adoptTasks { report($0, $1) }
            })
        if uninstall { try confirmUninstall(of: configuration.store.connection.database) }
        do throws(MigrationError) {
            if print {
                Swift.print(try migration.printSQL(), terminator: "")
            } else if uninstall {
                var progress = ProgressLines()
                try migration.uninstall(documentedParts: withDocumented) { progress.show($0) }
                Swift.print("Nothing of crm-caldav is left in the database.")
            } else {
                var progress = ProgressLines()
                let plan = try migration.run { progress.show($0) }
                progress.end()
                for finding in plan.findings { Self.show(finding) }
                Swift.print("The database is ready.")
            }
        } catch {
            throw Self.explain(error)
        }
    }

    private func confirmUninstall(of database: String) throws(ExitCode) {
        guard !yes else { return }
        let what =
            withDocumented
            ? "all calendar data, the documented tables and the caldav_ columns of the tasks"
            : "all calendar data that the CRM's own columns do not hold"
        complain("This removes \(what) from the database \(database). Type yes to go on:")
        guard readLine() == "yes" else { throw failure("nothing was changed", Exit.usage) }
    }

    private static func show(_ finding: MigrationFinding) {
        complain("\(finding.isRefused ? "Refused" : "Note"): \(finding.message)")
        if let statement = finding.mendingStatement { complain("  \(statement);") }
    }

    private static func explain(_ error: MigrationError) -> ExitCode {
        switch error {
        case .refused(let findings):
            for finding in findings { show(finding) }
            return failure("nothing was changed", Exit.database)
        case .database(let error, let step):
            return failure(
                "\(step): \(error.message) (\(error.code)); run migrate again when that is mended",
                Exit.database)
        case .adoption(let error):
            let reason = (error as? StoreAdoptionError)?.reason ?? "\(error)"
            return failure(
                "taking over the tasks: \(reason); run migrate again, it goes on from there",
                Exit.database)
        }
    }
}

/// Tells how a migration goes, without a line for each of 100,000 tasks.
private struct ProgressLines {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private var adopted = 0

    mutating func show(_ progress: MigrationProgress) {
        switch progress {
        case .step(let number, let count, let summary):
            say("[\(number)/\(count)] \(summary)\n")
        case .scanning(let reason):
            say("No triggers (\(reason)): changes of the CRM will show within seconds.\n")
        case .adopting(let done, let total):
            if isTerminal {
                say("\r\(done) of \(total) tasks taken over")
            } else if done / 10_000 > adopted / 10_000 {
                say("\(done) of \(total) tasks taken over\n")
            }
            adopted = done
        }
    }

    func end() {
        guard adopted > 0 else { return }
        // Over the line that counted, to its end.
        say("\(isTerminal ? "\r\u{1B}[K" : "")\(adopted) tasks taken over\n")
    }

    /// At once, whether or not somebody watches.
    private func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
