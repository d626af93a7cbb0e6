import ICalendar
import WebDAV

/// PUT of a calendar object resource (RFC 4791 §5.3.2).
enum Put {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        let (name, calendar) = try place(of: resource)
        let isNew = isNew(resource)
        let incoming = try IncomingObject(of: context, for: calendar, isNew: isNew)
        let outcome = try store(
            incoming, name: name, in: calendar, if: context.writeCondition, isNew: isNew, context)
        if context.preferences.wantsRepresentation {
            return representation(
                outcome.isNew ? .created : .ok, incoming.text,
                component: incoming.object.kind.name, etag: outcome.etag)
        }
        return Response(
            outcome.isNew ? .created : .noContent, fields: incoming.etagField(outcome.etag))
    }

    private static func isNew(_ resource: Resource) -> Bool {
        if case .object = resource { false } else { true }
    }

    /// What made a condition fail, where that is wanted in place of the refusal (RFC 8144 §4).
    static func present(
        _ resource: Resource, after refusal: RequestError, _ context: Context
    ) -> Response? {
        guard refusal.status == .preconditionFailed, context.preferences.wantsRepresentation,
            case .object(let object, _) = resource
        else { return nil }
        return representation(
            .preconditionFailed, object.content, component: object.component, etag: object.etag)
    }

    /// An answer that saves a GET (RFC 7240 §4.2).
    private static func representation(
        _ status: Status, _ text: [UInt8], component: String, etag: String
    ) -> Response {
        Response(
            status,
            fields: [
                ("ETag", "\"\(etag)\""),
                (
                    "Content-Type",
                    "\(CalendarFormat.iCalendar.contentType); component=\(component)"
                ),
                ("Preference-Applied", "return=representation"), ("Vary", "Prefer"),
            ], body: .bytes(text))
    }

    /// - Throws: `no-uid-conflict` with the href of the other object.
    static func store(
        _ incoming: IncomingObject, name: String, in calendar: CalendarRecord,
        if condition: WriteCondition, isNew: Bool, _ context: Context
    ) throws -> PutOutcome {
        guard !calendar.isSubscribed else {
            throw RequestError(.forbidden, "The calendar is one that is kept elsewhere.")
        }
        do {
            return try context.objects.put(
                incoming.object, text: incoming.text, name: name, in: calendar, by: context.user,
                if: condition, isNew: isNew)
        } catch StorageError.uidInUse(let other) {
            throw RequestError(
                .noUIDConflict, "Another object of the calendar has that UID.",
                href: context.paths.object(other, in: calendar))
        }
    }

    private static func place(
        of resource: Resource
    ) throws(RequestError) -> (name: String, calendar: CalendarRecord) {
        switch resource {
        case .object(let object, let calendar): return (object.name, calendar)
        case .freeObject(let name, let calendar):
            guard name.utf8.count <= 255 else {
                throw RequestError(.forbidden, "A name may have 255 bytes at most.")
            }
            return (name, calendar)
        case .freeCalendar:
            throw RequestError(.forbidden, "Only calendars may be made here.")
        default: throw RequestError(.conflict, "There is no calendar to put this into.")
        }
    }
}
