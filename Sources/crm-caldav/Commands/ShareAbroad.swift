import ArgumentParser
import CRMStore
import CalDAV
import Outgoing
import RemoteSync
import WebDAV

struct ShareAbroad: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        abstract: "Shares calendars with users of Nextcloud servers.",
        discussion: """
            Their Nextcloud (33 or later, with calendar federation) then has the calendar, and what is \
            changed there or here is soon in the other place. They are named by their federated cloud \
            id, which Nextcloud shows in their personal settings under Sharing. (With people of this \
            CRM: crm-caldav calendar share.)

              crm-caldav share --to otto@cloud.example.org --access read-write anna/projects
              crm-caldav share list
              crm-caldav share revoke 3

            `crm-caldav work`, as a service or from cron, notifies their server of changes; without it, \
            they come once an hour.
            """,
        subcommands: [Create.self, List.self, Revoke.self], defaultSubcommand: Create.self)

    // MARK: Create

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offers calendars to a user of another server.",
            discussion:
                "A calendar that is shared with them already is offered anew, with what they may do now."
        )

        @OptionGroup var file: ConfigurationOption

        @Option(help: ArgumentHelp("With whom.", valueName: "user@server"))
        var to: String

        @Option(help: "What they may do: read or read-write.")
        var access = FederatedAccess.read

        @Argument(help: ArgumentHelp("The calendars.", valueName: "owner/name"))
        var calendars: [String]

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func validate() throws {
            guard CloudID(to) != nil else {
                throw ValidationError(
                    "--to has to be a federated cloud id, such as otto@cloud.example.org")
            }
            for calendar in calendars where calendar.split(separator: "/").count != 2 {
                throw ValidationError("a calendar has to be of the form OWNER/NAME")
            }
        }

        func run() throws {
            guard let receiver = CloudID(to) else { throw Exit.usage }
            let office = try ShareOffice(try file.load())
            let endPoint = try office.endPoint(of: receiver)
            var list = JSONList()
            for place in calendars {
                let made = try office.share(place, with: receiver, access, at: endPoint)
                if json {
                    list.append(ShareAbroad.line(made.share))
                } else {
                    let name = made.name.map { " (\($0))" } ?? ""
                    print(
                        printable(
                            "\(made.share.id): \(place) is offered to \(receiver.text)\(name), "
                                + "\(access.rawValue)"))
                }
            }
            if json { return list.end() }
            print("Nextcloud shows it at once, or asks them first whether they want it.")
        }
    }

    // MARK: List

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what is shared with users of other servers, and how that is.")

        @OptionGroup var file: ConfigurationOption

        @Option(help: "Only calendars of this user.")
        var user: String?

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func run() throws {
            let store = try file.openStore()
            let shares = try accessing { () throws(StorageError) in
                try store.federatedShares().filter { user == nil || $0.owner == user }
            }
            if json {
                var list = JSONList()
                for share in shares { list.append(ShareAbroad.line(share)) }
                return list.end()
            }
            for share in shares { print(ShareAbroad.row(share)) }
            if shares.isEmpty { print("Nothing is shared with users of other servers.") }
        }
    }

    // MARK: Revoke

    struct Revoke: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Ends shares at once: whoever comes then is refused, and Nextcloud drops the calendar."
        )

        @OptionGroup var file: ConfigurationOption

        @Argument(help: "Numbers that list shows.")
        var ids: [Int64]

        @Flag(help: "As a JSON array of objects.")
        var json = false

        func run() throws {
            let office = try ShareOffice(try file.load(), needsAddress: false)
            var list = JSONList()
            for id in ids {
                let (share, failure) = try office.revoke(id)
                if json {
                    var line = ShareAbroad.line(share, state: "revoked")
                    line.add("told", failure == nil)
                    line.add("reason", failure)
                    list.append(line)
                    continue
                }
                print(
                    printable("\(id) is revoked: \(ShareAbroad.place(share)), \(share.shareWith)"))
                if let failure {
                    complain(
                        printable(
                            "crm-caldav: their server is not told yet (\(failure)): crm-caldav work "
                                + "tries again, and it finds out by itself"
                        ))
                }
            }
            if json { list.end() }
        }
    }

    // MARK: What the commands share

    fileprivate static func place(_ share: FederatedShareRecord) -> String {
        "\(share.owner ?? "?")/\(share.uri ?? "?")"
    }

    private static func row(_ share: FederatedShareRecord) -> String {
        var text = "\(share.id)  \(share.state.rawValue)  \(place(share))  \(share.shareWith)"
        text += "  \(share.access.rawValue)"
        text += share.seen > 0 ? "  seen \(Timestamp.text(share.seen))" : "  not seen yet"
        if let reason = share.reason { text += "  (\(reason))" }
        return printable(text)
    }

    fileprivate static func line(
        _ share: FederatedShareRecord, state: String? = nil
    ) -> JSONLine {
        var line = JSONLine()
        line.add("id", Int(clamping: share.id))
        line.add("state", state ?? share.state.rawValue)
        line.add("calendar", place(share))
        line.add("shared_with", share.shareWith)
        line.add("access", share.access.rawValue)
        line.add("address", share.address)
        guard state == nil else { return line }
        line.add("created", Timestamp.text(share.created))
        line.add("seen", share.seen > 0 ? Timestamp.text(share.seen) : nil)
        line.add("behind", share.waiting > 0)
        line.add("failures", Int(clamping: share.failures))
        line.add("reason", share.reason)
        return line
    }
}

