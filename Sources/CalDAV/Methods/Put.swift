import ICalendar
import WebDAV

/// PUT of a calendar object resource (RFC 4791 §5.3.2).
enum Put {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        let (name, calendar) = try place(of: resource)
        let mediaType = try MediaType.ofCalendarObject(context.request.fields["content-type"])
        if case .object(let object, _) = resource, !context.writeCondition.holds(for: object.etag) {
            // Nothing to read for that; the store judges again when it writes.
            throw StorageError.preconditionFailed(etag: object.etag)
        }
        let text = try context.request.readAll(limit: context.settings.maxResourceSize) { limit in
            RequestError(.maxResourceSize, "An object may have \(limit) bytes at most.")
        }
        let incoming = try IncomingObject(
            mediaType.isLatin1 ? Latin1.utf8(text) : text, for: calendar, context.settings)
        let outcome: PutOutcome
        do {
            outcome = try context.store.put(
                incoming.object, text: incoming.text, name: name, in: calendar, by: context.user,
                if: context.writeCondition)
        } catch StorageError.uidInUse(let other) {
            throw RequestError(
                .noUIDConflict, "Another object of the calendar has that UID.",
                href: context.paths.object(other, in: calendar))
        }
        // Always: Nextcloud's federation takes no PUT without, and what is stored is what was sent.
        return Response(
            outcome.isNew ? .created : .noContent, fields: [("ETag", "\"\(outcome.etag)\"")])
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

/// The Content-Type of a PUT.
private struct MediaType {
    var isLatin1 = false

    /// - Throws: `supported-calendar-data` for anything but text/calendar 2.0; none at all is taken
    ///   for it.
    static func ofCalendarObject(_ headerField: String?) throws(RequestError) -> MediaType {
        var mediaType = MediaType()
        guard let headerField, !headerField.isEmpty else { return mediaType }
        let parts = headerField.lowercased().split(separator: ";").map { part in
            part.filter { $0 != " " && $0 != "\"" && $0 != "\t" }
        }
        guard parts.first == "text/calendar" else {
            throw RequestError(
                .supportedCalendarData, "An object has to be text/calendar.")
        }
        for parameter in parts.dropFirst() {
            switch parameter {
            case "charset=iso-8859-1", "charset=latin1", "charset=windows-1252":
                mediaType.isLatin1 = true
            case _ where parameter.hasPrefix("charset=") && !utf8Names.contains(parameter):
                throw RequestError(.supportedCalendarData, "The charset has to be UTF-8.")
            case _ where parameter.hasPrefix("version=") && parameter != "version=2.0":
                throw RequestError(.supportedCalendarData, "The version has to be 2.0.")
            default: break
            }
        }
        return mediaType
    }

    private static let utf8Names = ["charset=utf-8", "charset=utf8", "charset=us-ascii"]
}

enum Latin1 {
    static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + bytes.count / 8)
        for byte in bytes {
            if byte < 0x80 {
                text.append(byte)
            } else {
                text.append(0xC0 | byte >> 6)
                text.append(0x80 | byte & 0x3F)
            }
        }
        return text
    }
}
