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
        case (_?, nil): subjects = principals(below: resource, context)
        case (nil, let property?):
            subjects = try members(of: resource, whose: property.elements.map(\.name), context)
        default:
            throw RequestError(.badRequest, "Either DAV:self or DAV:principal-property.")
        }
        return context.multistatus { multistatus in
            let properties = PropertyWriter(selection, context, to: multistatus)
            for subject in subjects { try properties.write(subject) }
        }
    }

    private static func principals(below resource: Resource, _ context: Context) -> [Subject] {
        switch resource {
        case .root, .principals, .userPrincipals, .principal:
            [.principal(context)]
        default: []
        }
    }

    /// The user's collections, where one of the properties holds the user's principal.
    private static func members(
        of resource: Resource, whose names: [XMLName], _ context: Context
    ) throws -> [Subject] {
        let isOwn = names.contains { name in
            [.dav("owner"), .dav("principal-URL"), .dav("current-user-principal")].contains(name)
        }
        guard isOwn else { return [] }
        switch resource {
        case .home(let person) where !person.isViewer: return []
        case .root, .homes, .home:
            let calendars = try context.store.calendars(of: context.user.name)
            return [.home(of: Person(viewer: context.user), context, calendars: { calendars })]
                + calendars.map {
                    Subject(context, .calendar, href: context.paths.calendar($0), calendar: $0)
                }
        case .calendar(let calendar):
            return [
                Subject(
                    context, .calendar, href: context.paths.calendar(calendar), calendar: calendar)
            ]
        default: return principals(below: resource, context)
        }
    }
}

/// REPORT acl-principal-prop-set (RFC 3744 §9.2): the principals that an ACL names.
enum ACLPrincipalPropSet {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let selection = try PropertySelection(inside: root) ?? .some([])
        return context.multistatus { multistatus in
            try PropertyWriter(selection, context, to: multistatus).write(.principal(context))
        }
    }
}