/// Makes and ends shares: what takes the key, connections and our own address.
struct ShareOffice {
    private let access: RemoteAccess
    private let store: Store
    /// Ends with a slash.
    private let base: String

    /// The most bytes that an address may have, at the receiver's.
    private static let longestAddress = 255
    /// Bytes of chance in a secret: 128 bits, in as many characters as Nextcloud's own have.
    private static let secretSize = 16

    init(_ configuration: Configuration, needsAddress: Bool = true) throws(ExitCode) {
        access = try RemoteAccess(configuration)
        store = Store(context: access.context)
        guard let base = configuration.serve.publicAddress else {
            guard needsAddress else {
                self.base = ""
                return
            }
            throw failure(
                "set public_address to where clients reach the calendars, such as "
                    + "https://crm.example.org/caldav/: the other server is to come there",
                Exit.configuration)
        }
        guard !needsAddress || WebAddress(base)?.isPrivate == true else {
            throw failure(
                "public_address has to begin with https://: the secret travels with every request",
                Exit.configuration)
        }
        self.base = base
    }

    func endPoint(of receiver: CloudID) throws(ExitCode) -> WebAddress {
        do throws(RemoteError) {
            return try OCMClient(try access.http()).endPoint(of: receiver)
        } catch {
            throw failure(printable("\(receiver.text): \(error)"), ExitCode(1))
        }
    }

