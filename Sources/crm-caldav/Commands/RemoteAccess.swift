import ArgumentParser
import CRMStore
import CalDAV
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

    func calendars(
        from start: WebAddress, _ user: String, _ password: String
    ) throws(ExitCode) -> [RemoteCalendar] {
        do throws(RemoteError) {
            return try client(user, password).calendars(from: start)
        } catch {
            throw failure("\(start.text): \(error)", ExitCode(1))
        }
    }

    private func client(_ user: String, _ password: String) throws(RemoteError) -> CalDAVClient {
        do throws(TransportError) {
            return CalDAVClient(
                try HTTPClient(settings.http), .basic(name: user, password: password))
        } catch {
            throw .transport(error)
        }
    }

    // MARK: Pairs

    /// - Parameter place: `OWNER/NAME`.
    func add(
        _ remote: RemoteCalendar, to place: String, _ user: String, _ password: String,
        _ policy: ConflictPolicy
    ) throws(ExitCode) -> Int64 {
        let parts = place.split(separator: "/").map(String.init)
        let store = Store(context: context)
        return try RemoteAccess.reading { () throws(StorageError) in
            let address = ResourceAddress.calendar(user: parts[0], uri: parts[1])
            var opening = try store.open(address, signingIn: parts[0], content: false)
            if opening.needsHome, let owner = opening.user {
                try store.prepareHome(of: owner)
                opening = try store.open(address, signingIn: parts[0], content: false)
            }
            guard let calendar = opening.calendar else {
                throw .refused("there is no calendar \(place)")
            }
            do throws(StorageError) {
                let context = RemoteRecord.secretContext(remote.address.text, user)
                return try store.addRemote(
                    NewRemote(
                        calendar: calendar.id, address: remote.address.text, account: user,
                        scheme: "basic",
                        secret: SealedSecret.seal(password, key: key, context: context),
                        policy: policy.rawValue))
            } catch .alreadyExists {
                throw .refused("\(place) and \(remote.address.text) are a pair already")
            }
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
        let store = Store(context: try file.load().storeContext())
        try reading { () throws(StorageError) in
            let remote: RemoteRecord
            do throws(StorageError) {
                remote = try store.remote(id)
            } catch .notFound {
                throw .refused("there is no pair \(id)")
            }
            try body(store, remote)
        }
    }

    static func reading<T>(_ body: () throws(StorageError) -> T) throws(ExitCode) -> T {
        do throws(StorageError) {
            return try body()
        } catch .refused(let reason) {
            throw failure(reason, ExitCode(1))
        } catch {
            throw failure(error.reason, Exit.database)
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
