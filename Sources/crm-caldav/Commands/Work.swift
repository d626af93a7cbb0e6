import ArgumentParser
import CRMStore
import CalDAV
import FastCGI
import Outgoing
import RemoteSync

struct Work: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Does everything that is not the answer to a request.",
        discussion: """
            Takes over what the CRM changed, works on the pairs of calendars that `crm-caldav remote` made, \
            notifies other servers of changes in what `crm-caldav share` shares with them, and throws away \
            what is too old. Runs until SIGTERM; or once, for cron:

              crm-caldav work
              crm-caldav work --once
              crm-caldav work --status

            Several may run, on several machines: they share the work.
            """,
        aliases: ["sync"])

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Do everything once, say what was done, and end.")
    var once = false

    @Flag(help: "Show each job: when it last ran, what waits, what failed.")
    var status = false

    @Option(help: "Only this pair of calendars, by the number that remote list shows.")
    var only: Int64?

    @Flag(help: "With --once or --status: as a JSON array of objects.")
    var json = false

    func validate() throws {
        if once, status { throw ValidationError("--once and --status exclude each other") }
        if json, !once, !status { throw ValidationError("--json goes with --once or --status") }
    }

    func run() throws {
        let configuration = try file.load()
        if status {
            return try WorkStatus(context: configuration.storeContext()).show(asJSON: json)
        }
        // Pairs and shares have secrets, whose key has a place only where one is configured.
        let access =
            configuration.syncSettings.keyFile == nil ? nil : try RemoteAccess(configuration)
        let context = try access?.context ?? configuration.storeContext()
        if once { return try WorkOnce(context, access, only: only).run(asJSON: json) }
        let logs: Logs
        do throws(ConfigurationError) {
            logs = try Logs(configuration.serve)
        } catch {
            throw failure(error.description, Exit.configuration)
        }
        Signal.hold()
        do throws(SystemError) {
            let service = try BackgroundService(context, access, logs: logs, only: only)
            while let signal = Signal.next(), signal != .terminate {
                if signal == .reopenLogs { logs.reopen() }
            }
            service.stop()
        } catch {
            throw failure(error.description, Exit.system)
        }
    }
}
