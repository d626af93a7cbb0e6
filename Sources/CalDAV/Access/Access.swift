/// Who may do what with which resource: the one place that says it.
///
/// Whoever signs in may do everything in their own home, and elsewhere what was granted to them there
/// and nothing else. Without signing in, one may do what was granted to `all`.
enum Access {
    /// On collections that only lead on, for everybody who is signed in.
    static let container: Privileges = [.read, .readACL, .readCurrentUserPrivilegeSet]

    /// What a grant on a whole home means for the home itself: calendars are made, deleted and shared
    /// by their owner alone.
    private static let home: Privileges = [.read, .readACL, .readCurrentUserPrivilegeSet]

    static func toPrincipal(of person: Person, _ settings: ServerSettings) -> Privileges {
        if person.isViewer { return container.union(.writeProperties) }
        let isVisible = settings.findPeople != .nobody || !person.grantedWithin.isEmpty
        return isVisible ? [.read, .readCurrentUserPrivilegeSet] : []
    }

    /// Who may read somebody's principal sees which groups there are; members are told them alone.
    static func toProxy(of person: Person, _ settings: ServerSettings) -> Privileges {
        person.isViewer || !person.granted.isEmpty ? toPrincipal(of: person, settings) : []
    }

    /// A home where anything may be read can be listed: the listing has that and nothing else.
    static func toHome(of person: Person) -> Privileges {
        if person.isViewer { return .all }
        let within = person.grantedWithin.intersection(.read)
        return toFreePlace(inHomeOf: person).union(within).effective
    }

    /// Where nothing is, a grant on a calendar says nothing.
    static func toFreePlace(inHomeOf person: Person) -> Privileges {
        person.isViewer ? .all : person.granted.intersection(home).effective
    }

    /// To a calendar and each object in it.
    static func toCalendar(_ calendar: CalendarRecord, _ viewer: UserRecord) -> Privileges {
        calendar.owner.hasSameBytes(as: viewer.name) ? .all : calendar.granted.effective
    }
}

extension Context {
    func isOwner(of calendar: CalendarRecord) -> Bool {
        calendar.owner.hasSameBytes(as: user.name)
    }

    func privileges(on calendar: CalendarRecord) -> Privileges {
        Access.toCalendar(calendar, user)
    }

    /// What the viewer may do with a resource, or with the place where none is.
    func privileges(on resource: Resource) -> Privileges {
        switch resource {
        case .root, .principals, .userPrincipals, .homes: user.isNobody ? [] : Access.container
        case .principal(let person): Access.toPrincipal(of: person, settings)
        case .proxy(let person, _): Access.toProxy(of: person, settings)
        case .home(let person): Access.toHome(of: person)
        case .place(_, let person): Access.toFreePlace(inHomeOf: person)
        case .calendar(let calendar), .object(_, let calendar), .freeObject(_, let calendar):
            privileges(on: calendar)
        case .freeCalendar(_, let person): Access.toFreePlace(inHomeOf: person)
        case .nowhere(let person):
            // What belongs to nobody is closed to nobody; the method says that nothing can be there.
            person.map(Access.toFreePlace) ?? (user.isNobody ? [] : .all)
        // Whoever knows the address.
        case .feed: .read
        case .hidden: []
        }
    }
}
