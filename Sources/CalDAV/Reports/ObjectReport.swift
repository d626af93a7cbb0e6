import ICalendar
import WebDAV
import XML

/// What a report says of each object: its properties, and its text where that is asked for.
final class ObjectReport {
    private let properties: PropertyWriter
    private let calendarData: CalendarData?
    private let rendering: CalendarData.Rendering
    private let member: Subject
    private let prefix: [UInt8]
    private let writer: XMLWriter

    /// - Parameters:
    ///   - request: of the report.
    ///   - floating: the zone of floating times; nil for the calendar's own.
    init(
        _ request: ObjectRequest, _ calendar: CalendarRecord, _ context: Context,
        floating: Zone? = nil, to multistatus: Multistatus
    ) {
        properties = PropertyWriter(request.selection, context, to: multistatus)
        calendarData = request.calendarData
        rendering = CalendarData.Rendering(
            floating: floating ?? Zone.named(calendar.timeZone) ?? .utc,
            maxInstances: context.settings.maxInstances,
            timezones: WantedTimezones(context.request.fields))
        member = Subject(context, .object, href: "", calendar: calendar)
        prefix = Array(context.paths.calendar(calendar).utf8)
        writer = multistatus.writer
    }

    /// - Parameter href: as the client spelled it; nil for our own.
    func write(_ row: ObjectRow, href: String? = nil) throws {
        member.row = row
        try properties.writeObject(
            member,
            href: { buffer in
                if var href {
                    href.withUTF8 {
                        XMLEscaping.append(
                            UnsafeRawBufferPointer($0), to: &buffer, inAttribute: false)
                    }
                } else {
                    buffer.append(contentsOf: prefix)
                    Href.append(segment: row.name, to: &buffer)
                }
            },
            hasExtra: calendarData != nil,
            extra: { calendarData?.write(row.content, rendering, to: writer) })
        member.row = nil
        try writer.flushIfLarge()
    }

    /// An object that is not there, or no longer (RFC 6578 §3.5.2).
    func writeRemoved(_ name: UnsafeRawBufferPointer) throws {
        writer.element(.dav("response")) {
            writer.start(.dav("href"))
            writer.raw { buffer in
                buffer.append(contentsOf: prefix)
                Href.append(segment: name, to: &buffer)
            }
            writer.end(.dav("href"))
            writer.element(.dav("status"), Multistatus.line(.notFound))
        }
        try writer.flushIfLarge()
    }
}

/// What a report asks of each object.
struct ObjectRequest {
    let selection: PropertySelection
    /// Nil where the text is not asked for.
    let calendarData: CalendarData?

    /// Reads prop, allprop or propname of a report; none of them means the ETag.
    init(_ root: XMLElement) throws(RequestError) {
        let name = XMLName.caldav("calendar-data")
        let selection = try PropertySelection(inside: root)
        switch selection {
        case .some(let names)?: self.selection = .some(names.filter { $0 != name })
        case .all(let names)?: self.selection = .all(including: names.filter { $0 != name })
        case .names?: self.selection = .names
        case nil: self.selection = .some([.dav("getetag")])
        }
        let parents = [root.first(.dav("prop")), root.first(.dav("include"))]
        let element = parents.lazy.compactMap { $0?.first(name) }.first
        if let element {
            calendarData = try CalendarData(element)
        } else {
            calendarData = nil
        }
    }
}
