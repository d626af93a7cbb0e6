import ArgumentParser
import CRMStore
import CalDAV
import Outgoing
import RemoteSync

struct Remote: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pairs calendars with those of other servers.",
        discussion: """
            `crm-caldav work` keeps both calendars of a pair equal: what changes in one is soon in the \
            other.

              crm-caldav remote add https://cloud.example.org --user anna --to anna/crm-tasks
              crm-caldav remote list
              crm-caldav remote pause 1
            """,
        subcommands: [
            Add.self, List.self, Pause.self, Resume.self, Resync.self, Remove.self,
        ])

    // MARK: Add

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pairs a calendar with one of another server.",
            discussion: """
                The address may be that of the server, of the account, or of the calendar itself. \
                Asks for the password, or reads a line of standard input. What both calendars hold \
                already is matched by UID, then by title and time.

                With --nextcloud, you sign in with a browser, second factor and all, and the server \
                makes a password for us alone. With --oauth, for Google and others that take no \
                password, three lines are read: the client's id, its secret, and a refresh token.
                """)

        @OptionGroup var file: ConfigurationOption

        @Argument(help: "https://HOST or the address of a calendar.")
        var address: String

        @Option(help: "The user's name there.")
        var user: String?

        @Flag(help: "Sign in with a browser: Nextcloud's Login Flow v2.")
        var nextcloud = false

        @Option(
            help: ArgumentHelp(
                "Sign in by OAuth 2.0 with a refresh token.", valueName: "token address"))
        var oauth: String?

        @Option(help: ArgumentHelp("Our calendar.", valueName: "owner/name"))
        var to: String?

        @Option(help: "Which of the remote calendars: its name, or the last part of its address.")
        var calendar: String?

        @Option(help: "Who wins a conflict: crm, remote or newest.")
        var policy = ConflictPolicy.newest

        @Flag(help: "Only show the calendars of the account.")
        var list = false

        @Flag(help: "As JSON.")
        var json = false

        func validate() throws {
            guard nextcloud || user != nil else {
                throw ValidationError("say who you are there: --user NAME, or --nextcloud")
            }
            guard !nextcloud || oauth == nil else {
                throw ValidationError("either --nextcloud or --oauth")
            }
            guard list || to != nil else {
                throw ValidationError("say which calendar of ours: --to OWNER/NAME")
            }
            if let to, to.split(separator: "/").count != 2 {
                throw ValidationError("--to has to be of the form OWNER/NAME")
            }
        }

        func run() throws {
            guard let start = WebAddress(address.contains("://") ? address : "https://\(address)")
            else { throw failure("\(address) is no address of a server", Exit.usage) }
            guard start.isPrivate else {
                throw failure("a password goes to https:// addresses alone", Exit.usage)
            }
            let configuration = try file.load()
            let access = try RemoteAccess(configuration)
            let (account, server) = try signIn(at: start, access)
            let calendars = try access.calendars(from: server, account)
            if list { return show(calendars) }
            let chosen = try choose(calendars)
            let id = try access.add(chosen, to: to ?? "", account, policy)
            if json {
                var line = JSONLine()
                line.add("id", Int(clamping: id))
                line.add("address", chosen.address.text)
                return print(
                    String(decoding: line.finished(), as: UTF8.self), terminator: "")
            }
            print(
                printable("\(id): \(to ?? "") and \(chosen.address.text) are a pair now"))
        }

        private func signIn(
            at start: WebAddress, _ access: RemoteAccess
        ) throws(ExitCode) -> (account: RemoteAccess.Account, server: WebAddress) {
            if nextcloud { return try access.account(byLoginFlowAt: start) }
            let user = user ?? ""
            guard let oauth else {
                guard let password = read("Password of \(user) at \(start.host): ") else {
                    throw failure("no password was given", Exit.usage)
                }
                return (.init(user: user, secret: password), start)
            }
            guard let tokens = WebAddress(oauth), tokens.isPrivate else {
                throw failure("--oauth has to be an https:// address", Exit.usage)
            }
            guard let id = read("Client id: "), let secret = read("Client secret: "),
                let refresh = read("Refresh token: ")
            else { throw failure("three lines are wanted", Exit.usage) }
            let grant = OAuthGrant(
                tokenAddress: tokens, clientID: id, clientSecret: secret, refreshToken: refresh)
            return (.init(user: user, scheme: "oauth", secret: grant.text), start)
        }

        private func read(_ question: String) -> String? {
            PasswordPrompt.read(question).flatMap { String(validating: $0, as: UTF8.self) }
        }

        private func show(_ calendars: [RemoteCalendar]) {
            if json {
                var list = JSONList()
                for calendar in calendars {
                    var line = JSONLine()
                    line.add("name", calendar.displayName)
                    line.add("address", calendar.address.text)
                    line.add("components", calendar.components.joined(separator: ","))
                    line.add("writable", calendar.isWritable)
                    list.append(line)
                }
                return list.end()
            }
            for calendar in calendars { print(row(calendar)) }
            if calendars.isEmpty { print("The account has no calendars.") }
        }

        private func row(_ calendar: RemoteCalendar) -> String {
            printable(
                "\(calendar.displayName)  \(calendar.address.text)  "
                    + calendar.components.joined(separator: ",")
                    + (calendar.isWritable ? "" : "  (read only)"))
        }

        private func choose(_ calendars: [RemoteCalendar]) throws(ExitCode) -> RemoteCalendar {
            var fitting = calendars
            if let calendar {
                fitting = calendars.filter {
                    $0.address.lastSegment == calendar || $0.address.text == calendar
                }
                if fitting.isEmpty { fitting = calendars.filter { $0.displayName == calendar } }
            }
            if fitting.count == 1, let one = fitting.first { return one }
            for calendar in calendars { complain(row(calendar)) }
            throw failure(
                fitting.isEmpty
                    ? "no calendar of that name" : "there are several: say which with --calendar",
                ExitCode(1))
        }
    }

    // MARK: List

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the pairs, and how they are.")

        @OptionGroup var file: ConfigurationOption

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func run() throws {
            let store = try file.openStore()
            let remotes = try accessing { () throws(StorageError) in
                try store.remotes()
            }
            if json {
                var list = JSONList()
                for remote in remotes { list.append(line(remote)) }
                return list.end()
            }
            for remote in remotes { print(row(remote)) }
            if remotes.isEmpty { print("There are no pairs.") }
        }

        private func row(_ remote: RemoteRecord) -> String {
            var text = "\(remote.id)  \(remote.state.rawValue)  \(remote.owner ?? "?")/"
            text += "\(remote.uri ?? "?")  \(remote.address)  as \(remote.account)"
            text +=
                remote.checked > 0 ? "  seen \(Timestamp.text(remote.checked))" : "  not seen yet"
            if remote.failedObjects > 0 { text += "  \(remote.failedObjects) objects wait" }
            if let reason = remote.reason { text += "  (\(reason))" }
            return printable(text)
        }

        private func line(_ remote: RemoteRecord) -> JSONLine {
            var line = JSONLine()
            line.add("id", Int(clamping: remote.id))
            line.add("state", remote.state.rawValue)
            line.add("reason", remote.reason)
            line.add("calendar", "\(remote.owner ?? "?")/\(remote.uri ?? "?")")
            line.add("address", remote.address)
            line.add("user", remote.account)
            line.add("policy", remote.policy)
            line.add("failures", Int(clamping: remote.failures))
            line.add("waiting", Int(clamping: remote.failedObjects))
            line.add("seen", remote.checked > 0 ? Timestamp.text(remote.checked) : nil)
            line.add("moved", remote.changed > 0 ? Timestamp.text(remote.changed) : nil)
            line.add(
                "retry", remote.retryAt > 0 ? Timestamp.text(remote.retryAt) : nil)
            return line
        }
    }

    // MARK: Changing

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leaves both calendars of a pair alone until it is resumed.")

        @OptionGroup var file: ConfigurationOption
        @Argument(help: "The number that list shows.") var id: Int64

        func run() throws {
            try RemoteAccess.changing(file, id) { store, _ throws(StorageError) in
                try store.setState(of: id, .paused, reason: nil)
            }
        }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Goes on with a pair that was paused, or that stopped by itself.")

        @OptionGroup var file: ConfigurationOption
        @Argument(help: "The number that list shows.") var id: Int64

        @Flag(help: "Take over deletions once, however many there are.")
        var allowDeletions = false

        @Flag(help: "Ask for a new password.")
        var password = false

        func run() throws {
            var fresh: String?
            var access: RemoteAccess?
            if password {
                access = try RemoteAccess(try file.load())
                fresh = PasswordPrompt.read("Password: ").flatMap {
                    String(validating: $0, as: UTF8.self)
                }
                if fresh == nil { throw failure("no password was given", Exit.usage) }
            }
            try RemoteAccess.changing(file, id) { store, remote throws(StorageError) in
                if let fresh, let access {
                    try store.setSecret(of: id, access.sealed(fresh, remote))
                }
                try store.setState(
                    of: id, .active, reason: nil, allowsDeletions: allowDeletions)
            }
        }
    }

    struct Resync: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Has the next turn compare everything.")

        @OptionGroup var file: ConfigurationOption
        @Argument(help: "The number that list shows.") var id: Int64

        func run() throws {
            try RemoteAccess.changing(file, id) { store, _ throws(StorageError) in
                try store.resetCursors(of: id)
            }
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a pair. Both calendars keep what they have.")

        @OptionGroup var file: ConfigurationOption
        @Argument(help: "The number that list shows.") var id: Int64

        func run() throws {
            try RemoteAccess.changing(file, id) { store, _ throws(StorageError) in
                try store.removeRemote(id)
            }
        }
    }
}

extension ConflictPolicy: ExpressibleByArgument {}
