/// A message that has to reach somebody outside, as it is decided on.
package struct NewDelivery: Sendable {
    /// Who sends it and how: the kind of a `DeliveryChannel`.
    package var kind: String
    /// Whom it has to reach, such as a server: one that fails is left alone for a while as a whole.
    package var target: String
    /// Messages of one target and subject are sent in the order in which they were decided on.
    package var subject: String
    /// What the message is made of; what is secret in it is encrypted.
    package var body: [UInt8]
    /// Whether a message that waits already, and says the same, is enough.
    package var isMergeable = false
    /// Seconds between two messages of one target and subject.
    package var spacing: Int64 = 0

    package init(kind: String, target: String, subject: String, body: [UInt8]) {
        self.kind = kind
        self.target = target
        self.subject = subject
        self.body = body
    }
}

/// A delivery whose turn it is. A row of `caldav_deliveries`.
package struct DeliveryRecord: Sendable {
    package var id: Int64
    /// 16 bytes by which a receiver knows a message that comes twice.
    package var mark: [UInt8]
    package var kind: String
    package var target: String
    package var subject: String
    package var body: [UInt8]
    /// Seconds since 1970.
    package var created: Int64
    /// Before this one.
    package var attempts: Int64

    package init(
        id: Int64, mark: [UInt8], kind: String, target: String, subject: String, body: [UInt8],
        created: Int64, attempts: Int64
    ) {
        self.id = id
        self.mark = mark
        self.kind = kind
        self.target = target
        self.subject = subject
        self.body = body
        self.created = created
        self.attempts = attempts
    }
}

/// What became of an attempt to deliver.
package enum DeliveryResult: Sendable, Equatable {
    /// With the first bytes of what was answered.
    case delivered(String)
    /// It is tried again after so many seconds; so is all that waits for a target that is away.
    case postponed(String, seconds: Int64, isTargetAway: Bool)
    /// It is given up.
    case failed(String)
    /// There is no need for it any more.
    case dropped(String)
}

/// How much may wait for one target.
package struct DeliveryLimits: Sendable {
    package var messages: Int64 = 1_000
    package var bytes: Int64 = 8 << 20

    package init() {}
}
