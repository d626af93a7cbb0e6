import WebDAV
import XML

/// REPORT sync-collection on a home (RFC 6578 §3): its collections, and at level `infinite` the
/// objects in them.
///
/// A calendar is reported as changed after any change in it: its feed is a representation with an
/// ETag, which then is another (§3.5.1).
enum HomeSync {
    static func respond(
        to sync: SyncRequest, _ request: ObjectRequest, _ person: Person, _ context: Context
    ) throws -> Response {
        let owner = person.user.name
        let calendars = try context.calendars(ofHomeOf: person, with: .read)
        var known: HomeToken?
        if let text = sync.token {
            known = try context.homeToken(text, person)
            guard known != nil else { throw SyncRequest.invalidToken }
        }
        let asked = AskedProperties(request.selection)
        let plan = try HomeSyncPlan(
            sync, after: known, HomeMember.all(calendars, in: person))
        let stored =
            !plan.changed.isEmpty && asked.mayNeedStored
                && calendars.contains(where: \.mayHaveStored)
            ? try context.properties.storedProperties(
                ofCalendarsOf: owner, viewer: context.user.name) : []
        let changes =
            plan.spans.isEmpty
            ? nil
            : try context.objects.changes(
                in: plan.spans.map(\.span), content: request.calendarData != nil)
        return context.multistatus { multistatus in
            let properties = PropertyWriter(asked, context, to: multistatus)
            let home = context.paths.home(owner)
            for uri in plan.gone {
                multistatus.response(home + Href.encode(segment: uri) + "/", .notFound)
            }
            let inHome = StoredInHome(owner, context)
            for member in plan.changed {
                switch member.content {
                case .calendar(let calendar):
                    try properties.write(
                        Subject(
                            context, .calendar, href: context.paths.calendar(calendar),
                            calendar: calendar, stored: { stored.elements(of: calendar) }))
                case .place(let place):
                    try properties.write(.place(place, of: person, context, stored: inHome))
                }
                try multistatus.writer.flushIfLarge()
            }
            var objects = ObjectsOfHome(plan, request, context)
            if let changes { try objects.write(changes, to: multistatus) }
            if objects.isCut { multistatus.truncated(at: home) }
            multistatus.writer.element(
                .dav("sync-token"), try context.text(of: objects.token, person))
        }
    }
}

/// The objects of an infinite report, calendar by calendar.
private struct ObjectsOfHome {
    private let plan: HomeSyncPlan
    private let request: ObjectRequest
    private let context: Context
    private(set) var isCut: Bool
    private(set) var token: HomeToken

    init(_ plan: HomeSyncPlan, _ request: ObjectRequest, _ context: Context) {
        self.plan = plan
        self.request = request
        self.context = context
        isCut = plan.isCut
        token = plan.token
    }

    mutating func write(_ changes: any ObjectCursor, to multistatus: Multistatus) throws {
        var rest = plan.spans[...]
        var report: ObjectReport?
        var count = plan.count
        var last: Int64 = 0
        while let row = try changes.next() {
            while let span = rest.first, span.span.calendar != row.calendar {
                finish(span, last)
                rest.removeFirst()
                (report, last) = (nil, 0)
            }
            guard let span = rest.first else { break }
            if let limit = plan.limit, count >= limit, span.mayEnd(after: last) {
                isCut = true
                token.entries[span.entry].known = max(token.entries[span.entry].known, last)
                break
            }
            let writing =
                report ?? ObjectReport(request, span.shownIn, context, to: multistatus)
            report = writing
            if row.isRemoved {
                try writing.writeRemoved(row.name)
            } else {
                try writing.write(row)
            }
            last = max(last, row.revision)
            count += 1
        }
        for span in rest where !isCut {
            finish(span, last)
            last = 0
        }
        // What stood for calendars that others have replaced is done with.
        token.entries.removeAll { $0.known == .max }
    }

    private mutating func finish(_ span: HomeSyncPlan.Span, _ last: Int64) {
        token.entries[span.entry].known =
            span.isOfReplaced ? .max : max(last, span.shownIn.revision)
    }
}
