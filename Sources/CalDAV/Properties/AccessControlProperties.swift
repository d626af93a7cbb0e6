import WebDAV
import XML

extension PropertyTable {
    /// RFC 3744 §4 and §5.
    static let accessControl: [PropertyDefinition] = [
        .init(.dav("owner"), on: .owned) { subject, writer in
            writer.element(.dav("href"), subject.ownerHref)
            return true
        },
        // Nothing here belongs to a group.
        .init(.dav("group"), on: .owned) { _, _ in true },
        .init(
            .dav("principal-URL"), on: [.principals, .home, .places, .calendar]
        ) { subject, writer in
            // The RFC has it on principals alone; clients that look for a home ask elsewhere too.
            let isPrincipal = !ResourceKinds.principals.isDisjoint(with: subject.kind)
            guard isPrincipal || !subject.context.user.isNobody else { return false }
            writer.element(
                .dav("href"), isPrincipal ? subject.href : subject.context.principalHref)
            return true
        },
        .init(.dav("alternate-URI-set"), on: .principals) { _, _ in true },
        .init(.dav("group-membership"), on: .principals) { subject, writer in
            try subject.writeProxies(of: ProxyLevel.allCases, to: writer)
        },
        .init(.dav("group-member-set"), on: .principals) { subject, writer in
            guard let person = subject.person, let level = subject.level else { return true }
            // Who is a member may know of themselves, and the person of everybody.
            for name in try subject.context.members(of: person, level)
            where person.isViewer || name.hasSameBytes(as: subject.context.user.name) {
                writer.element(.dav("href"), subject.context.paths.principal(name))
            }
            return true
        },
        .init(.dav("principal-collection-set"), on: .all) { subject, writer in
            writer.element(.dav("href"), subject.context.paths.userPrincipals)
            return true
        },
        .init(
            .dav("current-user-privilege-set"), on: .all, needs: .readCurrentUserPrivilegeSet
        ) { subject, writer in
            for privilege in subject.privileges.names {
                writer.element(.dav("privilege")) { writer.empty(privilege) }
            }
            return true
        },
        .init(.dav("supported-privilege-set"), on: .all) { _, writer in
            Privilege.tree.write(to: writer)
            return true
        },
        .init(.dav("acl"), on: .owned, needs: .readACL) { subject, writer in
            try subject.writeACL(to: writer)
            return true
        },
        .init(.dav("acl-restrictions"), on: .owned) { _, writer in
            writer.empty(.dav("grant-only"))
            writer.empty(.dav("no-invert"))
            return true
        },
        // What is granted on a home is granted besides, and limits nothing (§5.7).
        .init(.dav("inherited-acl-set"), on: .owned) { _, _ in
            true
        },
    ]
}

extension Privilege {
    /// DAV:supported-privilege (RFC 3744 §5.3).
    func write(to writer: XMLWriter) {
        writer.element(.dav("supported-privilege")) {
            writer.element(.dav("privilege")) { writer.empty(name) }
            writer.start(.dav("description"))
            writer.attribute("xml:lang", "en")
            writer.text(description)
            writer.end(.dav("description"))
            for part in parts { part.write(to: writer) }
        }
    }
}

extension Subject {
    /// Hrefs of the proxy groups that a principal is a member of; of others' than the viewer's own
    /// nobody is told.
    fileprivate func writeProxies(of levels: [ProxyLevel], to writer: XMLWriter) throws -> Bool {
        guard kind == .principal, person?.isViewer == true else { return true }
        for sharer in try context.sharers() {
            guard let level = ProxyLevel(sharer.granted), levels.contains(level) else { continue }
            writer.element(.dav("href"), context.paths.proxy(sharer.owner, level))
        }
        return true
    }

    /// DAV:acl (RFC 3744 §5.5).
    fileprivate func writeACL(to writer: XMLWriter) throws {
        // An ACE that names the owner: there are clients that look for one, and take a missing
        // one for "all is allowed" or for "nothing is".
        let isPrincipal = !ResourceKinds.principals.isDisjoint(with: kind)
        writer.accessControlEntry(
            isPrincipal ? privileges : .all,
            principal: { writer.element(.dav("href"), ownerHref) },
            origin: { writer.empty(.dav("protected")) })
        guard !isPrincipal, let owner = calendar?.owner ?? person?.user.name else { return }
        let paths = context.paths
        for share in try context.shares(of: owner) {
            guard share.calendar == nil || share.calendar == calendar?.id else { continue }
            // Where the ACL method would change it.
            let origin = share.calendar == nil ? paths.home(owner) : calendar.map(paths.calendar)
            let isInherited = kind == .object || share.calendar == nil && kind != .home
            writer.accessControlEntry(
                share.privileges,
                principal: {
                    switch share.grantee {
                    case .user(let name): writer.element(.dav("href"), paths.principal(name))
                    case .authenticated: writer.empty(.dav("authenticated"))
                    case .all: writer.empty(.dav("all"))
                    }
                },
                origin: {
                    guard isInherited, let origin else { return }
                    writer.element(.dav("inherited")) { writer.element(.dav("href"), origin) }
                })
        }
    }
}
