/// What a component must and may hold (RFC 5545 §3.6).
struct ComponentRule: Sendable {
    let name: String
    let section: String
    /// Exactly once.
    let required: [String]
    /// At most once.
    let single: [String]
    /// Not both.
    let exclusive: [(String, String)]
    /// The first only with the second.
    let dependent: [(String, String)]

    static let all: [String: ComponentRule] = {
        var rules: [String: ComponentRule] = [:]
        for rule in list { rules[rule.name] = rule }
        return rules
    }()

    private static let common = ["UID", "DTSTAMP"]
    private static let described = [
        "CLASS", "CREATED", "DTSTART", "LAST-MODIFIED", "ORGANIZER", "RECURRENCE-ID", "SEQUENCE",
        "STATUS", "SUMMARY", "URL",
    ]

    private static let list: [ComponentRule] = [
        ComponentRule(
            name: "VCALENDAR", section: "3.6", required: ["PRODID", "VERSION"],
            single: ["CALSCALE", "METHOD"], exclusive: [], dependent: []),
        ComponentRule(
            name: "VEVENT", section: "3.6.1", required: common,
            single: described + [
                "DESCRIPTION", "GEO", "LOCATION", "PRIORITY", "TRANSP", "RRULE", "DTEND",
                "DURATION",
            ], exclusive: [("DTEND", "DURATION")], dependent: []),
        ComponentRule(
            name: "VTODO", section: "3.6.2", required: common,
            single: described + [
                "COMPLETED", "DESCRIPTION", "GEO", "LOCATION", "PERCENT-COMPLETE", "PRIORITY",
                "RRULE", "DUE", "DURATION",
            ], exclusive: [("DUE", "DURATION")],
            dependent: [("DURATION", "DTSTART"), ("RRULE", "DTSTART")]),
        ComponentRule(
            name: "VJOURNAL", section: "3.6.3", required: common, single: described + ["RRULE"],
            exclusive: [], dependent: [("RRULE", "DTSTART")]),
        ComponentRule(
            name: "VFREEBUSY", section: "3.6.4", required: common,
            single: ["CONTACT", "DTSTART", "DTEND", "ORGANIZER", "URL"], exclusive: [],
            dependent: []),
        ComponentRule(
            name: "VTIMEZONE", section: "3.6.5", required: ["TZID"],
            single: ["LAST-MODIFIED", "TZURL"], exclusive: [], dependent: []),
        ComponentRule(
            name: "STANDARD", section: "3.6.5",
            required: ["DTSTART", "TZOFFSETTO", "TZOFFSETFROM"], single: ["RRULE"], exclusive: [],
            dependent: []),
        ComponentRule(
            name: "DAYLIGHT", section: "3.6.5",
            required: ["DTSTART", "TZOFFSETTO", "TZOFFSETFROM"], single: ["RRULE"], exclusive: [],
            dependent: []),
        ComponentRule(
            name: "VALARM", section: "3.6.6", required: ["ACTION", "TRIGGER"],
            single: ["DESCRIPTION", "DURATION", "REPEAT", "SUMMARY"], exclusive: [],
            dependent: [("DURATION", "REPEAT"), ("REPEAT", "DURATION")]),
    ]
}

/// What the value of a property must be (RFC 5545 §3.8).
struct ValueRule: Sendable {
    enum Form: Sendable {
        case dateTime, dateTimes, utc, periods, duration, trigger, utcOffset, recurrence, geo
        case integer(ClosedRange<Int>)
        /// Upper case; names beginning with `X-` and others of IANA are let through.
        case oneOf([String])
    }

    let section: String
    let form: Form

    static let all: [String: ValueRule] = [
        "DTSTART": .init(section: "3.8.2.4", form: .dateTime),
        "DTEND": .init(section: "3.8.2.2", form: .dateTime),
        "DUE": .init(section: "3.8.2.3", form: .dateTime),
        "DURATION": .init(section: "3.8.2.5", form: .duration),
        "COMPLETED": .init(section: "3.8.2.1", form: .utc),
        "CREATED": .init(section: "3.8.7.1", form: .utc),
        "DTSTAMP": .init(section: "3.8.7.2", form: .utc),
        "LAST-MODIFIED": .init(section: "3.8.7.3", form: .utc),
        "SEQUENCE": .init(section: "3.8.7.4", form: .integer(0...Int(Int32.max))),
        "PRIORITY": .init(section: "3.8.1.9", form: .integer(0...9)),
        "PERCENT-COMPLETE": .init(section: "3.8.1.8", form: .integer(0...100)),
        "REPEAT": .init(section: "3.8.6.2", form: .integer(0...Int(Int32.max))),
        "GEO": .init(section: "3.8.1.6", form: .geo),
        "EXDATE": .init(section: "3.8.5.1", form: .dateTimes),
        "RDATE": .init(section: "3.8.5.2", form: .periods),
        "RRULE": .init(section: "3.8.5.3", form: .recurrence),
        "EXRULE": .init(section: "3.8.5.3", form: .recurrence),
        "RECURRENCE-ID": .init(section: "3.8.4.4", form: .dateTime),
        "FREEBUSY": .init(section: "3.8.2.6", form: .periods),
        "TRIGGER": .init(section: "3.8.6.3", form: .trigger),
        "TZOFFSETFROM": .init(section: "3.8.3.3", form: .utcOffset),
        "TZOFFSETTO": .init(section: "3.8.3.4", form: .utcOffset),
        "STATUS": .init(
            section: "3.8.1.11",
            form: .oneOf([
                "TENTATIVE", "CONFIRMED", "CANCELLED", "NEEDS-ACTION", "COMPLETED", "IN-PROCESS",
                "DRAFT", "FINAL",
            ])),
        "TRANSP": .init(section: "3.8.2.7", form: .oneOf(["OPAQUE", "TRANSPARENT"])),
        "VERSION": .init(section: "3.7.4", form: .oneOf(["2.0"])),
        "CALSCALE": .init(section: "3.7.1", form: .oneOf(["GREGORIAN"])),
    ]
}
