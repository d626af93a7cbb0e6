/// Why the store did not do what it was asked.
package enum StorageError: Error {
    /// The database is away, too busy or failing; nothing was changed. Status 503.
    case unavailable(String)
    /// The object's present ETag, where there is an object. Status 412.
    case preconditionFailed(etag: String?)
    /// Another object of the calendar has that UID (RFC 4791 §5.3.2.1 `no-uid-conflict`).
    case uidInUse(name: String)
    case alreadyExists
    /// A calendar whose `uri` differs in case alone.
    case spellingConflict(uri: String)
    case notFound
    /// The CRM's own rules (a foreign key, a trigger of its) do not let it be; the reason is in words
    /// for the client. Nothing was changed. Status 403.
    case refused(String)
    /// It would be more than one user may store; the reason is in words for the client. Nothing was
    /// changed. Status 507.
    case quotaExceeded(QuotaExcess)
    /// A bug, or a database that contradicts itself; logged, status 500.
    case failed(String)
}

/// What there would be too much of, and why in words.
package struct QuotaExcess: Sendable {
    package let quota: Quota
    package let reason: String

    package init(_ quota: Quota, _ reason: String) {
        self.quota = quota
        self.reason = reason
    }
}

/// What there may be only so much of.
package enum Quota: Sendable {
    /// Properties that mean nothing here, of one resource.
    case properties
    /// Calendars of a home.
    case calendars
    /// Secret addresses of a calendar.
    case feeds
    /// Bytes of a home.
    case bytes
}
