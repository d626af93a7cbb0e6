import CalDAV

// Servers with which calendars are shared are notified of changes: Nextcloud comes within minutes of being
// notified, and once an hour otherwise.
extension FollowerKind {
    static let federation = FollowerKind(name: "federation", isSingle: true) {
        _, lag, store throws(StoreFailure) in
        for share in try store.acceptedShares(of: lag.calendar) {
            try store.enqueue(FederationDelivery.changed(share))
        }
        return lag.revision
    }
}

/// What a message of federation is made of, as `caldav_deliveries.body` has it.
package enum FederationDelivery {
    package static let kind = "federation"

    /// Seconds between two notifications of one share: its receiver looks every few minutes.
    private static let spacing: Int64 = 10

    /// That a calendar has changed. The message itself is made when it is sent: the share may be revoked,
    /// and the receiver's server may move.
    static func changed(_ share: AcceptedShare) -> NewDelivery {
        var delivery = NewDelivery(
            kind: kind, target: server(of: share.shareWith), subject: subject(share.id),
            body: Array("changed".utf8))
        delivery.isMergeable = true
        delivery.spacing = spacing
        return delivery
    }

    /// For a share that is about to be removed: the body is all that is left of it.
    package static func farewell(to share: FederatedShareRecord, body: [UInt8]) -> NewDelivery {
        NewDelivery(
            kind: kind, target: server(of: share.shareWith), subject: subject(share.id), body: body)
    }

    package static func subject(_ share: Int64) -> String { "share \(share)" }

    /// The number of the share that a delivery is about.
    package static func share(of delivery: DeliveryRecord) -> Int64? {
        delivery.subject.split(separator: " ").last.flatMap { Int64($0) }
    }

    private static func server(of cloudID: String) -> String {
        String((CloudID(cloudID)?.server ?? cloudID).prefix(255))
    }
}

/// A share whose receiver has the calendar.
struct AcceptedShare: Sendable {
    var id: Int64
    var shareWith: String
}
