package import CRMStore
package import CalDAV
package import Outgoing

/// What an operator may say about `crm-caldav work`.
package struct SyncSettings: Sendable {
    package var http = HTTPSettings()
    /// Seconds between two looks at a remote calendar where nothing happens.
    package var interval = 20
    /// Pairs that are worked on at once.
    package var threads = 4
    /// The file of the key that opens the secrets; nil: in the state directory.
    package var keyFile: String?

    package init() {}
}

/// Gives pairs their turns; one for each thread.
package final class Synchronizer {
    private let store: Store
    private let settings: SyncSettings
    private let key: SecretKey
    private let holder: String
    /// Kept connections, by pair.
    private var clients: [Int64: HTTPClient] = [:]
    /// Access tokens with the time, seconds since 1970, until which they are used, by pair.
    private var accesses: [Int64: (token: String, until: Int64)] = [:]

    private static let backoff = Backoff(first: 15, longest: 900)

    /// Seconds that a turn is ours without a sign of life; much more than one request may take.
    private static let turnTime: Int64 = 900

    /// - Parameter number: of the thread, to tell its turns from those of others.
    package init(context: StoreContext, settings: SyncSettings, key: SecretKey, number: Int) {
        store = Store(context: context)
        self.settings = settings
        self.key = key
        holder = "\(ProcessMark.own) \(number)"
    }

    /// What became of a turn.
    package enum Outcome: Sendable {
        case done(TurnReport)
        /// Not before some seconds have passed.
        case failed(String, retryIn: Int64)
        case stopped(String)
        /// Another process has it.
        case held
        /// Not active, or not due after a failure.
        case resting
    }

    /// - Parameter isForced: also where a failure asks to wait.
    package func turn(of id: Int64, isForced: Bool = false) throws(StorageError) -> Outcome {
        let pair = try store.remote(id)
        guard pair.state == .active else { return .resting }
        let now = Clock.now
        if pair.retryAt > now, !isForced { return .resting }
        guard try claim(id) else { return .held }
        defer { try? store.endTurn(of: id, as: holder) }
        do throws(TurnFailure) {
            // Another may have had a turn between our reading and our claim.
            let pair = try storage { () throws(StorageError) in try store.remote(id) }
            return .done(try run(pair))
        } catch {
            return try settle(error, pair, now)
        }
    }

    private func run(_ pair: RemoteRecord) throws(TurnFailure) -> TurnReport {
        let secret: String
        do throws(SealedSecret.Unreadable) {
            secret = try SealedSecret.open(pair.secret, key: key, context: pair.secretContext)
        } catch {
            throw .stopped(
                "the key file is not the one with which the password was encrypted: "
                    + "crm-caldav remote resume \(pair.id) --password")
        }
        let http = try transport { () throws(TransportError) in
            if let known = clients[pair.id] { return known }
            return try HTTPClient(settings.http)
        }
        clients[pair.id] = http
        let before = http.requestCount
        let client = CalDAVClient(http, try credentials(of: pair, secret, http))
        let turn = try Turn(pair, of: store, with: client) { () throws(TurnFailure) in
            guard try self.storage({ () throws(StorageError) in try self.claim(pair.id) }) else {
                throw .held
            }
        }
        var report = try turn.run()
        report.requests = http.requestCount - before
        return report
    }

    private func credentials(
        of pair: RemoteRecord, _ secret: String, _ http: HTTPClient
    ) throws(TurnFailure) -> Credentials {
        guard pair.scheme == "oauth" else {
            return .basic(name: pair.account, password: secret)
        }
        let now = Clock.now
        if let access = accesses[pair.id], access.until > now { return .bearer(access.token) }
        guard let grant = OAuthGrant(secret) else { throw .stopped("the grant cannot be read") }
        do throws(RemoteError) {
            let access = try grant.access(http)
            // Not until its last second: a turn takes a while.
            accesses[pair.id] = (access.token, now + max(access.lifetime - 120, 0))
            return .bearer(access.token)
        } catch {
            throw .remote(error)
        }
    }

    private func claim(_ id: Int64) throws(StorageError) -> Bool {
        try store.claimTurn(
            of: id, as: holder, seconds: Synchronizer.turnTime, isDead: ProcessMark.isDead)
    }

    // MARK: After a failure

    private func settle(
        _ failure: TurnFailure, _ pair: RemoteRecord, _ now: Int64
    ) throws(StorageError) -> Outcome {
        switch failure {
        case .held: return .held
        case .storage(let error): throw error
        case .stopped(let reason): return try stop(pair, reason)
        case .remote(.unauthorized) where accesses.removeValue(forKey: pair.id) != nil:
            // An access token may be taken back before its time; the next turn asks for another.
            try store.noteFailure(
                of: pair.id, reason: "the access token is refused", retryAt: now + 5)
            guard pair.failures < 3 else { return try stop(pair, "the access tokens are refused") }
            return .failed("the access token is refused", retryIn: 5)
        case .remote(.unauthorized):
            // Once more would be counted as an attack.
            return try stop(
                pair,
                "\(pair.account): \(RemoteError.unauthorized): "
                    + "crm-caldav remote resume \(pair.id) --password")
        case .remote(let error):
            clients[pair.id] = nil
            let seconds = Synchronizer.backoff.pause(
                afterFailures: pair.failures, asked: error.retryAfter)
            try store.noteFailure(
                of: pair.id, reason: "\(error)", retryAt: now + seconds)
            return .failed("\(error)", retryIn: seconds)
        }
    }

    private func stop(_ pair: RemoteRecord, _ reason: String) throws(StorageError) -> Outcome {
        try store.setState(of: pair.id, .stopped, reason: reason)
        return .stopped(reason)
    }

    private func storage<T>(
        _ body: () throws(StorageError) -> T
    ) throws(TurnFailure) -> T {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }

    private func transport<T>(
        _ body: () throws(TransportError) -> T
    ) throws(TurnFailure) -> T {
        do throws(TransportError) { return try body() } catch { throw .remote(.transport(error)) }
    }
}

extension RemoteRecord {
    /// What its secret belongs to.
    package var secretContext: String { RemoteRecord.secretContext(address, account) }

    package static func secretContext(_ address: String, _ account: String) -> String {
        "\(address)\n\(account)"
    }
}
