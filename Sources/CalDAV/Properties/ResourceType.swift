import WebDAV
import XML

/// DAV:resourcetype (RFC 4918 §15.9).
enum ResourceType {
    /// What stands inside it for a collection.
    static func write(of subject: Subject, to writer: XMLWriter) {
        writer.empty(.dav("collection"))
        switch subject.kind {
        case .principal: writer.empty(.dav("principal"))
        case .proxy:
            writer.empty(.dav("principal"))
            subject.level.map { writer.empty(.calendarServer($0.rawValue)) }
        case .calendar where subject.calendar?.isSubscribed == true:
            writer.empty(.calendarServer("subscribed"))
        case .calendar: writer.empty(.caldav("calendar"))
        default:
            if let place = subject.place { writer.empty(place.resourceType) }
        }
    }

    /// RFC 5689 §3.3: a calendar, or one that stands for another elsewhere, and nothing that we do not
    /// have.
    static let change: PropertyDefinition.Setter = { value, _ throws(RequestError) in
        guard let value else { throw RequestError(.cannotModifyProtectedProperty) }
        var changes: [CalendarChange] = []
        for type in value.elements.map(\.name) {
            switch type {
            case .dav("collection"), .caldav("calendar"): continue
            case .calendarServer("subscribed"): changes = [.subscribed]
            default: throw RequestError(.validResourceType, "Only calendars can be made here.")
            }
        }
        return changes
    }
}
