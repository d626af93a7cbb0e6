import WebDAV

/// GET on a calendar collection, or on a secret address of one: all of it as one stream, for
/// subscriptions.
///
/// Made for Nextcloud's importer, which compares every event by its bytes and reads lines: equal
/// calendars give equal bytes, a UID stands on one line, and alarms (whose UIDs it takes for the
/// event's) are left out, as is fit for what others subscribe to.
enum Feed {
    /// - Parameter source: the address, where it is no secret.
    static func respond(
        with calendar: CalendarRecord, source: String?, in context: Context
    ) throws -> Response {
        let request = try FeedRequest(context.request)
        var response = Response(.ok)
        let header = FeedHeader(calendar, source: source, context.settings)
        let etag = header.etag(request)
        response.setField("ETag", "\"\(etag)\"")
        response.setField("Cache-Control", "private, no-cache")
        response.setField("Vary", "Accept, User-Agent")
        if RequestConditions.isUnchanged(etag: etag, modified: nil, context) {
            response.status = .notModified
            return response
        }
        response.setField("Content-Type", request.format.contentType)
        let disposition = request.isExport ? "attachment" : "inline"
        response.setField(
            "Content-Disposition",
            "\(disposition); filename=\"\(Href.encode(segment: calendar.uri))."
                + "\(request.format.fileExtension)\"")
        // Nobody is to find a calendar by a search.
        response.setField("X-Robots-Tag", "noindex")
        guard context.request.method != "HEAD" else { return response }
        // Asked for here, so that trouble with the database is a status and no cut-off feed: a
        // feed that looks empty would delete every event at the subscriber's.
        let objects = try context.objects.objects(
            in: calendar, request.selection, content: true)
        response.body = .stream { sink in
            var feed = FeedWriter(header, request, context, to: sink)
            try feed.write(objects)
        }
        return response
    }
}
