import WebDAV
import XML

/// ACL (RFC 3744 §8.1) on a calendar, or on a home for all of its calendars.
enum ACL {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        let owner: String
        let calendar: CalendarRecord?
        switch resource {
        case .calendar(let found): (owner, calendar) = (found.owner, found)
        case .home(let person): (owner, calendar) = (person.user.name, nil)
        default: throw RequestError(.notFound)
        }
        guard let root = try context.readXML(), root.name == .dav("acl") else {
            throw RequestError(.badRequest, "The body has to be a DAV:acl element.")
        }
        let list = try AccessControlList(root, owner: owner, context.paths)
        let named = list.entries.compactMap { entry -> (name: String, href: String)? in
            guard case .user(let name) = entry.grantee, let href = entry.href else { return nil }
            return (name, href)
        }
        try check(named, owner, context)
        try context.sharing.setShares(list.shares, of: owner, on: calendar?.id)
        return Response(.ok)
    }

    /// - Throws: `recognized-principal` for a user who is not there; where nobody is to be found, for
    ///   all but those who are in the owner's lists already.
    static func check(
        _ named: [(name: String, href: String)], _ owner: String, _ context: Context
    ) throws {
        guard !named.isEmpty else { return }
        let known: [String]
        if context.settings.findPeople == .nobody {
            known = try context.shares(of: owner).compactMap { share in
                if case .user(let name) = share.grantee { name } else { nil }
            }
        } else {
            known = try context.people.people(named: named.map(\.name)).map(\.name)
        }
        for (name, href) in named where !known.contains(where: { $0.hasSameBytes(as: name) }) {
            throw RequestError(.recognizedPrincipal, "There is no such principal.", href: href)
        }
    }
}
