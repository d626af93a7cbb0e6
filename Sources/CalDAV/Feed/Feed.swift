import ICalendar
import WebDAV

/// GET on a calendar collection: all of it as one iCalendar stream, for subscriptions.
///
/// Made for Nextcloud's importer, which compares every event by its bytes and reads lines: equal
/// calendars give equal bytes, a UID stands on one line, and alarms (whose UIDs it takes for the
/// event's) are left out, as is fit for what others subscribe to.
enum Feed {
    static func respond(with calendar: CalendarRecord, in context: Context) throws -> Response {
        let todos = try TodoRendering(context.request)
        var response = Response(.ok)
        let etag = FeedHeader.etag(of: calendar, todos, context.settings)
        response.setField("ETag", "\"\(etag)\"")
        response.setField("Cache-Control", "private, no-cache")
        response.setField("Vary", "Accept, User-Agent")
        if try Get.isUnchanged(etag, context) {
            response.status = .notModified
            return response
        }
        response.setField("Content-Type", "text/calendar; charset=utf-8")
        response.setField(
            "Content-Disposition",
            "inline; filename=\"\(Href.encode(segment: calendar.uri)).ics\"")
        guard context.request.method != "HEAD" else { return response }
        // Asked for here, so that trouble with the database is a status and no cut-off feed: a
        // feed that looks empty would delete every event at the subscriber's.
        let objects = try context.store.objects(in: calendar, .all, content: true)
        response.body = .stream { sink in
            var feed = FeedWriter(calendar, todos, context, to: sink)
            try feed.write(objects)
        }
        return response
    }
}

/// What becomes of VTODOs in a feed.
enum TodoRendering: String, Sendable {
    case todos
    case events

    /// `?todos=events` or `?todos=todos`.
    ///
    /// Without it they stay what they are, for a feed is also how people take a copy of a calendar.
    /// The exception is Nextcloud's own fetcher, which drops to-dos: a calendar of tasks would look
    /// empty there, and it has no other place to say so than its name.
    /// - Throws: 400 for another value.
    init(_ request: Request) throws(RequestError) {
        for part in (request.query ?? "").split(separator: "&") where part.hasPrefix("todos=") {
            guard let rendering = TodoRendering(rawValue: String(part.dropFirst(6))) else {
                throw RequestError(.badRequest, "todos has to be events or todos.")
            }
            self = rendering
            return
        }
        let agent = request.fields["user-agent"] ?? ""
        self = agent.hasPrefix("Nextcloud Webcal") ? .events : .todos
    }
}
