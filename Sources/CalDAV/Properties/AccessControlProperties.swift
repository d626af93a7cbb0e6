import WebDAV
import XML

extension PropertyTable {
    /// RFC 3744 §4 and §5.
    static let accessControl: [PropertyDefinition] = [
        .init(.dav("owner"), on: .owned) { subject, writer in
            writer.element(.dav("href"), subject.ownerHref)
            return true
        },
        .init(
            .dav("principal-URL"), on: [.principal, .home, .places, .calendar]
        ) { subject, writer in
            // The RFC has it on principals alone; clients that look for a home ask elsewhere too.
            writer.element(
                .dav("href"),
                subject.kind == .principal ? subject.ownerHref : subject.context.principalHref)
            return true
        },
        .init(.dav("alternate-URI-set"), on: .principal) { _, _ in true },
        .init(.dav("group-membership"), on: .principal) { _, _ in true },
        .init(.dav("group-member-set"), on: .principal) { _, _ in true },
        .init(.dav("principal-collection-set"), on: .all) { subject, writer in
            writer.element(.dav("href"), subject.context.paths.userPrincipals)
            return true
        },
        .init(.dav("current-user-privilege-set"), on: .all) { subject, writer in
            for privilege in subject.privileges.names {
                writer.element(.dav("privilege")) { writer.empty(privilege) }
            }
            return true
        },
        .init(.dav("supported-privilege-set"), on: .all) { _, writer in
            Privilege.tree.write(to: writer)
            return true
        },
        .init(.dav("acl"), on: .owned) { subject, writer in
            // An ACE that names the owner: there are clients that look for one, and take a missing
            // one for "all is allowed" or for "nothing is".
            writer.element(.dav("ace")) {
                writer.element(.dav("principal")) {
                    writer.element(.dav("href"), subject.ownerHref)
                }
                writer.element(.dav("grant")) {
                    for privilege in Privileges.all.names {
                        writer.element(.dav("privilege")) { writer.empty(privilege) }
                    }
                }
                writer.empty(.dav("protected"))
            }
            return true
        },
        .init(.dav("acl-restrictions"), on: .owned) { _, writer in
            writer.empty(.dav("grant-only"))
            writer.empty(.dav("no-invert"))
            return true
        },
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
