package import CalDAV

/// A calendar that is shared with somebody of another server. A row of `caldav_federated_shares`.
package struct FederatedShareRecord: Sendable {
    package enum State: String, Sendable {
        /// Nobody has come for it yet.
        case offered
        case accepted
        /// The receiver said so; the secret opens nothing any more.
        case declined
        /// The receiver's server says that it does not know it (any more): nothing is told to it until
        /// it comes again.
        case lapsed
    }

    package var id: Int64
    package var calendar: Int64
    /// Of the calendar; nil where it is gone.
    package var owner: String?
    package var uri: String?
    /// The calendar's, as the receiver knows it.
    package var address: String
    /// A cloud id.
    package var shareWith: String
    /// The receiver's name on their server, where that has told us.
    package var recipient: String?
    package var endPoint: String
    /// Encrypted.
    package var secret: [UInt8]
    package var access: FederatedAccess
    package var state: State
    /// Seconds since 1970, as the next one.
    package var created: Int64
    package var seen: Int64
    /// Notifications that the receiver's server has not taken yet.
    package var waiting: Int64
    /// Attempts to send the one that failed most often.
    package var failures: Int64
    package var reason: String?
}

package struct NewFederatedShare: Sendable {
    package var calendar: CalendarRecord
    package var address: String
    package var shareWith: String
    package var endPoint: String
    /// As the receiver is to bring it.
    package var secret: String
    package var sealedSecret: [UInt8]
    package var access: FederatedAccess

    package init(
        calendar: CalendarRecord, address: String, shareWith: String, endPoint: String,
        secret: String, sealedSecret: [UInt8], access: FederatedAccess
    ) {
        self.calendar = calendar
        self.address = address
        self.shareWith = shareWith
        self.endPoint = endPoint
        self.secret = secret
        self.sealedSecret = sealedSecret
        self.access = access
    }
}
