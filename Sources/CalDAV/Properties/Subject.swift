import WebDAV
import XML

/// The resource a property is asked of.
///
/// A class, so that a listing can move it from object to object without making anything.
final class Subject {
    let context: Context
    let kind: ResourceKinds
    let href: String
    /// The calendar, or the one that holds the object.
    let calendar: CalendarRecord?
    /// The object the listing is at; its bytes are lent.
    var row: ObjectRow?
    /// Stored properties of the calendar by name, as whole elements.
    let stored: [XMLName: [UInt8]]

    private let homeCalendars: (() throws -> [CalendarRecord])?

    init(
        _ context: Context, _ kind: ResourceKinds, href: String,
        calendar: CalendarRecord? = nil, stored: [XMLName: [UInt8]] = [:],
        homeCalendars: (() throws -> [CalendarRecord])? = nil
    ) {
        self.context = context
        self.kind = kind
        self.href = href
        self.calendar = calendar
        self.stored = stored
        self.homeCalendars = homeCalendars
    }

    /// The user's own principal.
    static func principal(_ context: Context) -> Subject {
        Subject(context, .principal, href: context.principalHref)
    }

    /// The user's home.
    /// - Parameter calendars: where they are known already; else the store is asked when needed.
    static func home(
        _ context: Context, calendars: (() throws -> [CalendarRecord])? = nil
    ) -> Subject {
        let (store, user) = (context.store, context.user.name)
        return Subject(
            context, .home, href: context.paths.home(user),
            homeCalendars: calendars ?? { try store.calendars(of: user) })
    }

    /// The calendars of the home that this is.
    func calendarsOfHome() throws -> [CalendarRecord] {
        try homeCalendars?() ?? []
    }
}

extension Array where Element == StoredProperty {
    /// The properties of one calendar by name.
    func elements(of calendar: CalendarRecord) -> [XMLName: [UInt8]] {
        var elements: [XMLName: [UInt8]] = [:]
        for property in self where property.calendar == calendar.id {
            elements[XMLName(namespace: property.namespace, local: property.name)] = property.xml
        }
        return elements
    }
}
