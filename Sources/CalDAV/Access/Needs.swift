import WebDAV

/// Which privileges something needs, and of which resource (RFC 3744 Appendix B).
struct Needs: Sendable {
    enum Place: Sendable { case itself, parent }

    struct Need: Sendable {
        let privileges: Privileges
        let of: Place
    }

    /// Where there is a resource.
    let existing: Need
    /// Where there is none.
    let free: Need

    private init(existing: Need, free: Need) {
        self.existing = existing
        self.free = free
    }

    static let nothing = Needs(
        existing: Need(privileges: [], of: .itself), free: Need(privileges: [], of: .parent))

    /// Of the resource; to be told that there is none, of its parent.
    static func itself(_ privileges: Privileges) -> Needs {
        Needs(
            existing: Need(privileges: privileges, of: .itself),
            free: Need(privileges: privileges, of: .parent))
    }

    static func parent(_ privileges: Privileges) -> Needs {
        let need = Need(privileges: privileges, of: .parent)
        return Needs(existing: need, free: need)
    }

    static func parent(_ privileges: Privileges, free: Privileges) -> Needs {
        Needs(
            existing: Need(privileges: privileges, of: .parent),
            free: Need(privileges: free, of: .parent))
    }

    /// Of the resource, or of the parent where it is yet to be made.
    static func itself(_ privileges: Privileges, orParent free: Privileges) -> Needs {
        Needs(
            existing: Need(privileges: privileges, of: .itself),
            free: Need(privileges: free, of: .parent))
    }
}

/// What a path leads to, and what the viewer may do there.
struct Target {
    let resource: Resource
    let address: ResourceAddress
    let held: Privileges
    /// As the client wrote it.
    let href: String
}

extension Target {
    /// - Throws: `need-privileges`; to who may not read here, always `read` of the resource itself, so
    ///   that nobody learns from it whether there is one.
    func authorise(_ needs: Needs, _ paths: Paths) throws(RequestError) {
        let exists = resource.kind != .unmapped
        let need = exists ? needs.existing : needs.free
        // An object has the privileges of its calendar. The home around a calendar has its own.
        var held = self.held
        if need.of == .parent, case .calendar(let calendar) = resource {
            held = held == .all ? .all : []
            if calendar.isProtected { held.subtract(.unbind) }
        }
        guard !held.isSuperset(of: need.privileges) else { return }
        guard self.held.contains(.read) else {
            throw .needPrivileges(.dav("read"), on: href)
        }
        let missing = need.privileges.subtracting(held).briefNames
        throw .needPrivileges(missing, on: need.of == .parent ? parent(paths) : href)
    }

    private func parent(_ paths: Paths) -> String {
        switch address {
        case .object(let user, let uri, _): paths.calendar(uri, of: user)
        case .calendar(let user, _): paths.home(user)
        default: href
        }
    }
}
