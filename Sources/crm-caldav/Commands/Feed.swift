import ArgumentParser
import CRMStore
import CalDAV

struct Feed: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Secret addresses at which a calendar can be read without a password.",
        discussion: """
            For subscriptions that have no place for one, such as Nextcloud's and Google's.

              crm-caldav feed create anna/crm-tasks --label Nextcloud
              crm-caldav feed list --user anna
              crm-caldav feed revoke 7

            Owners of calendars do the same on the calendar's page in a browser.
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes an address, and shows it this once.")

        @OptionGroup var file: ConfigurationOption

        @Argument(help: ArgumentHelp("The calendar.", valueName: "owner/name"))
        var calendar: String

        @Option(help: "What it is for, to know it again in the list.")
        var label = ""

        @Option(
            help: ArgumentHelp(
                "Where the calendars are, such as https://HOST/caldav/; else it is public_address of the configuration, or the path alone is shown."
            ))
        var server: String?

        @Flag(help: "As a JSON object.")
        var json = false

        func validate() throws {
            guard calendar.split(separator: "/").count == 2 else {
                throw ValidationError("the calendar has to be of the form OWNER/NAME")
            }
        }

        func run() throws {
            let configuration = try file.load()
            let store = Store(context: try configuration.storeContext())
            let parts = calendar.split(separator: "/").map(String.init)
            let serve = configuration.serve
            let base = server ?? serve.publicAddress ?? serve.basePath ?? "/caldav/"
            try accessing { () throws(StorageError) in
                let calendars = try store.calendars(of: parts[0])
                guard let calendar = calendars.first(where: { $0.uri == parts[1] }) else {
                    throw .notFound
                }
                let new = try store.createFeed(of: calendar, label: label)
                let address =
                    (base.hasSuffix("/") ? base : base + "/") + "feed/\(new.token).ics"
                guard json else { return print(address) }
                var line = Feed.line(new.feed)
                line.add("address", address)
                print(String(decoding: line.finished(), as: UTF8.self), terminator: "")
            }
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists what there is, without the addresses: nobody can see those again.")

        @OptionGroup var file: ConfigurationOption

        @Option(help: "Only of calendars of this user.")
        var user: String?

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func run() throws {
            let store = try file.openStore()
            try accessing { () throws(StorageError) in
                let feeds = try store.feeds().filter { user == nil || $0.owner == user }
                if json {
                    var list = JSONList()
                    for feed in feeds { list.append(Feed.line(feed)) }
                    return list.end()
                }
                if feeds.isEmpty { print("There are no secret addresses.") }
                for feed in feeds {
                    let id = String(feed.id)
                    print(
                        String(repeating: " ", count: max(0, 8 - id.count)) + id + "  "
                            + Timestamp.text(feed.created) + "  "
                            + printable("\(feed.owner)/\(feed.uri)  \(feed.label)"))
                }
            }
        }
    }

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends addresses at once: whoever has one then gets 404.")

        @OptionGroup var file: ConfigurationOption

        @Argument(help: "Numbers that list shows.")
        var ids: [Int64]

        func run() throws {
            let store = try file.openStore()
            for id in ids {
                try accessing { () throws(StorageError) in try store.revokeFeed(id) }
                print("\(id) is revoked")
            }
        }
    }

    // MARK: What the commands share

    private static func line(_ feed: FeedRecord) -> JSONLine {
        var line = JSONLine()
        line.add("id", Int(clamping: feed.id))
        line.add("calendar", "\(feed.owner)/\(feed.uri)")
        line.add("label", feed.label)
        line.add("created", Timestamp.text(feed.created))
        return line
    }
}
