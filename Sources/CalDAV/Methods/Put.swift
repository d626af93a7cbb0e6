import WebDAV

/// PUT of a calendar object resource (RFC 4791 §5.3.2).
enum Put {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        let (name, calendar) = try place(of: resource)
        let incoming = try IncomingObject(of: context, for: calendar, isNew: isNew(resource))
        let outcome = try store(
            incoming, name: name, in: calendar, if: context.writeCondition, context)
        return Response(
            outcome.isNew ? .created : .noContent, fields: incoming.etagField(outcome.etag))
    }

    private static func isNew(_ resource: Resource) -> Bool {
        if case .object = resource { false } else { true }
    }

    /// - Throws: `no-uid-conflict` with the href of the other object.
    static func store(
        _ incoming: IncomingObject, name: String, in calendar: CalendarRecord,
        if condition: WriteCondition, _ context: Context
    ) throws -> PutOutcome {
        guard !calendar.isSubscribed else {
            throw RequestError(.forbidden, "The calendar is one that is kept elsewhere.")
        }
        do {
            return try context.store.put(
                incoming.object, text: incoming.text, name: name, in: calendar, by: context.user,
                if: condition)
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
