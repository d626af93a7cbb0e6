import ICalendar
import WebDAV
import XML

/// REPORT calendar-query (RFC 4791 §7.8).
///
/// The store gives what may match, by component and indexed span; what it gives is parsed only
/// where the filter says more than that.
enum CalendarQuery {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let query = try Query(root)
        let calendar: CalendarRecord
        var selection = query.selection
        switch resource {
        case .calendar(let found): calendar = found
        case .object(let object, let found):
            calendar = found
            selection = .names([object.name])
        default: throw RequestError(.supportedReport)
        }
        let isCalendar = if case .calendar = resource { true } else { false }
        if isCalendar, try Self.isDepthZero(context) { return context.multistatus { _ in } }
        let isExact = isCalendar && query.isDecidedByStore
        let objects = try context.store.objects(
            in: calendar, selection, content: query.request.calendarData != nil || !isExact)
        let floating = query.floating ?? Zone.named(calendar.timeZone) ?? .utc
        return context.multistatus { multistatus in
            let report = ObjectReport(
                query.request, calendar, context, floating: floating, to: multistatus)
            while let row = try objects.next() {
                if !isExact, !matches(row, query, floating, calendar, context) { continue }
                try report.write(row)
            }
        }
    }

    /// The collection itself is no object, so Depth 0 finds nothing; Windows' calendar means 1 by
    /// it, and so does who leaves it out.
    private static func isDepthZero(_ context: Context) throws(RequestError) -> Bool {
        guard try context.request.depth(absent: .one) == .zero else { return false }
        return context.request.fields["user-agent"]?.hasPrefix("MSFT") != true
    }

    /// One unreadable object never fails a report; it is left out and logged.
    private static func matches(
        _ row: ObjectRow, _ query: Query, _ floating: Zone, _ calendar: CalendarRecord,
        _ context: Context
    ) -> Bool {
        do {
            let object = try CalendarObject(parsing: Array(row.content))
            return FilteredObject(object: object, floating: floating).matches(query.filter)
        } catch {
            context.log(
                .unreadableObject(
                    calendar: calendar.id, name: String(decoding: row.name, as: UTF8.self),
                    reason: "\(error)"))
            return false
        }
    }
}

/// CALDAV:calendar-query, read.
private struct Query {
    let request: ObjectRequest
    let filter: CompFilter
    /// Zone of floating times that the query brings; nil for the calendar's own.
    let floating: Zone?

    init(_ root: XMLElement) throws(RequestError) {
        request = try ObjectRequest(root)
        let filters = root.all(.caldav("filter"))
        guard filters.count == 1 else {
            throw RequestError(.validFilter, "A query has one filter.")
        }
        filter = try CompFilter(filter: filters[0])
        floating = try Query.zone(of: root)
    }

    /// CALDAV:timezone (RFC 4791 §9.8) or timezone-id (RFC 7809 §4.1).
    private static func zone(of root: XMLElement) throws(RequestError) -> Zone? {
        if let id = root.first(.caldav("timezone-id"))?.trimmedText {
            guard let zone = Zone.named(id) else {
                throw RequestError(.validTimezone, "There is no time zone \"\(id)\".")
            }
            return zone
        }
        guard let text = root.first(.caldav("timezone"))?.trimmedText else { return nil }
        guard let calendar = try? Component.parse(Array(text.utf8)),
            let definition = calendar.components(named: "VTIMEZONE").first
        else { throw RequestError(.validCalendarData, "The time zone cannot be read.") }
        let known = definition.first("TZID").flatMap { Zone.named($0.text) }
        guard let zone = known ?? Zone(vtimezone: definition) else {
            throw RequestError(.validCalendarData, "The time zone cannot be read.")
        }
        return zone
    }

    /// What to ask the store for: never less than what matches.
    var selection: ObjectSelection {
        let inner = filter.compFilters.first { filter in
            !filter.isNotDefined && filter.name != "VTIMEZONE"
        }
        guard let inner else { return .all }
        if let range = inner.timeRange {
            return .overlapping(TimeRangeElement.widened(range), component: inner.name)
        }
        return .component(inner.name)
    }

    /// Whether the store's selection is the answer.
    var isDecidedByStore: Bool {
        guard filter.timeRange == nil, filter.propFilters.isEmpty, !filter.isNotDefined else {
            return false
        }
        guard let inner = filter.compFilters.first else { return true }
        return filter.compFilters.count == 1 && !inner.isNotDefined && inner.name != "VTIMEZONE"
            && inner.timeRange == nil && inner.propFilters.isEmpty && inner.compFilters.isEmpty
    }
}
