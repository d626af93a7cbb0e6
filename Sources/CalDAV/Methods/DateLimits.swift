import ICalendar
import WebDAV

/// CALDAV:min-date-time and max-date-time (RFC 4791 §5.2.6 and §5.2.7): what four digits of a year
/// can say in UTC, but for the year that never was.
enum DateLimits {
    static let min = "00010101T000000Z"
    static let max = "99991231T235959Z"

    /// - Throws: the precondition of either.
    static func check(
        _ value: DateTimeValue, of name: String, in calendar: Component
    ) throws(RequestError) {
        let year = value.civil.date.year
        guard year > 0 else {
            throw RequestError(.minDateTime, "\(name) is before the year 1.")
        }
        // Only on the last day of all a zone makes a difference.
        guard year == 9999, let last = CivilDateTime(basic: String(max.dropLast())) else { return }
        let zones = ZoneTable(calendar: calendar, floating: .utc)
        guard zones.instant(of: value) <= Zone.utc.seconds(of: last) else {
            throw RequestError(.maxDateTime, "\(name) is after the year 9999.")
        }
    }
}
