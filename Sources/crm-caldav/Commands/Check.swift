import ArgumentParser
import CRMStore
import CalDAV
import Glibc

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what is wrong with an installation, and what mends it.",
        discussion: """
            Looks at the configuration, the database, its schema, triggers and accounts, at clocks \
            and zones, and at whether tasks and calendars agree. Ends with code 0 when nothing is \
            wrong, with 1 when something is.

              crm-caldav check
              crm-caldav check --repair
              crm-caldav check --user anna    (asks for the password)
              crm-caldav check --new-epoch    (after a physical restore of the database)
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(help: "Try the sign-in of this user too.")
    var user: String?

    @Flag(help: "Mend what can be mended.")
    var repair = false

    @Flag(help: "Have every client list its calendars afresh, and look at nothing else.")
    var newEpoch = false

    @Flag(help: "As a JSON array of objects.")
    var json = false

    func validate() throws {
        if newEpoch, repair || json || user != nil {
            throw ValidationError("--new-epoch goes alone")
        }
    }

    func run() throws {
        let configuration = try file.load()
        let context = try configuration.storeContext()
        if newEpoch { return try beginNewEpoch(context) }
        var report = Report(isJSON: json)
        report.show("configuration", .ok, configuration.file ?? "from the environment")
        var isClean = false
        do throws(StorageError) {
            isClean = try Checkup(context: context).run(repairing: repair) { check, finding in
                report.show(check, finding)
            }
        } catch {
            report.show(
                "database", .problem, "\(Self.reason(error))",
                mend: "correct database_* in the configuration, or start the server")
            report.end()
            throw Exit.database
        }
        if let user { isClean = try checkSignIn(of: user, configuration, &report) && isClean }
        report.end()
        if !isClean { throw ExitCode(1) }
    }

    private func beginNewEpoch(_ context: StoreContext) throws(ExitCode) {
        do throws(StorageError) {
            try Store(context: context).beginNewEpoch()
        } catch {
            throw failure(Self.reason(error), Exit.database)
        }
        print("A new epoch has begun: every client lists its calendars afresh.")
    }

    private static func reason(_ error: StorageError) -> String {
        switch error {
        case .unavailable(let reason), .failed(let reason), .refused(let reason): reason
        default: "\(error)"
        }
    }

    private func checkSignIn(
        of name: String, _ configuration: Configuration, _ report: inout Report
    ) throws -> Bool {
        let outcome = try SignInTrial(configuration).outcome(
            of: name, password: PasswordPrompt.read("Password of \(name): "))
        report.show(
            "sign-in", outcome.isAccepted ? .ok : .problem, outcome.sentence,
            mend: outcome.isAccepted
                ? nil : "compare users_* in the configuration with the CRM's table")
        return outcome.isAccepted
    }
}

/// What `check` found, written as it is found.
private struct Report {
    private let isJSON: Bool
    private var list = JSONList()

    enum Level: String {
        case ok, note, problem, repaired

        /// How a line of it begins.
        var label: String {
            switch self {
            case .ok: "ok    "
            case .note: "note  "
            case .problem: "BAD   "
            case .repaired: "mended"
            }
        }
    }

    init(isJSON: Bool) { self.isJSON = isJSON }

    mutating func show(_ check: String, _ finding: CheckFinding) {
        let level =
            finding.isRepaired ? .repaired : Level(rawValue: finding.level.rawValue) ?? .note
        show(check, level, finding.message, mend: finding.isRepaired ? nil : finding.mend)
    }

    mutating func show(_ check: String, _ level: Level, _ message: String, mend: String? = nil) {
        if isJSON {
            var line = JSONLine()
            line.add("check", check)
            line.add("level", level.rawValue)
            line.add("message", message)
            line.add("mend", mend)
            return list.append(line)
        }
        print("\(level.label) \(printable(message))")
        if let mend { print("       → \(printable(mend))") }
    }

    func end() { if isJSON { list.end() } }
}
