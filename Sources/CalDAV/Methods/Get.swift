import WebDAV

/// GET and HEAD (RFC 9110 §9.3.1): an object, a calendar as a feed, the root for a browser.
enum Get {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        switch resource {
        case .object(let object, _): return response(for: object, in: context)
        case .calendar(let calendar)
        where Page.isWanted(by: context.request) && !context.user.isNobody:
            return try CalendarPage.response(for: calendar, in: context)
        case .calendar(let calendar) where FeedAddresses.isMeant(by: context.request):
            return try FeedAddresses.list(of: calendar, in: context)
        case .calendar(let calendar):
            return try Feed.respond(
                with: calendar, source: context.address(of: calendar), in: context)
        case .feed(let calendar):
            return try Feed.respond(with: calendar, source: nil, in: context)
        case .root, .home: return try Welcome.response(in: context)
        default: throw RequestError(.notFound)
        }
    }

    /// The text as it was stored, byte for byte.
    private static func response(
        for object: ObjectRecord, in context: Context
    ) -> Response {
        var response = Response(.ok)
        response.setField("ETag", "\"\(object.etag)\"")
        response.setField("Last-Modified", Timestamp.httpDate(object.modified))
        if RequestConditions.isUnchanged(etag: object.etag, modified: object.modified, context) {
            response.status = .notModified
            return response
        }
        response.setField("Content-Type", mediaType(component: object.component))
        if context.request.method == "HEAD" {
            response.setField("Content-Length", String(object.size))
        } else {
            response.body = .bytes(object.content)
        }
        return response
    }

    static func mediaType(component: String) -> String {
        "text/calendar; charset=utf-8; component=\(component)"
    }
}
