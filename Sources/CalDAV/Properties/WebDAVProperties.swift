import WebDAV
import XML

extension PropertyTable {
    /// RFC 4918 §15, RFC 3253 §3.1, RFC 4331, RFC 5397, RFC 5842 §3.1, RFC 5995 §3.2, RFC 6578 §4.
    static let webDAV: [PropertyDefinition] = [
        .init(
            .dav("resourcetype"), on: .all, inAllprop: true, isFixedAtCreation: true,
            change: ResourceType.change,
            write: { subject, writer in
                if subject.kind != .object { ResourceType.write(of: subject, to: writer) }
                return true
            }),
        .init(
            .dav("displayname"), on: .collections,
            inAllprop: true,
            change: { value, owner in
                [.displayName(value?.text ?? owner.calendar?.uri ?? "")]
            },
            write: { subject, writer in
                switch (subject.kind, subject.person?.user) {
                case (.calendar, _): writer.text(subject.calendar?.displayName ?? "")
                case (.principal, let user?), (.home, let user?):
                    writer.text(user.displayName ?? user.name)
                case (.proxy, let user?):
                    let name = user.displayName ?? user.name
                    writer.text(
                        subject.level == .write
                            ? "Who may change \(name)'s calendars"
                            : "Who may read \(name)'s calendars")
                default:
                    writer.text(subject.place?.displayName ?? subject.context.settings.realm)
                }
                return true
            }),
        .init(.dav("getetag"), on: .object, inAllprop: true) { subject, writer in
            guard let row = subject.row else { return false }
            writer.raw { buffer in
                buffer.append(UInt8(ascii: "\""))
                XMLEscaping.append(row.etag, to: &buffer, inAttribute: false)
                buffer.append(UInt8(ascii: "\""))
            }
            return true
        },
        .init(.dav("getcontenttype"), on: .object, inAllprop: true) { subject, writer in
            guard let row = subject.row else { return false }
            writer.text("text/calendar; charset=utf-8; component=")
            writer.text(row.component)
            return true
        },
        .init(.dav("getcontentlength"), on: .object, inAllprop: true) { subject, writer in
            guard let row = subject.row else { return false }
            writer.text(row.size)
            return true
        },
        .init(.dav("getlastmodified"), on: .object, inAllprop: true) { subject, writer in
            guard let row = subject.row else { return false }
            writer.text(Timestamp.httpDate(row.modified))
            return true
        },
        .init(
            .dav("creationdate"), on: [.calendar, .object], inAllprop: true, isOfEachObject: true
        ) { subject, writer in
            guard let created = subject.row?.created ?? subject.calendar?.created else {
                return false
            }
            writer.text(Timestamp.iso8601(created))
            return true
        },
        .init(.dav("resource-id"), on: [.principal, .home, .calendar]) { subject, writer in
            writer.element(.dav("href"), try ResourceID.text(of: subject))
            return true
        },
        // RFC 4331 §3, told to those who may write there. What is in the trash counts too.
        .init(.dav("quota-available-bytes"), on: [.home, .calendar]) { subject, writer in
            guard let owner = subject.calendar?.owner ?? subject.person?.user.name,
                !subject.privileges.isDisjoint(with: [.bind, .writeContent])
            else { return false }
            let context = subject.context
            writer.text(try context.found.availableBytes(inHomeOf: owner, context.calendars))
            return true
        },
        // RFC 4331 §4: those of the objects.
        .init(.dav("quota-used-bytes"), on: [.home, .calendar]) { subject, writer in
            let context = subject.context
            // Those of the home that the viewer may know of.
            let inHome = try subject.calendarsOfHome()
            let calendars = subject.calendar.map { [$0] } ?? inHome
            writer.text(
                try calendars.reduce(0) { sum, calendar in
                    try sum + context.found.usedBytes(in: calendar, and: inHome, context.calendars)
                })
            return true
        },
        .init(.dav("supported-report-set"), on: .all) { subject, writer in
            for report in Report.all where !report.on.isDisjoint(with: subject.kind) {
                writer.element(.dav("supported-report")) {
                    writer.element(.dav("report")) { writer.empty(report.name) }
                }
            }
            return true
        },
        .init(.dav("supported-method-set"), on: .all) { subject, writer in
            for method in Method.all where !method.on.isDisjoint(with: subject.kind) {
                writer.start(.dav("supported-method"))
                writer.attribute("name", method.name)
                writer.end(.dav("supported-method"))
            }
            return true
        },
        .init(.dav("current-user-principal"), on: .all) { subject, writer in
            if subject.context.user.isNobody {
                writer.empty(.dav("unauthenticated"))
            } else {
                writer.element(.dav("href"), subject.context.principalHref)
            }
            return true
        },
        .init(.dav("add-member"), on: .calendar) { subject, writer in
            writer.element(.dav("href"), subject.href)
            return true
        },
        .init(.dav("sync-token"), on: [.home, .places, .calendar]) { subject, writer in
            switch (subject.kind, subject.calendar) {
            case (.home, _):
                guard let person = subject.person else { return false }
                let token = HomeToken(of: try subject.membersOfHome())
                writer.text(try subject.context.text(of: token, person))
            case (_, let calendar): writer.text(SyncToken(revision: calendar?.revision ?? 1).text)
            }
            return true
        },
    ]
}

extension Context {
    /// The signed-in user's principal: the string that `owner` and the ACEs have too.
    var principalHref: String { paths.principal(user.name) }
}
