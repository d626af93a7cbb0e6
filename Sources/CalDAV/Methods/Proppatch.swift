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
        let update = CalendarUpdate(instructions, on: resource.kind, calendar: calendar)
        if !update.isRefused, let calendar {
            try context.store.change(calendar, update.changes, viewer: context.user.name)
            if context.preferences.isMinimal { return minimal(context) }
        }
        let href = resource.href(context.paths) ?? ""
        return context.multistatus { multistatus in
            multistatus.response(href) { update.writePropstats(to: multistatus.writer) }
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
