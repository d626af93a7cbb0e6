package import CRMStore
package import CalDAV
package import Outgoing

/// Notifies the servers with which calendars are shared, by Open Cloud Mesh; for one thread.
package final class FederationChannel: DeliveryChannel {
    package let kind = FederationDelivery.kind
    /// A day: by then the receiver has come by itself many times.
    package let schedule = DeliverySchedule(
        backoff: Backoff(first: 15, longest: 3_600), longest: 86_400)

    private let store: Store
    private let settings: HTTPSettings
    private let key: SecretKey
    private var http: HTTPClient?

    package init(context: StoreContext, settings: SyncSettings, key: SecretKey) {
        store = Store(context: context)
        // One that does not answer must not hold up the others for long.
        var http = settings.http
        http.idleTimeout = min(http.idleTimeout, 15)
        http.timeout = 30
        self.settings = http
        self.key = key
    }

    package func send(_ delivery: DeliveryRecord) throws(StorageError) -> SendingResult {
        guard let farewell = Farewell(delivery.body) else {
            return try sendChange(delivery)
        }
        do throws(RemoteError) {
            try send(farewell, delivery)
            return .delivered(farewell.message.rawValue)
        } catch .notFound(let reason) {
            // The receiver has dropped the calendar already.
            return .delivered(reason)
        } catch {
            return failed(error)
        }
    }

    private func failed(_ error: RemoteError) -> SendingResult {
        http = nil
        return .failed("\(error)", asked: error.retryAfter)
    }

    // MARK: Changes

    private func sendChange(_ delivery: DeliveryRecord) throws(StorageError) -> SendingResult {
        let found: FederatedShareRecord
        do throws(StorageError) {
            guard let id = FederationDelivery.share(of: delivery) else {
                return .refused("the message names no share")
            }
            found = try store.federatedShare(id)
        } catch .notFound {
            return .obsolete("the share was revoked")
        }
        // It was dropped or declined since.
        guard found.state == .accepted else {
            return .obsolete("the share is \(found.state.rawValue)")
        }
        var receiver = Receiver(found)
        do throws(RemoteError) {
            let secret = try found.openSecret(with: key)
            try post(to: &receiver, delivery, mayUseKnown: delivery.attempts == 0) { name in
                ShareMessage.changed(found.address, sharedWith: name, secret: secret)
            }
        } catch .notFound(let reason) {
            try store.noteLapsed(found.id, reason: reason)
            return .refused(reason)
        } catch {
            return failed(error)
        }
        if receiver.endPoint != found.endPoint {
            try store.noteEndPoint(of: found.id, receiver.endPoint)
        }
        return .delivered("notified")
    }

    // MARK: Farewells

    /// What the receiver of a share that is gone is told, as far as they understand it: Nextcloud makes
    /// nothing of the first message, and of the second that it looks, and finds itself shut out. Where it does
    /// not have the calendar, it is not told of a change: it would take that for an attack.
    package static func farewells(to share: FederatedShareRecord) -> [NewDelivery] {
        guard share.state != .declined else { return [] }
        var messages = [Farewell.Message.unshared]
        if share.state == .accepted { messages.append(.changed) }
        return messages.map { message in
            FederationDelivery.farewell(
                to: share, body: Farewell(message: message, receiver: Receiver(share)).json.text)
        }
    }

    private func send(
        _ farewell: Farewell, _ delivery: DeliveryRecord
    ) throws(RemoteError) {
        var receiver = farewell.receiver
        let secret = try receiver.openSecret(with: key)
        let address = receiver.address
        try post(to: &receiver, delivery, mayUseKnown: false) { name in
            switch farewell.message {
            case .unshared: ShareMessage.unshared(address, sharedWith: name, secret: secret)
            case .changed: ShareMessage.changed(address, sharedWith: name, secret: secret)
            }
        }
    }

    // MARK: Sending

    /// Where the server has moved, it says so at its old place or by discovery.
    private func post(
        to receiver: inout Receiver, _ delivery: DeliveryRecord, mayUseKnown: Bool,
        _ message: (String) -> JSONValue
    ) throws(RemoteError) {
        guard let cloudID = CloudID(receiver.shareWith) else {
            throw .unintelligible("\(receiver.shareWith) is no cloud id")
        }
        let client = OCMClient(try connection())
        // By the name that the server itself has for them.
        let name = receiver.recipient.map { "\($0)@\(cloudID.server)" } ?? receiver.shareWith
        if mayUseKnown, let known = WebAddress(receiver.endPoint), known.isPrivate {
            return try client.notify(message(name), marked: delivery.mark, at: known)
        }
        let found = try client.endPoint(of: cloudID)
        receiver.endPoint = found.text
        try client.notify(message(name), marked: delivery.mark, at: found)
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

/// Whom a message goes to.
private struct Receiver {
    var shareWith: String
    var recipient: String?
    var address: String
    var endPoint: String
    /// Encrypted.
    var secret: [UInt8]

    init(_ share: FederatedShareRecord) {
        shareWith = share.shareWith
        recipient = share.recipient
        address = share.address
        endPoint = share.endPoint
        secret = share.secret
    }

    init?(_ json: JSONValue) {
        guard let shareWith = json["share_with"]?.string, let address = json["address"]?.string,
            let endPoint = json["end_point"]?.string, let digits = json["secret"]?.string,
            let secret = Hexadecimal.bytes(of: Array(digits.utf8))
        else { return nil }
        self.shareWith = shareWith
        self.recipient = json["recipient"]?.string
        self.address = address
        self.endPoint = endPoint
        self.secret = secret
    }

    var json: [String: JSONValue] {
        [
            "share_with": .string(shareWith), "address": .string(address),
            "end_point": .string(endPoint), "secret": .string(Digest.hex(secret)),
            "recipient": recipient.map(JSONValue.string) ?? .null,
        ]
    }

    func openSecret(with key: SecretKey) throws(RemoteError) -> String {
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

/// The body of a delivery for a share that is gone.
private struct Farewell {
    enum Message: String {
        case unshared, changed
    }

    var message: Message
    var receiver: Receiver

    init(message: Message, receiver: Receiver) {
        self.message = message
        self.receiver = receiver
    }

    /// Nil for what is none.
    init?(_ body: [UInt8]) {
        guard let json = JSONValue(parsing: body), let receiver = Receiver(json),
            let message = json["message"]?.string.flatMap(Message.init)
        else { return nil }
        self.message = message
        self.receiver = receiver
    }

    var json: JSONValue {
        var members = receiver.json
        members["message"] = .string(message.rawValue)
        return .object(members)
    }
}

extension FederatedShareRecord {
    /// What a share's secret belongs to: it opens for nothing else.
    package static func secretContext(_ address: String, _ shareWith: String) -> String {
        "ocm\n\(address)\n\(shareWith)"
    }

    package func openSecret(with key: SecretKey) throws(RemoteError) -> String {
        try Receiver(self).openSecret(with: key)
    }
}
