import WebDAV
import XML

/// DAV:acl (RFC 3744 §5.5), read from an ACL request: what an owner wants to grant.
struct AccessControlList {
    /// Beyond this, `limited-number-of-aces`.
    static let limit = 500

    private(set) var entries: [(grantee: Share.Grantee, privileges: Privileges, href: String?)] = []

    /// - Parameter owner: whose calendar or home it is.
    /// - Throws: the precondition of §8.1.1 that the list does not meet.
    init(_ root: XMLElement, owner: String, _ paths: Paths) throws(RequestError) {
        let aces = root.all(.dav("ace"))
        guard aces.count <= AccessControlList.limit else {
            throw RequestError(
                .limitedNumberOfACEs, "There may be \(AccessControlList.limit) entries at most.")
        }
        for ace in aces {
            let (grantee, href) = try AccessControlList.grantee(of: ace, owner: owner, paths)
            guard !entries.contains(where: { $0.grantee == grantee }) else {
                throw RequestError(
                    .noACEConflict, "A principal has one entry with all that is granted to it.",
                    href: href)
            }
            let privileges = try AccessControlList.privileges(of: ace)
            try AccessControlList.check(privileges, of: grantee)
            entries.append((grantee, privileges, href))
        }
    }

    var shares: [Share] {
        entries.map { Share(calendar: nil, grantee: $0.grantee, privileges: $0.privileges) }
    }

    // MARK: Principals

    private static func grantee(
        of ace: XMLElement, owner: String, _ paths: Paths
    ) throws(RequestError) -> (Share.Grantee, href: String?) {
        guard ace.first(.dav("invert")) == nil else {
            throw RequestError(.noInvert, "Entries for all but somebody are not taken.")
        }
        guard ace.first(.dav("deny")) == nil else {
            throw RequestError(.grantOnly, "Privileges can only be granted.")
        }
        guard ace.first(.dav("inherited")) == nil else {
            throw RequestError(
                .noInheritedACEConflict, "What is inherited is changed where it comes from.")
        }
        guard ace.first(.dav("protected")) == nil else {
            throw RequestError(.noProtectedACEConflict, "The owner's own entry stays as it is.")
        }
        guard let principal = ace.first(.dav("principal")), principal.elements.count == 1,
            let child = principal.elements.first
        else { throw RequestError(.badRequest, "An entry has one principal.") }
        switch child.name {
        case .dav("all"): return (.all, nil)
        case .dav("authenticated"): return (.authenticated, nil)
        case .dav("href"):
            let href = child.trimmedText
            return (.user(try user(at: href, owner: owner, paths)), href)
        case .dav("property") where child.first(.dav("owner")) != nil:
            throw RequestError(.noProtectedACEConflict, "The owner's own entry stays as it is.")
        default:
            throw RequestError(
                .allowedPrincipal, "Calendars are shared with users, authenticated or all.")
        }
    }

    /// The name of the user whose principal an href is.
    static func user(
        at href: String, owner: String, _ paths: Paths
    ) throws(RequestError) -> String {
        let unknown = RequestError(.recognizedPrincipal, "There is no such principal.", href: href)
        guard let path = Href.path(of: href), path.utf8.starts(with: paths.base.utf8) else {
            throw unknown
        }
        let rest = path.utf8.dropFirst(paths.base.utf8.count)
        switch try ResourcePath(Substring(rest)) {
        case .known(.principal(let name)):
            guard !name.hasSameBytes(as: owner) else {
                throw RequestError(
                    .noProtectedACEConflict, "The owner's own entry stays as it is.", href: href)
            }
            return name
        case .known(.proxy):
            throw RequestError(
                .allowedPrincipal, "Calendars are shared with users, not with proxy groups.",
                href: href)
        default: throw unknown
        }
    }

    // MARK: Privileges

    private static func privileges(of ace: XMLElement) throws(RequestError) -> Privileges {
        let named = ace.all(.dav("grant")).flatMap { $0.all(.dav("privilege")) }
            .flatMap(\.elements)
        guard !named.isEmpty else {
            throw RequestError(.badRequest, "An entry grants at least one privilege.")
        }
        var privileges: Privileges = []
        for element in named {
            guard let privilege = Privilege.named(element.name) else {
                throw RequestError(
                    .notSupportedPrivilege, "There is no privilege \(element.name.local).")
            }
            privileges.formUnion(privilege.bits)
        }
        return privileges
    }

    /// Who is not known cannot be held to account for what they write.
    private static func check(
        _ privileges: Privileges, of grantee: Share.Grantee
    ) throws(RequestError) {
        let most: Privileges =
            switch grantee {
            case .user: .all
            case .authenticated: Privileges.all.subtracting(.writeACL)
            case .all: [.read, .readCurrentUserPrivilegeSet]
            }
        guard most.isSuperset(of: privileges) else {
            let names = privileges.subtracting(most).briefNames.map(\.local)
            throw RequestError(
                .noACEConflict, "Not to so many: \(names.joined(separator: ", ")).")
        }
    }
}

extension XMLWriter {
    /// DAV:ace with what a grant says; `principal` writes the inside of DAV:principal, `origin` what
    /// follows the privileges.
    func accessControlEntry(
        _ privileges: Privileges, principal: () -> Void, origin: () -> Void = {}
    ) {
        element(.dav("ace")) {
            element(.dav("principal"), principal)
            element(.dav("grant")) {
                for name in privileges.names {
                    element(.dav("privilege")) { empty(name) }
                }
            }
            origin()
        }
    }
}
