package import XML

/// A condition that a request has to meet, as the element of an error's body (RFC 4918 §16).
package struct Precondition: Hashable, Sendable {
    package let element: XMLName
    /// The status that its RFC gives it.
    package let status: Status

    private init(_ element: XMLName, _ status: Status) {
        self.element = element
        self.status = status
    }
}

extension Precondition {
    // RFC 4918 §16
    package static let cannotModifyProtectedProperty = Precondition(
        .dav("cannot-modify-protected-property"), .forbidden)
    package static let noExternalEntities = Precondition(.dav("no-external-entities"), .forbidden)
    package static let propfindFiniteDepth = Precondition(
        .dav("propfind-finite-depth"), .forbidden)

    // RFC 4331 §6
    package static let quotaNotExceeded = Precondition(
        .dav("quota-not-exceeded"), .insufficientStorage)

    // RFC 3253 §3.6
    package static let supportedReport = Precondition(.dav("supported-report"), .forbidden)

    // RFC 3744 §7.1.1, RFC 5689 §3.3
    package static let needPrivileges = Precondition(.dav("need-privileges"), .forbidden)
    package static let resourceMustBeNull = Precondition(
        .dav("resource-must-be-null"), .methodNotAllowed)
    package static let validResourceType = Precondition(.dav("valid-resourcetype"), .forbidden)

    // RFC 3744 §8.1.1
    package static let noACEConflict = Precondition(.dav("no-ace-conflict"), .forbidden)
    package static let noProtectedACEConflict = Precondition(
        .dav("no-protected-ace-conflict"), .forbidden)
    package static let noInheritedACEConflict = Precondition(
        .dav("no-inherited-ace-conflict"), .forbidden)
    package static let limitedNumberOfACEs = Precondition(
        .dav("limited-number-of-aces"), .forbidden)
    package static let grantOnly = Precondition(.dav("grant-only"), .forbidden)
    package static let noInvert = Precondition(.dav("no-invert"), .forbidden)
    package static let notSupportedPrivilege = Precondition(
        .dav("not-supported-privilege"), .forbidden)
    package static let recognizedPrincipal = Precondition(
        .dav("recognized-principal"), .forbidden)
    package static let allowedPrincipal = Precondition(.dav("allowed-principal"), .forbidden)

    // RFC 4791 §5.3.1 and §5.3.2.1
    package static let calendarCollectionLocationOK = Precondition(
        .caldav("calendar-collection-location-ok"), .forbidden)
    package static let supportedCalendarData = Precondition(
        .caldav("supported-calendar-data"), .forbidden)
    package static let validCalendarData = Precondition(
        .caldav("valid-calendar-data"), .forbidden)
    package static let validCalendarObjectResource = Precondition(
        .caldav("valid-calendar-object-resource"), .forbidden)
    package static let supportedCalendarComponent = Precondition(
        .caldav("supported-calendar-component"), .forbidden)
    package static let noUIDConflict = Precondition(.caldav("no-uid-conflict"), .forbidden)
    package static let maxResourceSize = Precondition(.caldav("max-resource-size"), .forbidden)
    package static let minDateTime = Precondition(.caldav("min-date-time"), .forbidden)
    package static let maxDateTime = Precondition(.caldav("max-date-time"), .forbidden)
    package static let maxInstances = Precondition(.caldav("max-instances"), .forbidden)
    package static let maxAttendeesPerInstance = Precondition(
        .caldav("max-attendees-per-instance"), .forbidden)

    // RFC 4791 §7.8
    package static let validFilter = Precondition(.caldav("valid-filter"), .forbidden)
    package static let supportedFilter = Precondition(.caldav("supported-filter"), .forbidden)
    package static let supportedCollation = Precondition(
        .caldav("supported-collation"), .forbidden)

    // RFC 7809 §5.2
    package static let validTimezone = Precondition(.caldav("valid-timezone"), .forbidden)

    // RFC 6578 §3.2
    package static let validSyncToken = Precondition(.dav("valid-sync-token"), .forbidden)
    package static let numberOfMatchesWithinLimits = Precondition(
        .dav("number-of-matches-within-limits"), .insufficientStorage)
}
