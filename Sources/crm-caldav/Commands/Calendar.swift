import ArgumentParser
import CRMStore
import CalDAV

struct Calendar: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Calendars, and with whom they are shared.",
        discussion: """
            A calendar is named OWNER/NAME, by the last two parts of its address; OWNER alone means all \
            of that user's calendars, also those that are yet to be made.

              crm-caldav calendar list --user anna
              crm-caldav calendar share anna/projects ben --may write
              crm-caldav calendar share anna --authenticated --may busy
              crm-caldav calendar unshare anna/projects ben
            """,
        subcommands: [List.self, ShareOne.self, Unshare.self])

    // MARK: Listing

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists calendars with what is granted on them.")

        @OptionGroup var file: ConfigurationOption

        @Option(help: "Only calendars of this user.")
        var user: String?

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func run() throws {
            let store = try file.openStore()
            try accessing { () throws(StorageError) in
                var owners = [user].compactMap { $0 }
                if user == nil { owners = try store.calendarOwners() }
                let abroad = try store.federatedShares().filter { $0.state != .declined }
                var list = JSONList()
                for owner in owners {
                    let shares = try store.shares(of: owner)
                    for share in shares where share.calendar == nil {
                        if json {
                            list.append(Calendar.line(owner, share))
                        } else {
                            print(printable("\(owner)  all calendars: \(share.sentence)"))
                        }
                    }
                    for calendar in try store.calendars(of: owner) {
                        let granted = shares.filter { $0.calendar == calendar.id }
                        let abroad = abroad.filter { $0.calendar == calendar.id }
                        if json {
                            list.append(Calendar.line(calendar))
                            for share in granted {
                                list.append(Calendar.line(owner, share, calendar))
                            }
                            for share in abroad { list.append(Calendar.line(share, calendar)) }
                            continue
                        }
                        print(printable("\(owner)/\(calendar.uri)  \(calendar.displayName)"))
                        for share in granted { print(printable("  \(share.sentence)")) }
                        for share in abroad { print(printable("  \(share.sentence)")) }
                    }
                }
                if json { list.end() }
            }
        }
    }

    // MARK: Sharing

    /// Whom something is granted to.
    struct GranteeOptions: ParsableArguments {
        @Argument(help: "The user, by name.")
        var grantee: String?

        @Flag(help: "Everybody who signs in.")
        var authenticated = false

        @Flag(help: "Everybody, also without signing in.")
        var `public` = false

        func validate() throws {
            guard [grantee != nil, authenticated, `public`].filter({ $0 }).count == 1 else {
                throw ValidationError("say either a user, --authenticated or --public")
            }
        }

        var choice: Share.Grantee {
            authenticated ? .authenticated : `public` ? .all : .user(grantee ?? "")
        }
    }

    /// What may be granted by one word.
    enum Level: String, ExpressibleByArgument, CaseIterable {
        case busy, read, write

        var privileges: Privileges {
            switch self {
            case .busy: .readFreeBusy
            case .read: .read
            case .write: [.read, .write]
            }
        }
    }

    struct ShareOne: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "share",
            abstract: "Grants somebody a calendar, or all calendars of a user.",
            discussion: "What was granted to them there before is replaced.")

        @OptionGroup var file: ConfigurationOption

        @Argument(help: ArgumentHelp("The calendar.", valueName: "owner/name"))
        var address: String

        @OptionGroup var to: GranteeOptions

        @Option(help: "What they may do: see when the owner is busy, read, or write.")
        var may = Level.read

        func validate() throws {
            if to.public, may == .write {
                throw ValidationError("nobody writes without signing in")
            }
        }

        func run() throws {
            let store = try file.openStore()
            try accessing { () throws(StorageError) in
                let place = try Calendar.place(address, store)
                let grantee = try Calendar.known(to.choice, place.owner, store)
                let share = Share(
                    calendar: place.calendar, grantee: grantee, privileges: may.privileges)
                let others = try place.shares(store).filter { $0.grantee != grantee }
                try store.setShares(others + [share], of: place.owner, on: place.calendar)
                print(printable("\(address): \(share.sentence)"))
            }
        }
    }

    struct Unshare: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes back what was granted to somebody.")

        @OptionGroup var file: ConfigurationOption

        @Argument(help: ArgumentHelp("The calendar.", valueName: "owner/name"))
        var address: String

        @OptionGroup var from: GranteeOptions

        func run() throws {
            let store = try file.openStore()
            try accessing { () throws(StorageError) in
                let place = try Calendar.place(address, store)
                let present = try place.shares(store)
                let others = present.filter { $0.grantee != from.choice }
                guard others.count < present.count else {
                    throw .refused("\(address) is not shared with \(from.choice.words)")
                }
                try store.setShares(others, of: place.owner, on: place.calendar)
                print(printable("\(address): no longer shared with \(from.choice.words)"))
            }
        }
    }

    // MARK: What the commands have in common

    private struct Place {
        let owner: String
        /// Nil: all of the owner's.
        let calendar: Int64?

        func shares(_ store: Store) throws(StorageError) -> [Share] {
            try store.shares(of: owner).filter { $0.calendar == calendar }
        }
    }

    private static func place(
        _ address: String, _ store: Store
    ) throws(StorageError) -> Place {
        let parts = address.split(separator: "/", maxSplits: 1).map(String.init)
        guard let owner = parts.first else { throw .refused("which calendar?") }
        guard parts.count == 2 else {
            guard try !store.people(named: [owner]).isEmpty else {
                throw .refused("there is no user \(owner)")
            }
            return Place(owner: owner, calendar: nil)
        }
        let calendar = try store.calendars(of: owner).first {
            $0.uri.utf8.elementsEqual(parts[1].utf8)
        }
        guard let calendar else { throw .refused("there is no calendar \(address)") }
        return Place(owner: owner, calendar: calendar.id)
    }

    private static func known(
        _ grantee: Share.Grantee, _ owner: String, _ store: Store
    ) throws(StorageError) -> Share.Grantee {
        guard case .user(let name) = grantee else { return grantee }
        guard try !store.people(named: [name]).isEmpty else {
            throw .refused("there is no user \(name)")
        }
        guard name != owner else { throw .refused("\(name) is the owner") }
        return grantee
    }

    private static func line(_ calendar: CalendarRecord) -> JSONLine {
        var line = JSONLine()
        line.add("calendar", "\(calendar.owner)/\(calendar.uri)")
        line.add("name", calendar.displayName)
        return line
    }

    private static func line(
        _ owner: String, _ share: Share, _ calendar: CalendarRecord? = nil
    ) -> JSONLine {
        var line = JSONLine()
        line.add("calendar", calendar.map { "\(owner)/\($0.uri)" } ?? owner)
        line.add("shared_with", share.grantee.words)
        line.add("privileges", share.privileges.words.joined(separator: " "))
        return line
    }

    private static func line(
        _ share: FederatedShareRecord, _ calendar: CalendarRecord
    ) -> JSONLine {
        var line = JSONLine()
        line.add("calendar", "\(calendar.owner)/\(calendar.uri)")
        line.add("shared_with", share.shareWith)
        line.add("privileges", share.access.privileges.words.joined(separator: " "))
        line.add("share", Int(clamping: share.id))
        return line
    }
}

extension FederatedShareRecord {
    /// `otto@cloud.example: read (share 3)`
    fileprivate var sentence: String {
        "\(shareWith): \(access.privileges.words.joined(separator: ", ")) (share \(id))"
    }
}

extension Share {
    /// `ben: read, write`
    fileprivate var sentence: String {
        "\(grantee.words): \(privileges.words.joined(separator: ", "))"
    }
}

extension Share.Grantee {
    fileprivate var words: String {
        switch self {
        case .user(let name): name
        case .authenticated: "everybody who signs in"
        case .all: "everybody"
        }
    }
}
