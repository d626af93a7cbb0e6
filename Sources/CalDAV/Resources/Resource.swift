import WebDAV

/// What a request is for.
enum Resource {
    case root
    case principals
    case userPrincipals
    case homes
    case principal(Person)
    case proxy(Person, ProxyLevel)
    case home(Person)
    case place(HomePlace, of: Person)
    case calendar(CalendarRecord)
    case object(ObjectRecord, in: CalendarRecord)

    /// The calendar of a secret address.
    case feed(CalendarRecord)

    /// A free place in a home.
    case freeCalendar(uri: String, of: Person)
    /// A free place in a calendar.
    case freeObject(name: String, in: CalendarRecord)
    /// A place that has no parent, or where nothing can be; below somebody's home or principal, or not.
    case nowhere(in: Person?)
    /// Below the home or principal of somebody who is not there, or to whom the viewer has no relation.
    case hidden
}

extension Resource {
    var kind: ResourceKinds {
        switch self {
        case .root: .root
        case .principals, .userPrincipals, .homes: .container
        case .principal: .principal
        case .proxy: .proxy
        case .home: .home
        case .place(let place, _): place.kind
        case .calendar: .calendar
        case .object: .object
        case .feed: .feed
        case .freeCalendar, .freeObject, .nowhere, .hidden: .unmapped
        }
    }

    /// The canonical href; nil for what does not exist.
    func href(_ paths: Paths) -> String? {
        switch self {
        case .root: paths.root
        case .principals: paths.principals
        case .userPrincipals: paths.userPrincipals
        case .homes: paths.homes
        case .principal(let person): paths.principal(person.user.name)
        case .proxy(let person, let level): paths.proxy(person.user.name, level)
        case .home(let person): paths.home(person.user.name)
        case .place(let place, let person): paths.place(place, of: person.user.name)
        case .calendar(let calendar): paths.calendar(calendar)
        case .object(let object, let calendar): paths.object(object.name, in: calendar)
        case .feed, .freeCalendar, .freeObject, .nowhere, .hidden: nil
        }
    }

    /// What the store found at a path, as `viewer` may know it: below anybody else's home or principal
    /// who is not there, it is hidden.
    init(_ path: ResourcePath, _ opening: Opening, viewer: UserRecord) {
        let person = path.address.owner.flatMap { Resource.person($0, opening, viewer) }
        guard path.address.owner == nil || person != nil else {
            self = .hidden
            return
        }
        guard case .known(let address) = path else {
            self = .nowhere(in: person)
            return
        }
        switch (address, person) {
        case (.root, _): self = .root
        case (.principals, _): self = .principals
        case (.userPrincipals, _): self = .userPrincipals
        case (.homes, _): self = .homes
        case (.principal, let person?): self = .principal(person)
        case (.proxy(_, let level), let person?): self = .proxy(person, level)
        case (.home, let person?): self = .home(person)
        case (.place(_, let place), let person?): self = .place(place, of: person)
        case (.calendar(_, let uri), let person?):
            self = opening.calendar.map { .calendar($0) } ?? .freeCalendar(uri: uri, of: person)
        case (.object(_, _, let name), let person?):
            guard let calendar = opening.calendar else {
                self = .nowhere(in: person)
                return
            }
            self =
                opening.object.map { .object($0, in: calendar) }
                ?? .freeObject(name: name, in: calendar)
        default: self = .hidden
        }
    }

    private static func person(
        _ name: String, _ opening: Opening, _ viewer: UserRecord
    ) -> Person? {
        if name.hasSameBytes(as: viewer.name) { return Person(viewer: viewer) }
        return opening.owner.map {
            Person($0, granted: opening.granted, within: opening.grantedWithin)
        }
    }
}
