import ICalendar
import WebDAV
import XML

/// In which zone a report means floating times and days.
enum TimezoneElement {
    /// CALDAV:timezone (RFC 4791 §9.8) or timezone-id (RFC 7809 §5.2); nil for the calendar's own.
    /// - Throws: `valid-timezone` for a name that is none, `valid-calendar-data` for a definition
    ///   that cannot be read, 400 for both.
    static func zone(of root: XMLElement) throws(RequestError) -> Zone? {
        switch (root.first(.caldav("timezone")), root.first(.caldav("timezone-id"))) {
        case (nil, nil): return nil
        case (_?, _?):
            throw RequestError(.badRequest, "Either a timezone or a timezone-id.")
        case (nil, let name?):
            guard let zone = Zone.named(name.trimmedText) else {
                throw RequestError(
                    .validTimezone, "There is no time zone \"\(name.trimmedText)\".")
            }
            return zone
        case (let definition?, nil): return try zone(defined: definition.trimmedText)
        }
    }

    /// - Parameter text: a VCALENDAR with one VTIMEZONE.
    private static func zone(defined text: String) throws(RequestError) -> Zone {
        guard let calendar = try? Component.parse(Array(text.utf8)),
            case let zones = calendar.components(named: "VTIMEZONE"), zones.count == 1
        else { throw RequestError(.validCalendarData, "There has to be one VTIMEZONE.") }
        let known = zones[0].first("TZID").flatMap { Zone.named($0.text) }
        guard let zone = known ?? Zone(vtimezone: zones[0]) else {
            throw RequestError(.validCalendarData, "The time zone cannot be read.")
        }
        return zone
    }
}

/// What the client wants of the zones that objects come with: CalDAV-Timezones (RFC 7809 §6).
enum WantedTimezones {
    /// As the objects were stored.
    case stored
    /// `F`: without those that everybody knows.
    case unknown
    /// `T`: all that are named.
    case all

    init(_ fields: HeaderFields) {
        switch fields["caldav-timezones"]?.lowercased() {
        case "f": self = .unknown
        case "t": self = .all
        default: self = .stored
        }
    }

    /// Changes an object to what is wanted.
    func apply(to object: inout CalendarObject) {
        switch self {
        case .stored: break
        case .unknown:
            object.calendar.components.removeAll { component in
                component.name == "VTIMEZONE"
                    && component.first("TZID").flatMap { Zone.named($0.text) } != nil
            }
        case .all: object.completeTimezones()
        }
    }

    /// An object's text as it is wanted; as it was stored where it cannot be read.
    func text(of stored: [UInt8]) -> [UInt8] {
        if case .stored = self { return stored }
        guard var object = try? CalendarObject(parsing: stored) else { return stored }
        apply(to: &object)
        return object.serialized()
    }
}
