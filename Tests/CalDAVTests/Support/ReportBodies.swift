import WebDAV
import XML

@testable import CalDAV

/// What the tables of properties and reports are gone through with.
enum ReportBodies {
    /// One resource of each kind, in a site where everything that can be set is set.
    static let places: [(kind: ResourceKinds, path: String)] = [
        (.root, ""), (.container, "principals/"), (.principal, "principals/users/anna/"),
        (.proxy, "principals/users/anna/calendar-proxy-read/"),
        (.home, "calendars/anna/"), (.inbox, "calendars/anna/inbox/"),
        (.outbox, "calendars/anna/outbox/"), (.notifications, "calendars/anna/notifications/"),
        (.calendar, "calendars/anna/crm-tasks/"), (.object, "calendars/anna/crm-tasks/a.ics"),
    ]

    /// The body of each report.
    static let all: [XMLName: String] = [
        .caldav("calendar-query"):
            "<d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name=\"VCALENDAR\"/></c:filter>",
        .caldav("calendar-multiget"):
            "<d:prop><d:getetag/></d:prop><d:href>/caldav/calendars/anna/crm-tasks/a.ics</d:href>",
        .caldav("free-busy-query"):
            "<c:time-range start=\"20260101T000000Z\" end=\"20260201T000000Z\"/>",
        .dav("sync-collection"):
            "<d:sync-token/><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop>",
        .dav("acl-principal-prop-set"): "<d:prop><d:displayname/></d:prop>",
        .dav("principal-match"): "<d:self/><d:prop><d:displayname/></d:prop>",
        .dav("principal-property-search"):
            "<d:property-search><d:prop><d:displayname/></d:prop><d:match>anna</d:match>"
            + "</d:property-search><d:prop><d:displayname/></d:prop>",
        .dav("principal-search-property-set"): "",
        .dav("expand-property"): "<d:property name=\"current-user-principal\"/>",
    ]
}
