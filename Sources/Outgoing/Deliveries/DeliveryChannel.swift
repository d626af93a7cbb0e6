package import CRMStore
package import CalDAV

/// Sends the deliveries of one kind; for one thread.
package protocol DeliveryChannel: AnyObject {
    /// As `NewDelivery.kind`.
    var kind: String { get }

    /// When one that failed is tried again, and for how long.
    var schedule: DeliverySchedule { get }

    /// Sends one message. May be called again with one that has arrived already: the receiver knows it by its
    /// mark, or does not mind.
    /// - Throws: where the database cannot be reached; it is then tried again.
    func send(_ delivery: DeliveryRecord) throws(StorageError) -> SendingResult
}

/// What came of sending a message once.
package enum SendingResult: Sendable {
    /// With what was answered.
    case delivered(String)
    /// Worth another attempt.
    /// - isTargetAway: nothing else reaches the target either.
    /// - asked: seconds that the target asks to be left alone.
    case failed(String, isTargetAway: Bool = true, asked: Int64? = nil)
    /// No attempt will ever succeed.
    case refused(String)
    /// What it was to tell is no longer so, or tells nobody anything.
    case obsolete(String)
}

/// When a message that could not be sent is tried again, and when it is given up.
package struct DeliverySchedule: Sendable {
    package var backoff: Backoff
    /// Seconds after which it is given up.
    package var longest: Int64

    package init(backoff: Backoff, longest: Int64) {
        self.backoff = backoff
        self.longest = longest
    }
}
