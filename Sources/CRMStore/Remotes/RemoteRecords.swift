/// A pair of calendars: one of ours and one of another server. A row of `caldav_remotes`.
package struct RemoteRecord: Sendable {
    package enum State: String, Sendable {
        case active
        /// By somebody's hand.
        case paused
        /// By itself: it needs somebody.
        case stopped
    }

    package var id: Int64
    package var calendar: Int64
    /// Of our calendar; nil where it is gone.
    package var owner: String?
    package var uri: String?
    package var address: String
    package var account: String
    /// How the account signs in.
    package var scheme: String
    /// Encrypted.
    package var secret: [UInt8]
    /// Upper case names of the component types that the remote calendar takes; nil: unknown.
    package var components: [String]?
    package var policy: String
    package var state: State
    package var reason: String?
    package var allowsDeletions: Bool
    package var failures: Int64
    /// Seconds since 1970, as the next four.
    package var retryAt: Int64
    package var compared: Int64
    package var checked: Int64
    package var changed: Int64
    package var cursors: RemoteCursors
    /// Objects whose last transfer failed.
    package var failedObjects: Int64
}

/// Up to where the sides know each other.
package struct RemoteCursors: Sendable, Equatable {
    package var localRevision: Int64?
    package var syncToken: String?
    package var ctag: String?

    package init(localRevision: Int64? = nil, syncToken: String? = nil, ctag: String? = nil) {
        self.localRevision = localRevision
        self.syncToken = syncToken
        self.ctag = ctag
    }
}

package struct NewRemote: Sendable {
    package var calendar: Int64
    package var address: String
    package var account: String
    package var scheme: String
    package var secret: [UInt8]
    package var components: [String]
    package var policy: String

    package init(
        calendar: Int64, address: String, account: String, scheme: String, secret: [UInt8],
        components: [String], policy: String
    ) {
        self.calendar = calendar
        self.address = address
        self.account = account
        self.scheme = scheme
        self.secret = secret
        self.components = components
        self.policy = policy
    }
}

/// An object of a pair, without its texts. A row of `caldav_remote_objects`.
package struct RemoteObjectRecord: Sendable {
    /// 0 for one that is not stored yet.
    package var id: Int64 = 0
    /// Ours; nil where there is none.
    package var name: String?
    package var etag: String?
    /// Theirs: an absolute path; nil where there is none.
    package var href: String?
    package var remoteETag: String?
    /// Whether both sides have had it: there are texts.
    package var isPaired = false
    package var failures: Int64 = 0
    /// Seconds since 1970; 0: nothing is waiting.
    package var retryAt: Int64 = 0
    package var reason: String?

    package init() {}
}

/// The last common version.
package struct RemoteTexts: Sendable {
    package var local: [UInt8]
    package var remote: [UInt8]

    package init(local: [UInt8], remote: [UInt8]) {
        self.local = local
        self.remote = remote
    }
}
