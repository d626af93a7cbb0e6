import ICalendar
import WebDAV

/// The Content-Type of an object that a client sends.
struct ObjectMediaType {
    private(set) var format = CalendarFormat.iCalendar
    private(set) var charset = Charset.utf8

    /// What is stored: iCalendar is kept as it came where it is UTF-8, other forms are converted.
    func text(of body: [UInt8]) throws(RequestError) -> [UInt8] {
        guard format != .iCalendar else { return try charset.utf8(body) }
        var limits = ParseLimits.standard
        limits.bytes = max(body.count, 1)
        do throws(ICalendarError) {
            return try format.read(body, limits: limits).serialized()
        } catch {
            throw RequestError(.validCalendarData, "\(error)")
        }
    }

    /// Whether that is byte for byte what came.
    var isVerbatim: Bool { format == .iCalendar && charset == .utf8 }

    /// - Throws: `supported-calendar-data` for anything but iCalendar 2.0 in a form that is known
    ///   here; none at all is taken for text/calendar.
    static func read(_ headerField: String?) throws(RequestError) -> ObjectMediaType {
        var mediaType = ObjectMediaType()
        guard let headerField, !headerField.isEmpty else { return mediaType }
        let spelling = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\"")]
        let parts = headerField.lowercased().utf8.split(separator: UInt8(ascii: ";")).map { part in
            String(decoding: part.filter { !spelling.contains($0) }, as: UTF8.self)
        }
        guard let format = parts.first.flatMap(CalendarFormat.init(mediaType:)) else {
            let known = CalendarFormat.allCases.map(\.mediaType).joined(separator: ", ")
            throw RequestError(.supportedCalendarData, "An object has to be one of \(known).")
        }
        mediaType.format = format
        for parameter in parts.dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { continue }
            switch pair[0] {
            case "charset":
                guard let charset = Charset(named: pair[1]) else {
                    throw RequestError(
                        .supportedCalendarData, "The charset \(pair[1]) is not known here.")
                }
                mediaType.charset = charset
            case "version" where pair[1] != "2.0":
                throw RequestError(.supportedCalendarData, "The version has to be 2.0.")
            default: break
            }
        }
        return mediaType
    }
}
