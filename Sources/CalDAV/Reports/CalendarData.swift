import ICalendar
import WebDAV
import XML

/// CALDAV:calendar-data of a request (RFC 4791 §9.6): which form of an object a client wants.
struct CalendarData {
    private let format: CalendarFormat
    /// Nil for all components and properties.
    private let selection: ComponentSelection?
    private let recurrence: Recurrence?
    private let freeBusySet: Range<Int64>?

    /// What is done with instances; the ranges are UTC seconds.
    private enum Recurrence {
        case expand(Range<Int64>)
        case limit(Range<Int64>)
    }

    /// What the answer depends on besides the request.
    struct Rendering {
        /// The zone of floating times and DATEs.
        let floating: Zone
        let maxInstances: Int
        let timezones: WantedTimezones
    }

    /// - Throws: `supported-calendar-data` for another media type or version, 400 for ranges that
    ///   are none.
    init(_ element: XMLElement) throws(RequestError) {
        let type = element.attribute("content-type") ?? CalendarFormat.iCalendar.mediaType
        guard let format = CalendarFormat(mediaType: type),
            (element.attribute("version") ?? "2.0") == "2.0"
        else {
            throw RequestError(
                .supportedCalendarData, "There is no calendar data of that type or version.")
        }
        self.format = format
        selection = try element.first(.caldav("comp")).map(ComponentSelection.init(comp:))
        let expand = element.first(.caldav("expand"))
        let limit = element.first(.caldav("limit-recurrence-set"))
        switch (expand, limit) {
        case (let expand?, nil): recurrence = .expand(try CalendarData.range(expand))
        case (nil, let limit?): recurrence = .limit(try CalendarData.range(limit))
        case (nil, nil): recurrence = nil
        default:
            throw RequestError(
                .badRequest, "Either expand or limit-recurrence-set can be had.")
        }
        freeBusySet = try element.first(.caldav("limit-freebusy-set")).map(CalendarData.range)
    }

    /// Both ends are required here.
    private static func range(_ element: XMLElement) throws(RequestError) -> Range<Int64> {
        let range = try TimeRangeElement.range(element, in: .elsewhere)
        guard range.lowerBound != .min, range.upperBound != .max else {
            throw RequestError(.badRequest, "\(element.name.local) has a start and an end.")
        }
        return range
    }

    private var isAsStored: Bool {
        selection == nil && recurrence == nil && freeBusySet == nil && format == .iCalendar
    }

    /// Writes the element with an object in the form asked for; one that cannot be read is written
    /// as it is.
    func write(
        _ content: UnsafeRawBufferPointer, _ rendering: Rendering, to writer: XMLWriter
    ) {
        writer.start(.caldav("calendar-data"))
        if isAsStored, case .stored = rendering.timezones {
            writer.text(content)
        } else if let object = try? CalendarObject(parsing: Array(content)) {
            if format != .iCalendar {
                writer.attribute("content-type", format.mediaType)
                writer.attribute("version", "2.0")
            }
            format.write(part(of: object, rendering)).withUnsafeBytes { writer.text($0) }
        } else {
            writer.text(content)
        }
        writer.end(.caldav("calendar-data"))
    }

    private func part(of object: CalendarObject, _ rendering: Rendering) -> Component {
        var object = object
        if let range = freeBusySet {
            object.calendar = object.limitingFreeBusySet(to: range, floating: rendering.floating)
        }
        switch recurrence {
        case .expand(let range):
            object.calendar = object.expanded(
                range, floating: rendering.floating, limit: rendering.maxInstances)
        case .limit(let range):
            object.calendar = object.limitingRecurrenceSet(
                to: range, floating: rendering.floating)
        case nil: break
        }
        rendering.timezones.apply(to: &object)
        return selection.map(object.calendar.selecting) ?? object.calendar
    }
}

extension ComponentSelection {
    /// Reads CALDAV:comp (RFC 4791 §9.6.1).
    ///
    /// One with nothing inside means all of the component, as in the RFC's own example; a VCALENDAR
    /// keeps its properties where none is named, since without VERSION it is none.
    init(comp element: XMLElement) throws(RequestError) {
        guard let name = element.attribute("name")?.uppercased(), !name.isEmpty else {
            throw RequestError(.badRequest, "CALDAV:comp has to have a name.")
        }
        let inner = element.elements
        var names: [String: Bool] = [:]
        for prop in inner where prop.name == .caldav("prop") {
            guard let property = prop.attribute("name")?.uppercased() else {
                throw RequestError(.badRequest, "CALDAV:prop has to have a name.")
            }
            names[property] = prop.attribute("novalue") != "yes"
        }
        var components: [ComponentSelection] = []
        for comp in inner where comp.name == .caldav("comp") {
            components.append(try ComponentSelection(comp: comp))
        }
        let isAll = { (wanted: String) in
            inner.isEmpty || inner.contains { $0.name == .caldav(wanted) }
        }
        let keepsProperties = isAll("allprop") || name == "VCALENDAR" && names.isEmpty
        self.init(
            name: name, properties: keepsProperties ? .all : .named(names),
            components: isAll("allcomp") ? .all : .named(components))
    }
}
