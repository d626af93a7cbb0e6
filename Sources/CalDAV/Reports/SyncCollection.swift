import WebDAV
import XML

/// REPORT sync-collection (RFC 6578 §3).
///
/// The Depth field is ignored and a missing sync-level means 1: Nextcloud's federation sends
/// neither.
enum SyncCollection {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        guard case .calendar(let calendar) = resource else {
            throw RequestError(.supportedReport)
        }
        let request = try ObjectRequest(root)
        let since = try revision(of: root, calendar)
        let limit = try limit(of: root)
        // One more than may be answered tells whether something is left.
        let changes = try context.store.changes(
            in: calendar, after: since, limit: limit.flatMap { fetchLimit($0, since, calendar) },
            content: request.calendarData != nil)
        return context.multistatus { multistatus in
            let report = ObjectReport(request, calendar, context, to: multistatus)
            var last = since ?? 0
            var count = 0
            var isCut = false
            while let row = try changes.next() {
                if let limit, count >= limit, last >= calendar.floor {
                    isCut = true
                    break
                }
                if row.isRemoved {
                    try report.writeRemoved(row.name)
                } else {
                    try report.write(row)
                }
                last = max(last, row.revision)
                count += 1
            }
            if isCut {
                multistatus.response(
                    context.paths.calendar(calendar), .insufficientStorage,
                    error: RequestError(.numberOfMatchesWithinLimits))
            }
            let revision = isCut ? last : max(last, calendar.revision)
            multistatus.writer.element(
                .dav("sync-token"), SyncToken(revision: revision).text)
        }
    }

    /// The revision a client has seen; nil where it has seen nothing.
    /// - Throws: `valid-sync-token` for one that is not ours, or older than what is remembered.
    private static func revision(
        of root: XMLElement, _ calendar: CalendarRecord
    ) throws(RequestError) -> Int64? {
        let text = root.first(.dav("sync-token"))?.trimmedText ?? ""
        if text.isEmpty { return nil }
        guard let token = SyncToken(text) else { throw invalidToken }
        if token.revision == 0 { return nil }
        guard calendar.knows(Int64(token.revision)) else { throw invalidToken }
        return token.revision
    }

    private static var invalidToken: RequestError {
        RequestError(.validSyncToken, "The token is not, or no longer, valid: start anew.")
    }

    /// RFC 6578 §3.7.
    private static func limit(of root: XMLElement) throws(RequestError) -> Int? {
        guard let limit = root.first(.dav("limit")) else { return nil }
        guard let text = limit.first(.dav("nresults"))?.trimmedText, let number = Int(text),
            number > 0
        else { throw RequestError(.badRequest, "DAV:nresults has to be a number above 0.") }
        return min(number, 1_000_000)
    }

    /// How many rows to ask the store for; nil for all.
    ///
    /// The token of a part has to be one that is valid later: not below the calendar's floor. Of a
    /// first list, what is older than the floor is therefore answered in one piece.
    private static func fetchLimit(
        _ limit: Int, _ since: Int64?, _ calendar: CalendarRecord
    ) -> Int? {
        since == nil && calendar.floor > 1 ? nil : limit + 1
    }
}
