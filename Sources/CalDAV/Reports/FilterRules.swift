import ICalendar

/// What makes a filter valid beyond its grammar (RFC 4791 §7.8, §9.9).
enum FilterRules {
    /// Components that a time-range means something for (§9.9).
    private static let timedComponents: Set<String> = [
        "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VALARM",
    ]

    static func mayHaveTimeRange(component name: String) -> Bool {
        timedComponents.contains(name)
    }

    /// §9.9 names COMPLETED, CREATED, DTEND, DTSTAMP, DTSTART, DUE and LAST-MODIFIED; the other
    /// properties of dates, date-times and periods are judged alike. Of a property that nobody
    /// registered it cannot be told that it has a date.
    static func mayHaveTimeRange(property name: String) -> Bool {
        switch ValueType.ofProperty(name) {
        case .date, .dateTime, .period: true
        default: false
        }
    }

    /// Where components stand (RFC 5545 §3.6, RFC 7953 §3.1); those of later specifications and those
    /// that nobody registered may stand anywhere, with anything inside.
    private static let parents: [String: Set<String>] = [
        "VCALENDAR": [],
        "VEVENT": ["VCALENDAR"], "VTODO": ["VCALENDAR"], "VJOURNAL": ["VCALENDAR"],
        "VFREEBUSY": ["VCALENDAR"], "VTIMEZONE": ["VCALENDAR"], "VAVAILABILITY": ["VCALENDAR"],
        "VALARM": ["VEVENT", "VTODO"],
        "STANDARD": ["VTIMEZONE"], "DAYLIGHT": ["VTIMEZONE"],
        "AVAILABLE": ["VAVAILABILITY"],
    ]

    static func mayStand(_ component: String, in parent: String) -> Bool {
        guard let allowed = parents[component], parents[parent] != nil else { return true }
        return allowed.contains(parent)
    }
}
