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
    /// Whose principal or home it is.
    let person: Person?
    /// The object the listing is at; its bytes are lent.
    var row: ObjectRow?
    /// Stored properties of the calendar by name, as whole elements.
    let stored: [XMLName: [UInt8]]

    private let homeCalendars: (() throws -> [CalendarRecord])?

    init(
        _ context: Context, _ kind: ResourceKinds, href: String,
        calendar: CalendarRecord? = nil, person: Person? = nil,
        stored: [XMLName: [UInt8]] = [:],
        homeCalendars: (() throws -> [CalendarRecord])? = nil
    ) {
        self.context = context
        self.kind = kind
        self.href = href
        self.calendar = calendar
        self.person = person
        self.stored = stored
        self.homeCalendars = homeCalendars
    }

    /// The user's own principal.
    static func principal(_ context: Context) -> Subject {
        principal(of: Person(viewer: context.user), context)
    }

    static func principal(of person: Person, _ context: Context) -> Subject {
        Subject(
            context, .principal, href: context.paths.principal(person.user.name), person: person)
    }

    /// A home, in which the viewer sees what they may read.
    /// - Parameter calendars: where they are known already; else the store is asked when needed.
    static func home(
        of person: Person, _ context: Context, calendars: (() throws -> [CalendarRecord])? = nil
    ) -> Subject {
        Subject(
            context, .home, href: context.paths.home(person.user.name), person: person,
            homeCalendars: calendars ?? { try context.calendars(ofHomeOf: person, with: .read) })
    }

    /// Who owns it: of a calendar or object, a home, a principal.
    var ownerHref: String {
        let name = calendar?.owner ?? person?.user.name
        return name.map(context.paths.principal) ?? context.principalHref
    }

    /// What the viewer may do with it.
    var privileges: Privileges {
        switch (kind, calendar, person) {
        case (.calendar, let calendar?, _), (.object, let calendar?, _):
            context.privileges(on: calendar)
        case (.home, _, let person?): Access.toHome(of: person)
        case (.principal, _, let person?): Access.toPrincipal(of: person, context.settings)
        default: Access.container
        }
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

extension Context {
    /// The calendars of a home with which the viewer may do something.
    func calendars(
        ofHomeOf person: Person, with privileges: Privileges
    ) throws(StorageError) -> [CalendarRecord] {
        if person.isViewer { return try store.calendars(of: user.name) }
        return try store.calendars(of: person.user.name, grantedTo: user.name).filter {
            self.privileges(on: $0).isSuperset(of: privileges)
        }
    }
}
