import WebDAV
import XML

/// REPORT principal-match (RFC 3744 §9.3): what is the user's own among the members of a collection.
enum PrincipalMatch {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let selection = try PropertySelection(inside: root) ?? .some([])
        let subjects: [Subject]
        switch (root.first(.dav("self")), root.first(.dav("principal-property"))) {
        case (_?, nil): subjects = try principals(below: resource, context)
        case (nil, let property?):
            let asked = property.elements.map { AskedProperty($0.name) }
            subjects = try members(of: resource, context).filter { subject in
                try asked.contains {
                    try subject.hrefs(in: $0).contains(context.principalHref)
                }
            }
        default:
            throw RequestError(.badRequest, "Either DAV:self or DAV:principal-property.")
        }
        return context.multistatus { multistatus in
            let properties = PropertyWriter(selection, context, to: multistatus)
            for subject in subjects { try properties.write(subject) }
        }
    }

    /// The user's own principal, and the groups that it is a member of.
    private static func principals(
        below resource: Resource, _ context: Context
    ) throws -> [Subject] {
        switch resource {
        case .root, .principals, .userPrincipals: break
        case .principal(let person): return person.isViewer ? [.principal(context)] : []
        default: return []
        }
        let groups = try context.sharers().compactMap { sharer -> Subject? in
            guard let level = ProxyLevel(sharer.granted) else { return nil }
            let owner = UserRecord(
                name: sharer.owner, passwordHash: [], email: nil, displayName: nil)
            return .proxy(of: try context.person(owner), level, context)
        }
        return [.principal(context)] + groups
    }

    /// What the user may read in a collection: homes, calendars, principals.
    private static func members(of resource: Resource, _ context: Context) throws -> [Subject] {
        switch resource {
        case .root: return try members(of: .homes, context) + [.principal(context)]
        case .homes: return try home(of: Person(viewer: context.user), context)
        case .home(let person): return try home(of: person, context)
        case .calendar(let calendar):
            return [
                Subject(
                    context, .calendar, href: context.paths.calendar(calendar), calendar: calendar)
            ]
        case .principals, .userPrincipals: return [.principal(context)]
        case .principal(let person): return [.principal(of: person, context)]
        default: return []
        }
    }

    private static func home(of person: Person, _ context: Context) throws -> [Subject] {
        let calendars = try context.calendars(ofHomeOf: person, with: .read)
        return [.home(of: person, context, calendars: { calendars })]
            + calendars.map {
                Subject(context, .calendar, href: context.paths.calendar($0), calendar: $0)
            }
    }
}

/// REPORT acl-principal-prop-set (RFC 3744 §9.2): the principals that an ACL names.
enum ACLPrincipalPropSet {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let selection = try PropertySelection(inside: root) ?? .some([])
        let names = try names(in: resource, context)
        let persons = try context.persons(named: names)
        return context.multistatus { multistatus in
            let properties = PropertyWriter(selection, context, to: multistatus)
            for person in persons { try properties.write(.principal(of: person, context)) }
        }
    }

    /// The owner, and whom they grant something; whoever may read the list may know them.
    private static func names(in resource: Resource, _ context: Context) throws -> [String] {
        let owner: String
        var calendar: CalendarRecord?
        switch resource {
        case .calendar(let found), .object(_, let found): (owner, calendar) = (found.owner, found)
        case .home(let person): owner = person.user.name
        case .principal(let person), .proxy(let person, _): return [person.user.name]
        default: return []
        }
        var names = [owner]
        for share in try context.shares(of: owner)
        where share.calendar == nil || share.calendar == calendar?.id {
            if case .user(let name) = share.grantee, !names.contains(name) { names.append(name) }
        }
        return names
    }
}
