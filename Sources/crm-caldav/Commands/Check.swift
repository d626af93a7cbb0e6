import ArgumentParser
import CRMStore
import CalDAV
import Glibc
import Outgoing
import RemoteSync

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what is wrong with an installation, and what mends it.",
        discussion: """
            Looks at the configuration, the database, its schema, triggers and accounts, at clocks \
            and zones, and at whether tasks and calendars agree. With --url it looks from outside \
            instead, as a calendar client does, at what the web server in front lets through; that \
            needs no configuration and works from any machine. Ends with code 0 when nothing is \
            wrong, with 1 when something is.

              crm-caldav check
              crm-caldav check --url https://crm.example.org/caldav/ --user anna
              crm-caldav check --repair
              crm-caldav check --user anna    (asks for the password)
              crm-caldav check --new-epoch    (after a physical restore of the database)
            """)

    @OptionGroup var file: ConfigurationOption

    @Option(help: "Try the sign-in of this user too.")
    var user: String?

    @Option(
        help: "Look at the web server in front of this address, and at nothing else.",
        transform: { text in
            guard let address = WebAddress(text) else {
                throw ValidationError("not an http or https address")
            }
            return address
        })
    var url: WebAddress?

    @Option(help: "PEM file of the authorities to trust with --url, instead of the machine's.")
    var caFile: String?

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
        if url != nil, newEpoch || repair {
            throw ValidationError("--url looks from outside, and mends nothing")
        }
        if caFile != nil, url == nil { throw ValidationError("--ca-file goes with --url") }
    }

    func run() throws {
        if let url { return try checkWebServer(at: url) }
        let configuration = try file.load()
        let context = try configuration.storeContext()
        if newEpoch { return try beginNewEpoch(context) }
        var report = Report(isJSON: json)
        report.show("configuration", .ok, configuration.file ?? "from the environment")
        if let exposure = ListenExposure(of: configuration.serve.listen) {
            report.show("listen", .note, exposure.message, mend: exposure.mend)
        }
        var isClean = false
        do throws(StorageError) {
            isClean = try Checkup(context: context).run(repairing: repair) { check, finding in
                report.show(check, finding)
            }
        } catch {
            report.show(
                "database", .problem, error.reason,
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
            throw failure(error.reason, Exit.database)
        }
        print("A new epoch has begun: every client lists its calendars afresh.")
    }

    private func checkWebServer(at address: WebAddress) throws {
        var credentials: Credentials?
        if let user {
            let password = PasswordPrompt.read("Password of \(user): ") ?? []
            credentials = .basic(name: user, password: String(decoding: password, as: UTF8.self))
        }
        var settings = HTTPSettings()
        settings.policy = .unrestricted
        settings.caFile = caFile
        settings.userAgent = "crm-caldav/\(CRMCalDAV.version)"
        let http: HTTPClient
        do throws(TransportError) {
            http = try HTTPClient(settings)
        } catch {
            throw failure(error.reason, Exit.system)
        }
        var report = Report(isJSON: json)
        var checkup = WebServerCheckup(address, credentials, http) { finding in
            report.show(finding)
        }
        let isClean = checkup.run()
        report.end()
        if user == nil, !json {
            complain(
                "With --user NAME signing in, compression and chunked bodies are looked at too.")
        }
        if !isClean { throw ExitCode(1) }
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

        init(_ level: CheckFinding.Level) { self = Level(rawValue: level.rawValue) ?? .note }

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
        let level = finding.isRepaired ? .repaired : Level(finding.level)
        show(check, level, finding.message, mend: finding.isRepaired ? nil : finding.mend)
    }

    mutating func show(_ finding: WebServerCheckup.Finding) {
        show(finding.check, Level(finding.level), finding.message, mends: finding.cures)
    }

    mutating func show(_ check: String, _ level: Level, _ message: String, mend: String? = nil) {
        show(check, level, message, mends: mend.map { [$0] } ?? [])
    }

    private mutating func show(
        _ check: String, _ level: Level, _ message: String, mends: [String]
    ) {
        if isJSON {
            var line = JSONLine()
            line.add("check", check)
            line.add("level", level.rawValue)
            line.add("message", message)
            line.add("mend", mends.isEmpty ? nil : mends.joined(separator: "\n"))
            return list.append(line)
        }
        print("\(level.label) \(printable(message))")
        for mend in mends { print("       → \(printable(mend))") }
    }

    func end() { if isJSON { list.end() } }
}
