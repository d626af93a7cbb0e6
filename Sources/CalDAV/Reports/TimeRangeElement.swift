import ICalendar
import WebDAV
import XML

/// CALDAV:time-range (RFC 4791 §9.9).
enum TimeRangeElement {
    /// Where a range stands, which decides what one that is none is answered with.
    enum Place {
        /// `valid-filter`.
        case filter
        /// Beside a filter, or in a report without one: 400.
        case elsewhere

        fileprivate func error(_ message: String) -> RequestError {
            switch self {
            case .filter: RequestError(.validFilter, message)
            case .elsewhere: RequestError(.badRequest, message)
            }
        }
    }

    /// UTC seconds; `Int64.min` and `.max` for open ends.
    /// - Throws: where it is empty, not in UTC, or ends before it starts.
    static func range(
        _ element: XMLElement, in place: Place
    ) throws(RequestError) -> Range<Int64> {
        let start = element.attribute("start")
        let end = element.attribute("end")
        guard start != nil || end != nil else {
            throw place.error("A time-range has to have a start or an end.")
        }
        let from = try start.map { text throws(RequestError) in try seconds(text, place) } ?? .min
        let to = try end.map { text throws(RequestError) in try seconds(text, place) } ?? .max
        guard from < to else {
            throw place.error("A time-range has to end after it starts.")
        }
        return from..<to
    }

    private static func seconds(_ text: String, _ place: Place) throws(RequestError) -> Int64 {
        if text.hasPrefix("0000") {
            throw RequestError(.minDateTime, "Nothing here is before the year 1.")
        }
        guard text.hasSuffix("Z"), let civil = CivilDateTime(basic: String(text.dropLast())) else {
            throw place.error("A time-range is given in UTC, as 20260131T120000Z.")
        }
        return Zone.utc.seconds(of: civil)
    }

    /// The store's index knows floating times and days in one zone; a query may mean another,
    /// which is 26 hours away at most.
    static func widened(_ range: Range<Int64>) -> Range<Int64> {
        let slack: Int64 = 26 * 3600
        let start = range.lowerBound.subtractingReportingOverflow(slack)
        let end = range.upperBound.addingReportingOverflow(slack)
        return
            (start.overflow ? .min : start.partialValue)..<(end.overflow ? .max : end.partialValue)
    }
}
