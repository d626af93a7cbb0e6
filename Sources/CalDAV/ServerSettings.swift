/// What an operator may say about the service, whatever keeps its calendars.
package struct ServerSettings: Sendable {
    /// Shown by a client that asks for the password.
    package var realm = "CalDAV"

    /// Whether `Request.remoteUser` is believed without a password.
    package var trustsRemoteUser = false

    /// Bytes of an XML body.
    package var maxXMLSize = 4 << 20

    /// Bytes of a calendar object (RFC 4791 §5.2.5).
    package var maxResourceSize = 10 << 20
    /// Instances of a rule with COUNT (RFC 4791 §5.2.8).
    package var maxInstances = 10_000
    /// ATTENDEEs of a component (RFC 4791 §5.2.9).
    package var maxAttendeesPerInstance = 1_000

    /// Which other people one finds, to share calendars with them.
    package var findPeople = PeopleSearch.part

    /// PRODID of what is made here.
    package var productID = "-//crm-caldav//crm-caldav//EN"

    /// Where clients reach all of it, with a slash at the end; nil: as the request says.
    package var publicAddress: String?

    /// Seconds to wait before another try, where the database is away.
    package var retryAfter = 5

    package init() {}
}

/// How other people are found: those who may sign in, and nobody else.
package enum PeopleSearch: String, Sendable, CaseIterable {
    /// By a part of their name or address.
    case part
    /// By their whole name or address.
    case whole
    case nobody
}
