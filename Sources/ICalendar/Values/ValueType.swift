/// The types of values (RFC 5545 §3.3), by the names of jCal.
package enum ValueType: String, Sendable, CaseIterable {
    case binary
    case boolean
    case calAddress = "cal-address"
    case date
    case dateTime = "date-time"
    case duration
    case float
    case integer
    case period
    case recur
    case text
    case time
    case uri
    case utcOffset = "utc-offset"
    /// Of a property that nobody registered and that says no VALUE (RFC 7265 §5).
    case unknown

    /// The type of that name, in any case; `unknown` for one that nobody registered.
    package init(named name: String) {
        self = ValueType(rawValue: ValueType.token(name)) ?? .unknown
    }

    /// A type's name in lower case, without what no name may hold (RFC 5545 §3.1).
    static func token(_ name: String) -> String {
        String(decoding: ASCII.uppercasedName(name), as: UTF8.self).lowercased()
    }

    /// What a property is without VALUE (RFC 5545 §3.8 and later ones); nil for one that is not
    /// known.
    package static func ofProperty(_ name: String) -> ValueType? {
        defaults[name]
    }

    private static let defaults: [String: ValueType] = {
        let names: [(ValueType, String)] = [
            (
                .text,
                """
                CALSCALE METHOD PRODID VERSION CATEGORIES CLASS COMMENT DESCRIPTION LOCATION \
                RESOURCES STATUS SUMMARY TRANSP TZID TZNAME CONTACT RELATED-TO UID ACTION \
                REQUEST-STATUS NAME COLOR BUSYTYPE PROXIMITY PARTICIPANT-TYPE LOCATION-TYPE \
                RESOURCE-TYPE STYLED-DESCRIPTION STRUCTURED-DATA TZID-ALIAS-OF REFID XML
                """
            ),
            (.uri, "ATTACH TZURL URL SOURCE IMAGE CONFERENCE CONCEPT LINK"),
            (.float, "GEO"),
            (.integer, "PERCENT-COMPLETE PRIORITY REPEAT SEQUENCE"),
            (
                .dateTime,
                """
                COMPLETED DTEND DUE DTSTART RECURRENCE-ID EXDATE RDATE CREATED DTSTAMP \
                LAST-MODIFIED ACKNOWLEDGED TZUNTIL
                """
            ),
            (.duration, "DURATION TRIGGER REFRESH-INTERVAL"),
            (.period, "FREEBUSY"),
            (.utcOffset, "TZOFFSETFROM TZOFFSETTO"),
            (.calAddress, "ATTENDEE ORGANIZER CALENDAR-ADDRESS"),
            (.recur, "RRULE EXRULE"),
        ]
        var defaults: [String: ValueType] = [:]
        for (type, list) in names {
            for name in list.split(separator: " ") { defaults[String(name)] = type }
        }
        return defaults
    }()

    /// Properties that always say VALUE: they have no type without it (RFC 7986 §5, RFC 9073 §6,
    /// RFC 9253 §8).
    static let alwaysSaid: Set<String> = [
        "REFRESH-INTERVAL", "SOURCE", "IMAGE", "CONFERENCE", "STYLED-DESCRIPTION",
        "STRUCTURED-DATA", "LINK",
    ]
    /// Properties whose value is a list at commas.
    package static let lists: Set<String> = [
        "CATEGORIES", "RESOURCES", "EXDATE", "RDATE", "FREEBUSY", "LOCATION-TYPE", "RESOURCE-TYPE",
    ]
    /// Properties whose value has fields at semicolons.
    static let structured: Set<String> = ["GEO", "REQUEST-STATUS"]
}