    /// - Parameter place: `OWNER/NAME`.
    /// - Returns: the share, and the receiver's name as people write it.
    func share(
        _ place: String, with receiver: CloudID, _ level: FederatedAccess, at endPoint: WebAddress
    ) throws(ExitCode) -> (share: FederatedShareRecord, name: String?) {
        let calendar = try access.calendar(place, store)
        let known = try accessing { () throws(StorageError) in
            try store.federatedShare(of: calendar, with: receiver.text)
        }
        // Offered anew, it keeps its secret: until the new one had arrived, the old one would be wrong,
        // and the receiver's server would drop the calendar.
        if let known, known.state == .declined {
            // It has to open the calendar again by the time that their server knows.
            try accessing { () throws(StorageError) in
                try store.confirmFederatedShare(
                    known.id, recipient: known.recipient, endPoint: known.endPoint,
                    access: known.access)
            }
        }
        let (id, address, secret) =
            if let known { try reopened(known) } else {
                try begin(calendar, receiver, level, endPoint)
            }
        let offer = ShareMessage.Offer(
            shareWith: receiver.text, owner: "\(calendar.owner)@\(host)",
            ownerName: try ownerName(calendar.owner), calendar: calendar, address: address,
            secret: secret, access: level)
        let taken: OCMClient.Taken
        do throws(RemoteError) {
            taken = try OCMClient(try access.http()).offer(offer, at: endPoint)
        } catch {
            if known == nil {
                try accessing { () throws(StorageError) in
                    try store.removeFederatedShare(id)
                }
            }
            throw failure(
                printable("\(place) is not shared: \(receiver.server): \(error)"), ExitCode(1))
        }
        let share = try accessing { () throws(StorageError) in
            try store.confirmFederatedShare(
                id, recipient: taken.recipient, endPoint: endPoint.text, access: level)
            return try store.federatedShare(id)
        }
        return (share, taken.name)
    }

    /// A share whose receiver may come from here on: before their server knows, since it may come at once.
    private func begin(
        _ calendar: CalendarRecord, _ receiver: CloudID, _ level: FederatedAccess,
        _ endPoint: WebAddress
    ) throws(ExitCode) -> (id: Int64, address: String, secret: String) {
        let address =
            "\(base)calendars/\(Href.encode(segment: calendar.owner))/"
            + "\(Href.encode(segment: calendar.uri))/"
        guard address.utf8.count <= ShareOffice.longestAddress else {
            throw failure(
                "\(address) is longer than the \(ShareOffice.longestAddress) characters that Nextcloud "
                    + "keeps of an address", ExitCode(1))
        }
        let secret = Digest.hex(Digest.random(count: ShareOffice.secretSize))
        let context = FederatedShareRecord.secretContext(address, receiver.text)
        let share = NewFederatedShare(
            calendar: calendar, address: address, shareWith: receiver.text,
            endPoint: endPoint.text, secret: secret,
            sealedSecret: SealedSecret.seal(secret, key: access.key, context: context),
            access: level)
        let id = try accessing { () throws(StorageError) in
            try store.addFederatedShare(share)
        }
        return (id, address, secret)
    }

    private func reopened(
        _ share: FederatedShareRecord
    ) throws(ExitCode) -> (id: Int64, address: String, secret: String) {
        do throws(RemoteError) {
            return (share.id, share.address, try share.openSecret(with: access.key))
        } catch {
            throw failure("share \(share.id): \(error)", Exit.configuration)
        }
    }

    private func ownerName(_ owner: String) throws(ExitCode) -> String {
        try accessing { () throws(StorageError) in
            try store.people(named: [owner]).first?.displayName ?? owner
        }
    }

    /// Of our own cloud ids.
    private var host: String {
        guard let address = WebAddress(base) else { return "" }
        let origin = address.origin
        return String(origin.dropFirst(address.scheme.utf8.count + 3))
    }

    /// - Returns: what was revoked, and why its receiver could not be told.
    func revoke(_ id: Int64) throws(ExitCode) -> (share: FederatedShareRecord, failure: String?) {
        let share = try accessing { () throws(StorageError) in
            do throws(StorageError) {
                let share = try store.federatedShare(id)
                try store.removeFederatedShare(
                    id, farewell: FederationChannel.farewells(to: share))
                return share
            } catch .notFound {
                throw .refused("there is no share \(id)")
            }
        }
        // At once, if that goes: what does not is left to `crm-caldav work`.
        let reports = try accessing { () throws(StorageError) in
            try access.deliverer(number: 0).sendAll()
        }
        for report in reports where report.delivery.subject == FederationDelivery.subject(id) {
            switch report.result {
            case .delivered, .dropped: break
            case .postponed(let reason, _, _), .failed(let reason): return (share, reason)
            }
        }
        return (share, nil)
    }
}

extension FederatedAccess: ExpressibleByArgument {}
