import WebDAV
import XML

/// Collections of a home beside its calendars: empty, and there for the properties that clients keep
/// at them.
package enum HomePlace: String, CaseIterable, Sendable {
    /// RFC 6638 §2.2: availability and the default calendar are properties of it.
    case inbox
    /// RFC 6638 §2.1.
    case outbox
    /// Of Apple's.
    case notifications

    var kind: ResourceKinds {
        switch self {
        case .inbox: .inbox
        case .outbox: .outbox
        case .notifications: .notifications
        }
    }

    /// What DAV:resourcetype says beside `collection`.
    var resourceType: XMLName {
        switch self {
        case .inbox: .caldav("schedule-inbox")
        case .outbox: .caldav("schedule-outbox")
        case .notifications: .calendarServer("notification")
        }
    }

    var displayName: String {
        switch self {
        case .inbox: "Inbox"
        case .outbox: "Outbox"
        case .notifications: "Notifications"
        }
    }
}
