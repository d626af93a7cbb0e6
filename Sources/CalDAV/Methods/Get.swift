import WebDAV

/// GET and HEAD (RFC 9110 §9.3.1): an object, a calendar as a feed, the root for a browser.
enum Get {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        switch resource {
        case .object(let object, _): return try response(for: object, in: context)
        case .calendar(let calendar)
        where Welcome.isWanted(by: context.request) && !context.user.isNobody:
            return Welcome.response(calendar, in: context)
        case .calendar(let calendar): return try Feed.respond(with: calendar, in: context)
        case .root: return Welcome.response(in: context)
        default: throw RequestError(.notFound)
        }
    }

    /// The text as it was stored, byte for byte.
    private static func response(
        for object: ObjectRecord, in context: Context
    ) throws(RequestError) -> Response {
        var response = Response(.ok)
        response.setField("ETag", "\"\(object.etag)\"")
        response.setField("Last-Modified", Timestamp.httpDate(object.modified))
        if try isUnchanged(object.etag, context) {
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

    /// Whether 304 is the answer (RFC 9110 §13.2.2).
    /// - Throws: 412 for an If-Match that does not hold.
    static func isUnchanged(_ etag: String, _ context: Context) throws(RequestError) -> Bool {
        let condition = context.writeCondition
        if let ifMatch = condition.ifMatch, !ifMatch.matches(etag) {
            throw RequestError(.preconditionFailed, "The resource has changed.")
        }
        return condition.ifNoneMatch?.matches(etag) ?? false
    }
}
