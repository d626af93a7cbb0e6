import ArgumentParser

/// Where the program begins.
@main
enum Program {
    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        // A web server that starts the program by itself gives it a socket and no arguments.
        let isStarted = arguments.isEmpty && Executable.isNamedForFastCGI
        CRMCalDAV.main(isStarted ? ["serve"] : arguments)
    }
}

struct CRMCalDAV: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "crm-caldav",
        abstract: "CalDAV for the tasks of a CRM.",
        discussion: """
            Brings the CRM's database to the documented schema, then serves its tasks as calendars:
              crm-caldav config --print-default > /etc/crm-caldav.conf
              crm-caldav migrate
              crm-caldav check
              crm-caldav serve --listen unix:/run/crm-caldav/caldav.sock

            A copy of the program whose name ends in .fcgi serves without being told to.
            """,
        version: version,
        subcommands: [
            Serve.self, Migrate.self, Check.self, Trash.self, Calendar.self, ShareAbroad.self,
            Feed.self,
            Remote.self, Work.self, Config.self, User.self,
        ])
}
