import ICalendar
import WebDAV

/// Writes the objects of a calendar into one VCALENDAR, as they come from the store.
struct FeedWriter {
    private let header: FeedHeader
    private let request: FeedRequest
    private let floating: Zone
    private let context: Context
    private let sink: any BodySink
    private var stream: CalendarStream
    private var buffer: [UInt8] = []
    /// TZIDs that are defined already.
    private var zones: Set<String> = []
    private var keys = ImporterKeys()
    private var unreadable = 0
    private var readable = 0
    /// Nil where each object has to be read.
    private let lines: FeedLines?

    init(
        _ header: FeedHeader, _ request: FeedRequest, _ context: Context,
        to sink: any BodySink
    ) {
        self.header = header
        self.request = request
        floating = Zone.named(header.calendar.timeZone) ?? .utc
        self.context = context
        self.sink = sink
        stream = CalendarStream(request.format)
        let isPlain = request.range == nil && request.format == .iCalendar && !request.isForImporter
        lines = isPlain ? FeedLines(takesTodos: request.todos == .todos) : nil
    }

    /// - Throws: where not one of the objects can be read: what looks like an empty calendar would
    ///   delete every event at the subscriber's.
    mutating func write(_ objects: any ObjectCursor) throws {
        stream.begin(header.properties, to: &buffer)
        while let row = try objects.next() {
            append(row)
            if buffer.count >= 32 * 1024 { try flush() }
        }
        guard unreadable == 0 || readable > 0 else {
            throw RequestError(.internalServerError, "The calendar cannot be read.")
        }
        stream.end(to: &buffer)
        try flush()
    }

    private mutating func flush() throws {
        try buffer.withUnsafeBytes { try sink.write($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// One unreadable object never fails a feed; it is left out and logged.
    private mutating func append(_ row: ObjectRow) {
        if lines?.append(row.content, to: &buffer, isDefined: zones.contains) == true {
            readable += 1
            return
        }
        do {
            let object = try request.shown(
                row.content, floating: floating, maxInstances: context.settings.maxInstances)
            readable += 1
            guard let object else { return }
            for component in object.components where component.name != "VTIMEZONE" {
                guard var member = FeedMember(component, request.todos) else { continue }
                if request.isForImporter { member.uid = keys.uid(for: member.uid) }
                defineZones(of: member, from: object)
                append(member.component)
            }
        } catch {
            unreadable += 1
            context.log(
                .unreadableObject(
                    calendar: header.calendar.id, name: String(decoding: row.name, as: UTF8.self),
                    reason: "\(error)"))
        }
    }

    /// Each zone once, before it is used first.
    ///
    /// An object's definition may say no more than what the object needs, so a zone that has a name
    /// everywhere is defined by us, for all years; the object's own counts for any other.
    private mutating func defineZones(of member: FeedMember, from object: Component) {
        for tzid in member.zones where !zones.contains(tzid) {
            let known = Zone.named(tzid)
            let own = object.components(named: "VTIMEZONE").first {
                $0.first("TZID")?.text == tzid
            }
            let isCommon = known?.name.map { tzid == $0 || tzid.hasSuffix("/" + $0) } ?? false
            let definition = known?.definition(tzid: tzid)
            guard let zone = isCommon ? definition : own ?? definition else { continue }
            zones.insert(tzid)
            append(zone)
        }
    }

    /// Appends a component in the feed's own line form.
    private mutating func append(_ component: Component) {
        guard request.format == .iCalendar else { return stream.append(component, to: &buffer) }
        var lines: [UInt8] = []
        stream.append(component, to: &lines)
        FeedMember.append(lines[...], unfoldingUIDsTo: &buffer)
    }
}

extension Zone {
    /// A VTIMEZONE of fixed bytes: of the years that calendars are about.
    func definition(tzid: String) -> Component {
        // 1970 to 2037.
        vtimezone(tzid: tzid, from: 0, through: 2_145_916_800)
    }
}

/// A component of an object as it stands in a feed.
struct FeedMember {
    private(set) var component: Component

    var uid: String {
        get { component.first("UID")?.text ?? "" }
        set {
            guard newValue != uid else { return }
            component.set(Property("UID", text: newValue))
        }
    }

    /// Nil for what has no place in it.
    init?(_ component: Component, _ todos: TodoRendering) {
        var member = component
        if component.name == "VTODO", todos == .events {
            guard let event = TodoAsEvent.event(of: component) else { return nil }
            member = event
        }
        guard let uid = member.first("UID") else { return nil }
        // Without parameters: readers of lines look for `UID:`.
        if !uid.parameters.isEmpty { member.set(Property("UID", raw: uid.rawValue)) }
        member.components.removeAll { $0.name == "VALARM" }
        self.component = member
    }

    /// TZIDs in the order they are used.
    var zones: [String] {
        var zones: [String] = []
        for property in component.properties where FeedMember.isTime(property) {
            if let tzid = property.parameter("TZID"), !zones.contains(tzid) { zones.append(tzid) }
        }
        return zones
    }

    private static func isTime(_ property: Property) -> Bool {
        ["DTSTART", "DTEND", "DUE", "RDATE", "EXDATE", "RECURRENCE-ID"].contains {
            property.isNamed($0)
        }
    }

    /// Appends lines; those of UIDs are joined again where they were folded, since readers of lines
    /// take the first part for all of it.
    static func append(_ lines: ArraySlice<UInt8>, unfoldingUIDsTo buffer: inout [UInt8]) {
        var isUID = false
        var rest = lines
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[rest.startIndex...end]
            rest = rest[(end + 1)...]
            if line.first == UInt8(ascii: " "), isUID {
                buffer.removeLast(2)
                buffer += line.dropFirst()
            } else {
                isUID = line.starts(with: "UID:".utf8)
                buffer += line
            }
        }
        buffer += rest
    }
}
