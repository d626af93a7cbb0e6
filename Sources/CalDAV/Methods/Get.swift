import ICalendar
import WebDAV

/// GET and HEAD (RFC 9110 §9.3.1): an object, a calendar as a feed.
enum Get {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        switch resource {
        case .object(let object, _): return try response(for: object, in: context)
        case .calendar(let calendar):
            return try Feed.respond(
                with: calendar, source: context.address(of: calendar), in: context)
        case .root, .home:
            // There are no pages here, or it would be one.
            return Response(
                .ok, fields: [("Content-Type", "text/plain; charset=utf-8")],
                body: context.request.method == "HEAD"
                    ? .empty : .bytes(Array("This address is for calendar programs.\n".utf8)))
        default: throw RequestError(.notFound)
        }
    }

    /// The text as it was stored, byte for byte, or converted to the form that Accept asks for.
    private static func response(
        for object: ObjectRecord, in context: Context
    ) throws -> Response {
        let format = CalendarFormat.preferred(in: context.request)
        let etag = format.etag(of: object.etag)
        var response = Response(.ok)
        response.setField("ETag", "\"\(etag)\"")
        response.setField("Last-Modified", Timestamp.httpDate(object.modified))
        response.setField("Vary", "Accept")
        if RequestConditions.isUnchanged(etag: etag, modified: object.modified, context) {
            response.status = .notModified
            return response
        }
        response.setField(
            "Content-Type", "\(format.contentType); component=\(object.component)")
        if format != .iCalendar {
            if context.request.method != "HEAD" {
                let calendar = try Component.parse(object.content)
                response.body = .bytes(format.write(calendar))
            }
        } else if context.request.method == "HEAD" {
            response.setField("Content-Length", String(object.size))
        } else {
            let timezones = WantedTimezones(context.request.fields)
            response.body = .bytes(timezones.text(of: object.content))
        }
        return response
    }
}
