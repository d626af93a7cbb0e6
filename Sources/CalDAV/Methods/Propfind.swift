import WebDAV
import XML

/// PROPFIND (RFC 4918 §9.1), streamed.
enum Propfind {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        let asked = try PropfindBodies.properties(askedBy: context)
        // A missing Depth would mean infinity; as other servers do, we then go one level down.
        let depth = try context.request.depth(absent: .one)
        guard depth != .infinity || resource.kind == .object else {
            throw RequestError(.propfindFiniteDepth, "Depth has to be 0 or 1.")
        }
        let isWithoutRoot = depth == .one && context.preferences.isWithoutRoot
        let listing = Listing(
            asked: asked ?? AskedProperties(.all(including: [])), context: context,
            withMembers: depth == .one, withRoot: !isWithoutRoot)
        var response = try listing.response(for: resource)
        // RFC 8144 §3
        if isWithoutRoot { response.setField("Preference-Applied", "depth-noroot") }
        return response
    }
}

/// A resource and its members, with the properties asked for.
private struct Listing {
    let asked: AskedProperties
    let context: Context
    let withMembers: Bool
    let withRoot: Bool

    private var paths: Paths { context.paths }
    private var userName: String { context.user.name }

    func response(for resource: Resource) throws -> Response {
        switch resource {
        case .root:
            return response([
                container(.root, paths.root), container(.container, paths.principals),
                container(.container, paths.homes),
            ])
        case .principals:
            return response([
                container(.container, paths.principals),
                container(.container, paths.userPrincipals),
            ])
        case .userPrincipals:
            return response([container(.container, paths.userPrincipals), principal])
        case .homes:
            let person = Person(viewer: context.user)
            return response([
                container(.container, paths.homes), home(CalendarsOfHome(person, context)),
            ])
        case .principal(let person):
            let proxies = ProxyLevel.allCases.map { Subject.proxy(of: person, $0, context) }
            return response([.principal(of: person, context)] + (person.isViewer ? proxies : []))
        case .proxy(let person, let level): return response([.proxy(of: person, level, context)])
        case .home(let person): return try response(forHomeOf: person)
        case .place(let place, let person): return response([.place(place, of: person, context)])
        case .calendar(let calendar): return try response(for: calendar)
        case .object(let object, let calendar): return response(for: object, in: calendar)
        case .feed, .freeCalendar, .freeObject, .nowhere, .hidden: throw RequestError(.notFound)
        }
    }

    /// The first of the subjects, or all of them.
    private func response(_ subjects: [Subject]) -> Response {
        let subjects = withMembers ? subjects.dropFirst(withRoot ? 0 : 1) : subjects.prefix(1)
        return context.multistatus { multistatus in
            let properties = PropertyWriter(asked, context, to: multistatus)
            for subject in subjects {
                try properties.write(subject)
                try multistatus.writer.flushIfLarge()
            }
        }
    }

    private func container(_ kind: ResourceKinds, _ href: String) -> Subject {
        Subject(context, kind, href: href)
    }

    private var principal: Subject {
        .principal(context)
    }

    private func home(_ calendars: CalendarsOfHome, stored: StoredInHome? = nil) -> Subject {
        .home(
            of: calendars.person, context, calendars: { try calendars.all() }, stored: stored)
    }

    private func response(forHomeOf person: Person) throws -> Response {
        let calendars = CalendarsOfHome(person, context)
        let inHome = StoredInHome(person.user.name, context)
        var subjects = [home(calendars, stored: inHome)]
        if withMembers {
            let all = try calendars.all()
            let stored =
                asked.mayNeedStored && all.contains(where: \.mayHaveStored)
                ? try context.properties.storedProperties(
                    ofCalendarsOf: person.user.name, viewer: userName)
                : []
            subjects += all.map { calendar in
                Subject(
                    context, .calendar, href: paths.calendar(calendar), calendar: calendar,
                    stored: { stored.elements(of: calendar) },
                    homeCalendars: { all })
            }
            if person.isViewer {
                subjects += HomePlace.allCases.map {
                    .place($0, of: person, context, stored: inHome)
                }
            }
        }
        return response(subjects)
    }

    private func response(for calendar: CalendarRecord) throws -> Response {
        let stored =
            asked.mayNeedStored
            ? try context.properties.storedProperties(of: calendar, viewer: userName) : []
        let href = paths.calendar(calendar)
        let subject = Subject(
            context, .calendar, href: href, calendar: calendar,
            stored: { stored.elements(of: calendar) })
        guard withMembers else { return response([subject]) }
        let objects = try context.objects.objects(in: calendar, .all, content: false)
        return context.multistatus { multistatus in
            let properties = PropertyWriter(asked, context, to: multistatus)
            if withRoot { try properties.write(subject) }
            let member = Subject(context, .object, href: "", calendar: calendar)
            let prefix = Array(href.utf8)
            while let row = try objects.next() {
                member.row = row
                try properties.writeObject(member) { buffer in
                    buffer.append(contentsOf: prefix)
                    Href.append(segment: row.name, to: &buffer)
                }
                try multistatus.writer.flushIfLarge()
            }
        }
    }

    private func response(for object: ObjectRecord, in calendar: CalendarRecord) -> Response {
        let href = Array(paths.object(object.name, in: calendar).utf8)
        return context.multistatus { multistatus in
            let properties = PropertyWriter(asked, context, to: multistatus)
            let subject = Subject(context, .object, href: "", calendar: calendar)
            try object.withRow { row in
                subject.row = row
                try properties.writeObject(subject) { $0.append(contentsOf: href) }
                subject.row = nil
            }
        }
    }
}

/// The calendars of a home that the viewer may read, asked for once at most.
private final class CalendarsOfHome {
    let person: Person
    private let context: Context
    private var known: [CalendarRecord]?

    init(_ person: Person, _ context: Context) {
        self.person = person
        self.context = context
    }

    func all() throws -> [CalendarRecord] {
        if let known { return known }
        let calendars = try context.calendars(ofHomeOf: person, with: .read)
        known = calendars
        return calendars
    }
}

extension ObjectRecord {
    /// The record as a row of a listing, whose bytes are valid inside `body`.
    func withRow(_ body: (ObjectRow) throws -> Void) rethrows {
        let name = Array(name.utf8)
        let component = Array(component.utf8)
        let etag = Array(etag.utf8)
        try name.withUnsafeBytes { name in
            try component.withUnsafeBytes { component in
                try etag.withUnsafeBytes { etag in
                    try content.withUnsafeBytes { content in
                        try body(
                            ObjectRow(
                                name: name, component: component, etag: etag, size: size,
                                modified: modified, created: created, content: content,
                                isRemoved: false, revision: 0))
                    }
                }
            }
        }
    }
}
