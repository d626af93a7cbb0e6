import WebDAV
package import XML

/// What somebody may do with a resource (RFC 3744 §3, RFC 4791 §6.1.1).
///
/// The store keeps the bits: none of them may ever mean something else.
package struct Privileges: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readFreeBusy = Privileges(rawValue: 1 << 0)
    /// RFC 4791 §6.1.1: who may read may read busy times.
    package static let read = Privileges(rawValue: 1 << 1).union(.readFreeBusy)
    package static let readACL = Privileges(rawValue: 1 << 2)
    package static let readCurrentUserPrivilegeSet = Privileges(rawValue: 1 << 3)
    package static let writeContent = Privileges(rawValue: 1 << 4)
    package static let writeProperties = Privileges(rawValue: 1 << 5)
    package static let bind = Privileges(rawValue: 1 << 6)
    package static let unbind = Privileges(rawValue: 1 << 7)
    package static let writeACL = Privileges(rawValue: 1 << 8)

    package static let write: Privileges = [.writeContent, .writeProperties, .bind, .unbind]
    package static let all: Privileges = [
        .read, .readACL, .readCurrentUserPrivilegeSet, .write, .writeACL,
    ]

    /// Who may read a resource may read what they may do with it: every client asks.
    package var effective: Privileges {
        contains(.read) ? union(.readCurrentUserPrivilegeSet) : self
    }
}

/// A privilege with those it is made of (RFC 3744 §5.3): one row for each.
package struct Privilege: Sendable {
    package let name: XMLName
    package let bits: Privileges
    /// For people.
    let description: String
    package var parts: [Privilege] = []

    package static let tree = Privilege(
        name: .dav("all"), bits: .all, description: "Everything",
        parts: [
            Privilege(
                name: .dav("read"), bits: .read, description: "Read",
                parts: [
                    Privilege(
                        name: .caldav("read-free-busy"), bits: .readFreeBusy,
                        description: "Read busy times")
                ]),
            Privilege(
                name: .dav("read-acl"), bits: .readACL,
                description: "Read the access control list"),
            Privilege(
                name: .dav("read-current-user-privilege-set"), bits: .readCurrentUserPrivilegeSet,
                description: "Read own privileges"),
            Privilege(
                name: .dav("write"), bits: .write, description: "Write",
                parts: [
                    Privilege(
                        name: .dav("write-content"), bits: .writeContent,
                        description: "Change objects"),
                    Privilege(
                        name: .dav("write-properties"), bits: .writeProperties,
                        description: "Change properties"),
                    Privilege(name: .dav("bind"), bits: .bind, description: "Add members"),
                    Privilege(name: .dav("unbind"), bits: .unbind, description: "Remove members"),
                ]),
            Privilege(
                name: .dav("write-acl"), bits: .writeACL,
                description: "Change the access control list"),
        ])

    /// Each before its parts.
    package static let every: [Privilege] = tree.flattened

    private var flattened: [Privilege] { [self] + parts.flatMap(\.flattened) }

    package static func named(_ name: XMLName) -> Privilege? { every.first { $0.name == name } }
}

extension Privileges {
    /// All that is held, aggregates and their parts: as clients look for it.
    var names: [XMLName] {
        Privilege.every.dropFirst().filter { contains($0.bits) }.map(\.name)
    }

    /// For people: the names without what is part of another.
    package var words: [String] { briefNames.map(\.local) }

    /// The same without what is part of another.
    package var briefNames: [XMLName] {
        func names(_ privilege: Privilege) -> [XMLName] {
            contains(privilege.bits) ? [privilege.name] : privilege.parts.flatMap(names)
        }
        return names(Privilege.tree)
    }
}
