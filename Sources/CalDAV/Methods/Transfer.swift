import WebDAV

/// COPY and MOVE of calendar objects (RFC 4918 §9.8 and §9.9).
///
/// A calendar stays where it is: its address is what clients know it by, and its name is a property.
enum Transfer {
    static func copy(_ resource: Resource, in context: Context) throws -> Response {
        try respond(to: resource, in: context, isMove: false)
    }

    static func move(_ resource: Resource, in context: Context) throws -> Response {
        try respond(to: resource, in: context, isMove: true)
    }

    /// The Destination field (§10.3): an address or an absolute path.
    ///
    /// Behind a proxy the host that a client knows may be another than the one we are told, so only the
    /// path is looked at.
    /// - Throws: 400 where there is none, or none that can be read; 502 for a place outside our own.
    static func destination(
        of request: Request
    ) throws(RequestError) -> (path: ResourcePath, href: String) {
        guard let field = request.fields["destination"] else {
            throw RequestError(.badRequest, "The Destination field has to say where to.")
        }
        guard let path = Href.path(of: field) else {
            throw RequestError(.badRequest, "The Destination field has to be an address.")
        }
        guard path.utf8.starts(with: request.basePath.utf8) else {
            throw RequestError(.badGateway, "The destination is not one of this server.")
        }
        let rest = path.utf8.dropFirst(request.basePath.utf8.count)
        return (try ResourcePath(Substring(rest)), String(path))
    }

    private static func respond(
        to resource: Resource, in context: Context, isMove: Bool
    ) throws -> Response {
        guard case .object(let object, let calendar) = resource,
            let destination = context.destination
        else { throw RequestError(.notFound) }
        var source = ObjectTransfer.Place(object.name, in: calendar, if: context.writeCondition)
        source.condition.ifMatch = source.condition.ifMatch ?? .tags([object.etag])
        let target = try place(of: destination.resource, in: context)
        guard target.calendar.id != calendar.id || !target.name.hasSameBytes(as: object.name)
        else { throw RequestError(.forbidden, "Source and destination are the same.") }
        guard target.calendar.components.contains(object.component) else {
            throw RequestError(
                .supportedCalendarComponent, "The calendar takes no \(object.component).")
        }
        let transfer = ObjectTransfer(isMove: isMove, from: source, to: target)
        let isNew = try carryOut(transfer, context)
        return Response(
            isNew ? .created : .noContent,
            fields: [("Location", context.paths.object(target.name, in: target.calendar))])
    }

    /// - Returns: whether nothing was there before.
    /// - Throws: `no-uid-conflict` with the href of the other object.
    private static func carryOut(
        _ transfer: ObjectTransfer, _ context: Context
    ) throws -> Bool {
        do {
            return try context.objects.transfer(transfer, by: context.user).isNew
        } catch StorageError.uidInUse(let other) {
            throw RequestError(
                .noUIDConflict, "Another object of the calendar has that UID.",
                href: context.paths.object(other, in: transfer.destination.calendar))
        }
    }

    /// - Throws: 409 where there is no calendar to put it into, 403 where something else would be
    ///   replaced.
    private static func place(
        of resource: Resource, in context: Context
    ) throws(RequestError) -> ObjectTransfer.Place {
        let mayOverwrite = try mayOverwrite(context.request)
        // What an If field was judged by may change until it is written.
        let isJudged = context.request.fields["if"] != nil
        var condition = WriteCondition(ifNoneMatch: mayOverwrite ? nil : .any)
        switch resource {
        case .object(let object, let calendar):
            if isJudged { condition.ifMatch = .tags([object.etag]) }
            return ObjectTransfer.Place(object.name, in: calendar, if: condition)
        case .freeObject(let name, let calendar):
            guard name.utf8.count <= 255 else {
                throw RequestError(.forbidden, "A name may have 255 bytes at most.")
            }
            if isJudged { condition.ifNoneMatch = .any }
            return ObjectTransfer.Place(name, in: calendar, if: condition)
        case .nowhere, .hidden:
            throw RequestError(.conflict, "There is no calendar to put this into.")
        default:
            throw RequestError(.forbidden, "An object has its place in a calendar.")
        }
    }

    /// The Overwrite field (§10.6).
    private static func mayOverwrite(_ request: Request) throws(RequestError) -> Bool {
        switch request.fields["overwrite"] ?? "T" {
        case "T", "t": return true
        case "F", "f": return false
        default: throw RequestError(.badRequest, "Overwrite has to be T or F.")
        }
    }
}
