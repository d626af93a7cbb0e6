package import ICalendar

/// A form that calendar data is sent and taken in: RFC 5545, RFC 7265 or RFC 6321.
package enum CalendarFormat: String, Sendable, CaseIterable {
    case iCalendar = "text/calendar"
    case jCal = "application/calendar+json"
    case xCal = "application/calendar+xml"

    /// - Parameter mediaType: type and subtype in any case, without parameters.
    package init?(mediaType: String) {
        self.init(rawValue: mediaType.lowercased())
    }

    package var mediaType: String { rawValue }

    /// What a Content-Type says of it.
    package var contentType: String { "\(rawValue); charset=utf-8" }

    /// The last part of a file's name, without the point.
    package var fileExtension: String {
        switch self {
        case .iCalendar: "ics"
        case .jCal: "json"
        case .xCal: "xml"
        }
    }

    /// A whole VCALENDAR. Only iCalendar keeps how lines were folded and numbers written; what is
    /// no property by RFC 5545 §3.1 is left out of xCal, which has no name for it.
    package func write(_ calendar: Component) -> [UInt8] {
        switch self {
        case .iCalendar: calendar.serialized()
        case .jCal: JCal.write(calendar)
        case .xCal: XCal.write(calendar)
        }
    }

    /// Reads one VCALENDAR.
    /// - Throws: `.syntax` where there is none, or more than one, `.tooLarge` beyond the limits.
    package func read(
        _ bytes: [UInt8], limits: ParseLimits = .standard
    ) throws(ICalendarError) -> Component {
        switch self {
        case .iCalendar: try Component.parse(bytes, limits: limits)
        case .jCal: try JCal.read(bytes, limits: limits)
        case .xCal: try XCal.read(bytes, limits: limits)
        }
    }
}

/// One VCALENDAR that is written as its components come: a feed, which no memory holds whole.
///
/// `begin` once, `append` for each component, `end` once; each appends to a buffer that the caller
/// sends and empties whenever it likes.
package struct CalendarStream {
    package let format: CalendarFormat
    private var isFirst = true

    package init(_ format: CalendarFormat) {
        self.format = format
    }

    /// - Parameter properties: those of the VCALENDAR.
    package mutating func begin(_ properties: [Property], to buffer: inout [UInt8]) {
        switch format {
        case .iCalendar:
            buffer += "BEGIN:VCALENDAR\r\n".utf8
            for property in properties { buffer += property.serialized }
        case .jCal: JCal.begin("VCALENDAR", properties, to: &buffer)
        case .xCal: XCal.beginDocument(properties, to: &buffer)
        }
    }

    package mutating func append(_ component: Component, to buffer: inout [UInt8]) {
        switch format {
        case .iCalendar:
            // One of an object that was read has its line endings; in a new one it takes CRLF.
            let whole = Component(name: "VCALENDAR", properties: [], components: [component])
            let head = "BEGIN:VCALENDAR\r\n".utf8.count
            buffer += whole.serialized().dropFirst(head).dropLast("END:VCALENDAR\r\n".utf8.count)
        case .jCal: JCal.append(component, isFirst: isFirst, to: &buffer)
        case .xCal:
            if isFirst { XCal.beginComponents(to: &buffer) }
            XCal.append(component, to: &buffer)
        }
        isFirst = false
    }

    package mutating func end(to buffer: inout [UInt8]) {
        switch format {
        case .iCalendar: buffer += "END:VCALENDAR\r\n".utf8
        case .jCal: JCal.end(to: &buffer)
        case .xCal:
            if !isFirst { XCal.endComponents(to: &buffer) }
            XCal.endDocument(to: &buffer)
        }
    }
}
