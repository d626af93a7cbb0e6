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
    /// Which of the person's proxy groups it is.
    let level: ProxyLevel?
    /// The object the listing is at; its bytes are lent.
    var row: ObjectRow?
    private let known: (() throws -> [XMLName: [UInt8]])?
    private var loaded: [XMLName: [UInt8]]?

    private let homeCalendars: (() throws -> [CalendarRecord])?

    init(
        _ context: Context, _ kind: ResourceKinds, href: String,
        calendar: CalendarRecord? = nil, person: Person? = nil,
        level: ProxyLevel? = nil,
        stored: (() throws -> [XMLName: [UInt8]])? = nil,
        homeCalendars: (() throws -> [CalendarRecord])? = nil
    ) {
        self.context = context
        self.kind = kind
        self.href = href
        self.calendar = calendar
        self.person = person
        self.level = level
        known = stored
        self.homeCalendars = homeCalendars
    }

    /// The user's own principal.
    static func principal(_ context: Context) -> Subject {
        principal(of: Person(viewer: context.user), context)
    }

    /// What clients keep with a principal or home is for its owner alone.
    static func principal(of person: Person, _ context: Context) -> Subject {
        let stored = StoredInHome(person.user.name, context)
        return Subject(
            context, .principal, href: context.paths.principal(person.user.name), person: person,
            stored: { person.isViewer ? try stored.elements(at: .principal) : [:] })
    }

    /// - Parameter stored: shared by what is asked of several places.
    static func place(
        _ place: HomePlace, of person: Person, _ context: Context, stored: StoredInHome? = nil
    ) -> Subject {
        let stored = stored ?? StoredInHome(person.user.name, context)
        return Subject(
            context, place.kind, href: context.paths.place(place, of: person.user.name),
            person: person, stored: { try stored.elements(at: StoredPlace(place)) },
            homeCalendars: { try context.calendars(ofHomeOf: person, with: .read) })
    }

    static func proxy(of person: Person, _ level: ProxyLevel, _ context: Context) -> Subject {
        Subject(
            context, .proxy, href: context.paths.proxy(person.user.name, level), person: person,
            level: level)
    }

    /// A home, in which the viewer sees what they may read.
    /// - Parameter calendars: where they are known already; else the store is asked when needed.
    static func home(
        of person: Person, _ context: Context, calendars: (() throws -> [CalendarRecord])? = nil,
        stored: StoredInHome? = nil
    ) -> Subject {
        let stored = stored ?? StoredInHome(person.user.name, context)
        return Subject(
            context, .home, href: context.paths.home(person.user.name), person: person,
            stored: { person.isViewer ? try stored.elements(at: .home) : [:] },
            homeCalendars: calendars ?? { try context.calendars(ofHomeOf: person, with: .read) })
    }

    /// Which of a home's collections it is, where it is no calendar.
    var place: HomePlace? { HomePlace.allCases.first { $0.kind == kind } }

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
        case (.inbox, _, let person?), (.outbox, _, let person?),
            (.notifications, _, let person?):
            Access.toFreePlace(inHomeOf: person)
        case (.principal, _, let person?): Access.toPrincipal(of: person, context.settings)
        case (.proxy, _, let person?): Access.toProxy(of: person, context.settings)
        default: Access.container
        }
    }

    /// The hrefs inside a property; none where the viewer may not read it.
    func hrefs(in property: AskedProperty) throws -> [String] {
        guard let definition = property.definition(on: kind), !mayNotRead(definition) else {
            return []
        }
        return try element(definition)?.all(.dav("href")).map(\.text) ?? []
    }

    /// A property as its element; nil where it has no value.
    func element(_ definition: PropertyDefinition) throws -> XMLElement? {
        let scratch = XMLWriter(namespaces: .webDAV)
        scratch.startDocument(definition.name)
        guard try definition.write(self, scratch) else { return nil }
        scratch.end(definition.name)
        return try? XMLParser.parse(scratch.takeBytes())
    }

    /// Stored properties by name, as whole elements.
    func stored() throws -> [XMLName: [UInt8]] {
        if let loaded { return loaded }
        let all = try known?() ?? [:]
        loaded = all
        return all
    }

    /// The calendars of the home that this is, or is in; of a calendar, those that are listed with it.
    func calendarsOfHome() throws -> [CalendarRecord] {
        try homeCalendars?() ?? []
    }

    /// All that stands in the home that this is.
    func membersOfHome() throws -> [HomeMember] {
        guard let person else { return [] }
        return HomeMember.all(try calendarsOfHome(), in: person)
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
