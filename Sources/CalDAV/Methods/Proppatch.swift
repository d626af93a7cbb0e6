import WebDAV
import XML

/// PROPPATCH (RFC 4918 §9.2): all instructions or none.
enum Proppatch {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        guard let root = try context.readXML(), root.name == .dav("propertyupdate") else {
            throw RequestError(.badRequest, "The body has to be a DAV:propertyupdate element.")
        }
        let instructions = try PropertyUpdate.read(inside: root)
        var calendar: CalendarRecord?
        if case .calendar(let found) = resource { calendar = found }
        let href = resource.href(context.paths) ?? ""
        if case .proxy(let person, let level) = resource, let members = try Members(instructions) {
            try members.set(of: person, level, context)
            return context.multistatus { multistatus in
                multistatus.response(href) {
                    multistatus.propstat(.ok) { multistatus.writer.empty(Members.name) }
                }
            }
        }
        let owner = PropertyOwner(
            kind: resource.kind, calendar: calendar,
            isOwn: calendar.map(context.isOwner) ?? true,
            privileges: context.privileges(on: resource), href: href)
        var update = PropertyUpdates(instructions, of: owner)
        if !update.isRefused {
            do {
                try carryOut(update.changes, on: resource, context)
                if context.preferences.isMinimal { return minimal(context) }
            } catch StorageError.quotaExceeded(let excess) {
                guard excess.quota == .properties else { throw StorageError.quotaExceeded(excess) }
                update.refuseToStore(excess.reason)
            }
        }
        return answer(update, href, context)
    }

    private static func answer(
        _ update: PropertyUpdates, _ href: String, _ context: Context
    ) -> Response {
        context.multistatus { multistatus in
            multistatus.response(href) { update.writePropstats(to: multistatus.writer) }
        }
    }

    private static func carryOut(
        _ changes: [CalendarChange], on resource: Resource, _ context: Context
    ) throws {
        switch resource {
        case .calendar(let calendar):
            try context.calendars.change(calendar, changes, viewer: context.user.name)
        case .principal(let person):
            try context.properties.change(.principal, ofHomeOf: person.user.name, changes)
        case .home(let person):
            try context.properties.change(.home, ofHomeOf: person.user.name, changes)
        case .place(let place, let person):
            try context.properties.change(StoredPlace(place), ofHomeOf: person.user.name, changes)
        default: break
        }
    }

    /// RFC 8144 §2.2.
    private static func minimal(_ context: Context) -> Response {
        var response = Response(.ok)
        if let applied = context.preferences.appliedMinimal {
            response.setField("Preference-Applied", applied)
        }
        return response
    }
}

/// Who is to be a member of a proxy group, by PROPPATCH of its DAV:group-member-set (caldav-proxy §5.2).
private struct Members {
    static let name = XMLName.dav("group-member-set")

    private let hrefs: [String]

    /// Nil where something else is to be changed, too.
    init?(_ instructions: [PropertyUpdate]) throws(RequestError) {
        guard instructions.count == 1, instructions[0].name == Members.name else { return nil }
        switch instructions[0] {
        case .set(let element, _): hrefs = element.all(.dav("href")).map(\.trimmedText)
        case .remove: hrefs = []
        }
        guard hrefs.count <= AccessControlList.limit else {
            throw RequestError(.limitedNumberOfACEs, "So many cannot be members.")
        }
    }

    /// Members are those to whom something is granted on the home.
    ///
    /// - Throws: 403 for another's group, `recognized-principal`.
    func set(of person: Person, _ level: ProxyLevel, _ context: Context) throws {
        let owner = person.user.name
        guard person.isViewer else {
            throw RequestError.needPrivileges(
                .dav("write-properties"), on: context.paths.proxy(owner, level))
        }
        var names: [String] = []
        for href in hrefs {
            let name = try AccessControlList.user(at: href, owner: owner, context.paths)
            if !names.contains(where: { $0.hasSameBytes(as: name) }) { names.append(name) }
        }
        try ACL.check(zip(names, hrefs).map { ($0, $1) }, owner, context)
        let present = try context.shares(of: owner).filter { $0.calendar == nil }
        func isNamed(_ share: Share) -> Bool {
            guard case .user(let name) = share.grantee else { return false }
            return names.contains { $0.hasSameBytes(as: name) }
        }
        // Who is in the other group, and is named here, changes over.
        var kept = present.filter { share in
            guard case .user = share.grantee else { return true }
            return !isNamed(share) && ProxyLevel(share.privileges) != level
        }
        kept += names.map { name in
            Share(calendar: nil, grantee: .user(name), privileges: level.privileges)
        }
        try context.sharing.setShares(kept, of: owner, on: nil)
    }
}
