import WebDAV

/// GET on a calendar collection: all of it as one iCalendar stream, for subscriptions.
enum Feed {
    static func respond(with calendar: CalendarRecord, in context: Context) throws -> Response {
        throw RequestError(.notFound)
    }
}
