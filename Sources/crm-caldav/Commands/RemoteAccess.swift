import ArgumentParser
import CRMStore
import CalDAV
import Glibc
import Outgoing
import RemoteSync

/// What the commands about other servers share: the key, connections, words for failures.
struct RemoteAccess {
    let context: StoreContext
    let settings: SyncSettings
    let key: SecretKey

    init(_ configuration: Configuration) throws(ExitCode) {
        context = try configuration.storeContext()
        settings = configuration.syncSettings
        guard let path = settings.keyFile else {
            throw failure(
                "set state_directory or sync_key_file: the passwords of other servers are encrypted "
                    + "with a key that is kept there", Exit.configuration)
        }
        do throws(KeyFile.Failure) {
            key = try KeyFile(path: path).key(creating: true)
        } catch {
            throw failure(error.reason, Exit.configuration)
        }
    }

    // MARK: Other servers

    /// By what we are known to another server.
    struct Account {
        var user: String
        /// `basic` or `oauth`.
        var scheme = "basic"
        /// A password, or a grant as text.
        var secret: String
    }

    func calendars(
        from start: WebAddress, _ account: Account
    ) throws(ExitCode) -> [RemoteCalendar] {
        do throws(RemoteError) {
            let http = try http()
            var credentials = Credentials.basic(name: account.user, password: account.secret)
            if account.scheme == "oauth", let grant = OAuthGrant(account.secret) {
                credentials = .bearer(try grant.access(http).token)
            }
            return try CalDAVClient(http, credentials).calendars(from: start)
        } catch {
            throw failure("\(start.text): \(error)", ExitCode(1))
        }
    }

    /// Nextcloud's Login Flow v2: says which page to open, and waits for the user to sign in there.
    func account(
        byLoginFlowAt server: WebAddress
    ) throws(ExitCode) -> (account: Account, server: WebAddress) {
        do throws(RemoteError) {
            let http = try http()
            let flow = try LoginFlow(server, http)
            complain("Open this page and sign in:\n\n    \(printable(flow.page))\n")
            // The server forgets it after 20 minutes.
            for _ in 0..<600 {
                if let account = try flow.poll(http) {
                    return (
                        Account(user: account.name, secret: account.password), account.server
                    )
                }
                sleep(2)
            }
        } catch {
            throw failure("\(server.text): \(error)", ExitCode(1))
        }
        throw failure("nobody has signed in within 20 minutes", ExitCode(1))
    }

    func http() throws(RemoteError) -> HTTPClient {
        do throws(TransportError) {
            return try HTTPClient(settings.http)
        } catch {
            throw .transport(error)
        }
    }

    // MARK: Pairs

    /// - Parameter place: `OWNER/NAME`.
    func add(
        _ remote: RemoteCalendar, to place: String, _ account: Account, _ policy: ConflictPolicy
    ) throws(ExitCode) -> Int64 {
        let store = Store(context: context)
        let calendar = try calendar(place, store)
        return try accessing { () throws(StorageError) in
            do throws(StorageError) {
                let context = RemoteRecord.secretContext(remote.address.text, account.user)
                return try store.addRemote(
                    NewRemote(
                        calendar: calendar.id, address: remote.address.text,
                        account: account.user, scheme: account.scheme,
                        secret: SealedSecret.seal(account.secret, key: key, context: context),
                        components: remote.components, policy: policy.rawValue))
            } catch .alreadyExists {
                throw .refused("\(place) and \(remote.address.text) are a pair already")
            }
        }
    }

    /// - Parameter place: `OWNER/NAME`.
    func calendar(_ place: String, _ store: Store) throws(ExitCode) -> CalendarRecord {
        let parts = place.split(separator: "/").map(String.init)
        guard parts.count == 2 else { throw Exit.usage }
        return try accessing { () throws(StorageError) in
            let address = ResourceAddress.calendar(user: parts[0], uri: parts[1])
            var opening = try store.open(address, signingIn: parts[0], content: false)
            if opening.needsHome, let owner = opening.user {
                try store.prepareHome(of: owner)
                opening = try store.open(address, signingIn: parts[0], content: false)
            }
            guard let calendar = opening.calendar else {
                throw .refused("there is no calendar \(place)")
            }
            return calendar
        }
    }

    func sealed(_ password: String, _ remote: RemoteRecord) -> [UInt8] {
        SealedSecret.seal(password, key: key, context: remote.secretContext)
    }

    // MARK: What the commands share

    /// Runs something that is about one pair.
    static func changing(
        _ file: ConfigurationOption, _ id: Int64,
        _ body: (Store, RemoteRecord) throws(StorageError) -> Void
    ) throws(ExitCode) {
        let store = try file.openStore()
        try accessing { () throws(StorageError) in
            let remote: RemoteRecord
            do throws(StorageError) {
                remote = try store.remote(id)
            } catch .notFound {
                throw .refused("there is no pair \(id)")
            }
            try body(store, remote)
        }
    }
}

extension Configuration {
    var syncSettings: SyncSettings {
        var settings = sync
        settings.keyFile = sync.keyFile ?? store.stateDirectory.map { "\($0)/remote.key" }
        settings.http.userAgent = "crm-caldav/\(CRMCalDAV.version)"
        return settings
    }
}
