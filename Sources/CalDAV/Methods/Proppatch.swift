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
        let owner = PropertyOwner(
            kind: resource.kind, calendar: calendar,
            isOwn: calendar.map(context.isOwner) ?? true,
            privileges: context.privileges(on: resource), href: href)
        let update = PropertyUpdates(instructions, of: owner)
        if !update.isRefused {
            try carryOut(update.changes, on: resource, context)
            if context.preferences.isMinimal { return minimal(context) }
        }
        return context.multistatus { multistatus in
            multistatus.response(href) { update.writePropstats(to: multistatus.writer) }
        }
    }

    private static func carryOut(
        _ changes: [CalendarChange], on resource: Resource, _ context: Context
    ) throws {
        let store = context.store
        switch resource {
        case .calendar(let calendar):
            try store.change(calendar, changes, viewer: context.user.name)
        case .principal(let person):
            try store.change(.principal, ofHomeOf: person.user.name, changes)
        case .home(let person): try store.change(.home, ofHomeOf: person.user.name, changes)
        case .place(let place, let person):
            try store.change(StoredPlace(place), ofHomeOf: person.user.name, changes)
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
