package import CRMStore
package import CalDAV

/// Tells people of other servers that a calendar shared with them has changed; for one thread.
///
/// Nextcloud comes within minutes of being told, and else once an hour.
package final class Herald {
    private let store: Store
    private let settings: HTTPSettings
    private let key: SecretKey
    private var http: HTTPClient?
    /// The revision of each calendar that waits to be told, since when it stands, and since when
    /// something waits, in milliseconds of the monotonic clock; by share.
    private var waiting: [Int64: (revision: Int64, since: Int64, first: Int64)] = [:]

    /// Changes that come one after the other, with less than so many milliseconds between them, are
    /// told as one; but none waits for longer than the second.
    private static let quiet: Int64 = 2_000
    private static let patience: Int64 = 15_000
    /// Seconds between two tellings of one share: its receiver looks every few minutes.
    private static let pause: Int64 = 10
    /// Seconds that a try is ours.
    private static let turnTime: Int64 = 120

    package init(context: StoreContext, settings: SyncSettings, key: SecretKey) {
        store = Store(context: context)
        // One that does not answer must not hold up the others for long.
        var http = settings.http
        http.idleTimeout = min(http.idleTimeout, 15)
        http.timeout = 30
        self.settings = http
        self.key = key
    }

    /// What became of one share.
    package struct Outcome: Sendable {
        package enum Kind: Sendable {
            case told
            /// The receiver's server does not know it (any more).
            case lapsed(String)
            /// Not before some seconds have passed.
            case failed(String, retryIn: Int64)
        }

        package let share: FederatedShareRecord
        package let kind: Kind
    }

    /// Tells those whose turn it is.
    ///
    /// - Parameter atOnce: also of changes after which others may still come.
    package func turn(atOnce: Bool) throws(StorageError) -> [Outcome] {
        let behind = try store.federatedSharesBehind()
        let now = Clock.milliseconds
        waiting = waiting.filter { id, _ in behind.contains { $0.id == id } }
        var outcomes: [Outcome] = []
        for share in behind {
            guard atOnce || hasSettled(share, now) else { continue }
            guard try store.claimTelling(share, seconds: Herald.turnTime) else { continue }
            waiting[share.id] = nil
            outcomes.append(Outcome(share: share, kind: try tell(share)))
        }
        return outcomes
    }

    private func hasSettled(_ share: FederatedShareRecord, _ now: Int64) -> Bool {
        guard let known = waiting[share.id] else {
            waiting[share.id] = (share.revision, now, now)
            return false
        }
        if known.revision != share.revision {
            waiting[share.id] = (share.revision, now, known.first)
            return now - known.first >= Herald.patience
        }
        return now - known.since >= Herald.quiet || now - known.first >= Herald.patience
    }

    private func tell(_ share: FederatedShareRecord) throws(StorageError) -> Outcome.Kind {
        var share = share
        do throws(RemoteError) {
            let secret = try share.openSecret(with: key)
            try send(&share) { address, cloudID in
                ShareMessage.changed(address, sharedWith: cloudID, secret: secret)
            }
        } catch .notFound(let reason) {
            try store.noteLapsed(share.id, reason: reason)
            return .lapsed(reason)
        } catch {
            http = nil
            var seconds = min(Int64(15) << min(share.failures, 8), 3_600)
            seconds += .random(in: 0...seconds / 4)
            if case .busy(_, let asked?) = error { seconds = max(asked, min(seconds, 60)) }
            try store.noteNotTold(share.id, reason: "\(error)", retryIn: seconds)
            return .failed("\(error)", retryIn: seconds)
        }
        try store.noteTold(share, pause: Herald.pause)
        return .told
    }

    /// Tells the receiver of a share that is gone, as far as they understand it: Nextcloud makes nothing
    /// of the first message, and of the second that it looks, and finds itself shut out. Where it does not
    /// have the calendar, it is not told of a change: it would take that for an attack.
    package func bidFarewell(_ share: FederatedShareRecord) throws(RemoteError) {
        var messages = [ShareMessage.unshared]
        if share.state == .accepted { messages.append(ShareMessage.changed) }
        var share = share
        let secret = try share.openSecret(with: key)
        do throws(RemoteError) {
            for message in messages {
                try send(&share) { address, cloudID in message(address, cloudID, secret) }
            }
        } catch .notFound {
            // They have dropped it by themselves.
        }
    }

    /// Where the server has moved, it says so at its old place or by discovery.
    private func send(
        _ share: inout FederatedShareRecord, _ message: (String, String) -> JSONValue
    ) throws(RemoteError) {
        guard let cloudID = CloudID(share.shareWith) else {
            throw .unintelligible("\(share.shareWith) is no cloud id")
        }
        let client = OCMClient(try connection())
        // By the name that the server itself has for them.
        let name = share.recipient.map { "\($0)@\(cloudID.server)" } ?? share.shareWith
        let json = message(share.address, name)
        if share.failures == 0, let known = WebAddress(share.endPoint), known.isPrivate {
            return try client.notify(json, at: known)
        }
        let found = try client.endPoint(of: cloudID)
        share.endPoint = found.text
        try client.notify(json, at: found)
    }

    private func connection() throws(RemoteError) -> HTTPClient {
        if let http { return http }
        do throws(TransportError) {
            let fresh = try HTTPClient(settings)
            http = fresh
            return fresh
        } catch {
            throw .transport(error)
        }
    }
}

extension FederatedShareRecord {
    /// What a share's secret belongs to: it opens for nothing else.
    package static func secretContext(_ address: String, _ shareWith: String) -> String {
        "ocm\n\(address)\n\(shareWith)"
    }

    package func openSecret(with key: SecretKey) throws(RemoteError) -> String {
        do throws(SealedSecret.Unreadable) {
            return try SealedSecret.open(
                secret, key: key,
                context: FederatedShareRecord.secretContext(address, shareWith))
        } catch {
            throw .forbidden(
                "the key file is not the one with which the secret was encrypted: revoke the share and "
                    + "make it anew")
        }
    }
}
