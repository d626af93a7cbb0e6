import ICalendar
import WebDAV
import XML

/// REPORT calendar-query (RFC 4791 §7.8), on an object, a calendar, or with Depth infinity on a home.
///
/// The store gives what may match, by component and indexed span; what it gives is parsed only
/// where the filter says more than that.
enum CalendarQuery {
    /// A calendar itself is no object, so Depth 0 finds nothing in it; Windows' calendar means 1 by it.
    /// A missing field means 1 too, not the 0 of RFC 4791 §7.8: Apple's CalDAVTester and scripts that
    /// were written for servers that ignore the field leave it out.
    static let depth = DepthRule.members(absent: .one, meant: [("MSFT", .one)])

    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let query = try Query(root)
        let depth = try depth.depth(of: context.request)
        var selection = query.selection
        var calendars: [CalendarRecord]
        var isExact = query.isDecidedByStore
        switch resource {
        case .calendar(let found): calendars = depth == .zero ? [] : [found]
        case .object(let object, let found):
            calendars = [found]
            selection = .names([object.name])
            isExact = false
        case .home(let person):
            // Calendars alone are members of a home, so Depth 1 finds no objects.
            calendars =
                depth == .infinity ? try context.calendars(ofHomeOf: person, with: .read) : []
        default: throw RequestError(.supportedReport)
        }
        if calendars.isEmpty { return context.multistatus { _ in } }
        calendars.sort { $0.id < $1.id }
        let objects = try context.objects.listing(
            calendars, selection, content: query.request.calendarData != nil || !isExact)
        let href = resource.href(context.paths) ?? ""
        return context.multistatus { multistatus in
            var shown: Shown?
            var count = 0
            while let row = try objects.next() {
                if shown.map({ row.isIn($0.calendar) }) != true {
                    shown = row.calendar(of: calendars).map {
                        Shown($0, query, context, to: multistatus)
                    }
                }
                guard let shown, isExact || shown.matches(row, query) else { continue }
                if let limit = query.limit, count >= limit {
                    multistatus.truncated(at: href)
                    return
                }
                count += 1
                try shown.report.write(row)
            }
        }
    }

    /// A calendar whose objects are gone through.
    private struct Shown {
        let calendar: CalendarRecord
        let floating: Zone
        let report: ObjectReport
        let log: (ServerEvent) -> Void

        init(
            _ calendar: CalendarRecord, _ query: Query, _ context: Context,
            to multistatus: Multistatus
        ) {
            self.calendar = calendar
            floating = query.floating ?? Zone.named(calendar.timeZone) ?? .utc
            report = ObjectReport(
                query.request, calendar, context, floating: floating, to: multistatus)
            log = context.log
        }

        /// One unreadable object never fails a report; it is left out and logged.
        func matches(_ row: ObjectRow, _ query: Query) -> Bool {
            if let range = query.onlyRange, let instance = row.soleInstance {
                return instance.overlaps(range)
            }
            do {
                let object = try CalendarObject(parsing: Array(row.content))
                return FilteredObject(object: object, floating: floating).matches(query.filter)
            } catch {
                log(
                    .unreadableObject(
                        calendar: calendar.id, name: String(decoding: row.name, as: UTF8.self),
                        reason: "\(error)"))
                return false
            }
        }
    }
}

/// CALDAV:calendar-query, read.
private struct Query {
    let request: ObjectRequest
    let filter: CompFilter
    /// Zone of floating times that the query brings; nil for the calendar's own.
    let floating: Zone?
    /// The most objects to answer; nil for all.
    let limit: Int?

    init(_ root: XMLElement) throws(RequestError) {
        request = try ObjectRequest(root)
        let filters = root.all(.caldav("filter"))
        guard filters.count == 1 else {
            throw RequestError(.validFilter, "A query has one filter.")
        }
        filter = try CompFilter(filter: filters[0])
        floating = try TimezoneElement.zone(of: root)
        limit = try ResultLimit.read(root)
    }

    /// What to ask the store for: never less than what matches.
    var selection: ObjectSelection {
        // Of several that are alternatives none decides.
        let isOneOfSeveral =
            filter.isAnyOf && filter.compFilters.count + filter.propFilters.count > 1
        let inner = filter.compFilters.first { filter in
            !filter.isNotDefined && filter.name != "VTIMEZONE"
        }
        guard let inner, !isOneOfSeveral else { return .all }
        if let range = inner.timeRange {
            return .overlapping(TimeRangeElement.widened(range), component: inner.name)
        }
        return .component(inner.name)
    }

    /// Whether the store's selection is the answer.
    var isDecidedByStore: Bool {
        guard isOnlyComponents else { return false }
        return filter.compFilters.first?.timeRange == nil
    }

    /// The range, where an event only has to be in it.
    var onlyRange: Range<Int64>? {
        guard isOnlyComponents, let inner = filter.compFilters.first, inner.name == "VEVENT"
        else { return nil }
        return inner.timeRange
    }

    /// Whether nothing is asked of an object but its component's kind and time.
    private var isOnlyComponents: Bool {
        guard filter.timeRange == nil, filter.propFilters.isEmpty, !filter.isNotDefined else {
            return false
        }
        guard let inner = filter.compFilters.first else { return true }
        return filter.compFilters.count == 1 && !inner.isNotDefined && inner.name != "VTIMEZONE"
            && inner.propFilters.isEmpty && inner.compFilters.isEmpty
    }
}
