import ICalendar
import WebDAV
import XML

/// CALDAV:time-range (RFC 4791 §9.9).
enum TimeRangeElement {
    /// UTC seconds; `Int64.min` and `.max` for open ends.
    /// - Throws: `valid-filter` where it is empty, not in UTC, or ends before it starts.
    static func range(_ element: XMLElement) throws(RequestError) -> Range<Int64> {
        let start = element.attribute("start")
        let end = element.attribute("end")
        guard start != nil || end != nil else {
            throw RequestError(.validFilter, "A time-range has to have a start or an end.")
        }
        let from = try start.map(seconds) ?? .min
        let to = try end.map(seconds) ?? .max
        guard from < to else {
            throw RequestError(.validFilter, "A time-range has to end after it starts.")
        }
        return from..<to
    }

    private static func seconds(_ text: String) throws(RequestError) -> Int64 {
        if text.hasPrefix("0000") {
            throw RequestError(.minDateTime, "Nothing here is before the year 1.")
        }
        guard text.hasSuffix("Z"), let civil = CivilDateTime(basic: String(text.dropLast())) else {
            throw RequestError(.validFilter, "A time-range is given in UTC, as 20260131T120000Z.")
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
