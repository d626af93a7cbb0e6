import ICalendar
import WebDAV

/// Which part of a calendar a feed is to hold, and in which form: what stands after `?`.
///
/// The names are those of sabre's export: `export` for a file to keep, `start` and `end` (seconds
/// since 1970, or UTC as `20260131T120000Z`), `expand=1` for single instances,
/// `componentType=VEVENT` (or `component`), `accept=jcal`; and `todos=events`.
struct FeedRequest {
    /// UTC seconds; nil for all times.
    private(set) var range: Range<Int64>?
    private(set) var isExpanded = false
    /// Upper case; nil for all.
    private(set) var component: String?
    private(set) var todos: TodoRendering
    private(set) var format: CalendarFormat
    /// Whether it is for a file that somebody keeps.
    private(set) var isExport = false
    /// Whether Nextcloud's importer asks, which finds events by the lines of their UIDs.
    let isForImporter: Bool

    /// Names that make a request one for a feed, whatever its Accept says.
    private static let names = [
        "export", "start", "end", "expand", "component", "componentType", "todos", "accept",
    ]

    private static let formats: [String: CalendarFormat] = [
        "ical": .iCalendar, "jcal": .jCal, "xcal": .xCal,
    ]

    /// Whether the query asks for a feed.
    static func isMeant(by request: Request) -> Bool {
        request.queryFields.all.contains { names.contains($0.name) }
    }

    /// - Throws: 400 for values that mean nothing.
    init(_ request: Request) throws(RequestError) {
        let agent = request.fields["user-agent"] ?? ""
        isForImporter = agent.hasPrefix("Nextcloud Webcal")
        todos = TodoRendering(userAgent: agent)
        format = CalendarFormat.preferred(in: request)
        var start: Int64?
        var end: Int64?
        for (name, value) in request.queryFields.all {
            switch name {
            case "export": isExport = true
            case "start": start = try FeedRequest.seconds(value)
            case "end": end = try FeedRequest.seconds(value)
            case "expand": isExpanded = value == "1" || value == "true"
            case "component", "componentType":
                component = value.uppercased()
                guard ComponentSet.supported.contains(value.uppercased()) else {
                    throw RequestError(.badRequest, "There is no such component.")
                }
            case "todos":
                guard let rendering = TodoRendering(rawValue: value) else {
                    throw RequestError(.badRequest, "todos has to be events or todos.")
                }
                todos = rendering
            case "accept":
                guard let named = FeedRequest.formats[value] ?? CalendarFormat(mediaType: value)
                else { throw RequestError(.badRequest, "There is no such format.") }
                format = named
            default: continue
            }
        }
        if start != nil || end != nil {
            guard start ?? .min < end ?? .max else {
                throw RequestError(.badRequest, "end has to be later than start.")
            }
            range = (start ?? .min)..<(end ?? .max)
        }
        guard !isExpanded || start != nil && end != nil else {
            throw RequestError(.badRequest, "expand needs start and end.")
        }
    }

    private static func seconds(_ text: String) throws(RequestError) -> Int64 {
        if let seconds = Int64(text) { return seconds }
        if text.hasSuffix("Z"), let civil = CivilDateTime(basic: String(text.dropLast())) {
            return Zone.utc.seconds(of: civil)
        }
        throw RequestError(.badRequest, "start and end are seconds, or as 20260131T120000Z.")
    }

    /// What to ask the store for: never less than what belongs to the feed.
    var selection: ObjectSelection {
        if let range {
            return .overlapping(TimeRangeElement.widened(range), component: component)
        }
        return component.map { .component($0) } ?? .all
    }

    /// The object as the feed shows it; nil where it has no place in it.
    func shown(
        _ content: UnsafeRawBufferPointer, floating: Zone, maxInstances: Int
    ) throws(ICalendarError) -> Component? {
        guard let range else { return try Component.parse(Array(content)) }
        let object = try CalendarObject(parsing: Array(content))
        guard object.overlaps(range, floating: floating) else { return nil }
        guard isExpanded else { return object.calendar }
        return object.expanded(range, floating: floating, limit: maxInstances)
    }

    /// Differs where the feeds differ.
    var identity: String {
        let times = range.map { "\($0.lowerBound)-\($0.upperBound)" } ?? ""
        let form = "\(format.rawValue)/\(todos.rawValue)/\(isForImporter)"
        return "\(form)/\(component ?? "")/\(times)/\(isExpanded)"
    }
}

/// What becomes of VTODOs in a feed.
///
/// They stay what they are, for a feed is also how people take a copy of a calendar. The exception
/// are fetchers that drop them: a calendar of tasks would look empty there, and they have no other
/// place to say so than their name.
enum TodoRendering: String, Sendable {
    case todos
    case events

    private static let agentsWithoutTodos = ["Nextcloud Webcal", "Google-Calendar-Importer"]

    init(userAgent: String) {
        self = Self.agentsWithoutTodos.contains(where: userAgent.hasPrefix) ? .events : .todos
    }
}
