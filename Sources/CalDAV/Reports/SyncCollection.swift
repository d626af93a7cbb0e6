import WebDAV
import XML

/// REPORT sync-collection (RFC 6578 §3) on a calendar, whose members have no members; that on a home
/// is `HomeSync`.
enum SyncCollection {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let sync = try SyncRequest(root)
        let request = try ObjectRequest(root)
        switch resource {
        case .calendar(let calendar): return try respond(to: sync, request, calendar, context)
        case .home(let person): return try HomeSync.respond(to: sync, request, person, context)
        case .place: return try respond(toEmpty: sync, context)
        default: throw RequestError(.supportedReport)
        }
    }

    /// Of a collection that never has a member.
    private static func respond(toEmpty sync: SyncRequest, _ context: Context) throws -> Response {
        let token = SyncToken(revision: 1).text
        guard sync.token == nil || sync.token == token else { throw SyncRequest.invalidToken }
        return context.multistatus { $0.writer.element(.dav("sync-token"), token) }
    }

    private static func respond(
        to sync: SyncRequest, _ request: ObjectRequest, _ calendar: CalendarRecord,
        _ context: Context
    ) throws -> Response {
        let since = try revision(of: sync, calendar, context)
        let limit = sync.limit
        // One more than may be answered tells whether something is left.
        let changes = try context.objects.changes(
            in: calendar, after: since, limit: calendar.fetchLimit(limit, after: since),
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
            if isCut { multistatus.truncated(at: context.paths.calendar(calendar)) }
            let revision = isCut ? last : max(last, calendar.revision)
            multistatus.writer.element(
                .dav("sync-token"), SyncToken(revision: revision).text)
        }
    }

    /// The revision a client has seen; nil where it has seen nothing.
    /// - Throws: `valid-sync-token` for one that is not ours, or older than what is remembered.
    private static func revision(
        of sync: SyncRequest, _ calendar: CalendarRecord, _ context: Context
    ) throws(RequestError) -> Int64? {
        guard let text = sync.token else { return nil }
        guard let token = SyncToken(text), calendar.knows(token.revision) else {
            // Nextcloud's federation has no way to begin anew: it would come with the same token for ever.
            // Everything there is and all that is known to be gone makes it whole again.
            if context.user.guest != nil { return 0 }
            throw SyncRequest.invalidToken
        }
        return token.revision
    }
}

extension CalendarRecord {
    /// How many rows to ask the store for; nil for all.
    ///
    /// The token of a part has to be one that is valid later: not below the calendar's floor. Of a
    /// first list, what is older than the floor is therefore answered in one piece.
    func fetchLimit(_ limit: Int?, after revision: Int64?) -> Int? {
        guard let limit else { return nil }
        return revision == nil && floor > 1 ? nil : limit + 1
    }
}
