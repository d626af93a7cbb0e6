/// A value by its type, in the form that jCal (RFC 7265) and xCal (RFC 6321) share.
package enum TypedValue: Hashable, Sendable {
    /// Text unescaped; dates, times and offsets in their extended form (`2024-01-31T09:30:00Z`).
    case text(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// The fields of GEO and REQUEST-STATUS.
    case fields([TypedValue])
    /// Start, and end or duration.
    case period(start: String, end: String, isDuration: Bool)
    /// Parts of a rule in their order, names in lower case.
    case recurrence([RecurrencePart])

    package struct RecurrencePart: Hashable, Sendable {
        package let name: String
        package let values: [TypedValue]

        package init(name: String, values: [TypedValue]) {
            self.name = name
            self.values = values
        }
    }
}

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

    /// What a property is without VALUE (RFC 5545 §3.8, RFC 7986); nil for one that is not known.
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
                REQUEST-STATUS NAME COLOR
                """
            ),
            (.uri, "ATTACH TZURL URL SOURCE IMAGE CONFERENCE"),
            (.float, "GEO"),
            (.integer, "PERCENT-COMPLETE PRIORITY REPEAT SEQUENCE"),
            (
                .dateTime,
                """
                COMPLETED DTEND DUE DTSTART RECURRENCE-ID EXDATE RDATE CREATED DTSTAMP \
                LAST-MODIFIED ACKNOWLEDGED
                """
            ),
            (.duration, "DURATION TRIGGER REFRESH-INTERVAL"),
            (.period, "FREEBUSY"),
            (.utcOffset, "TZOFFSETFROM TZOFFSETTO"),
            (.calAddress, "ATTENDEE ORGANIZER"),
            (.recur, "RRULE EXRULE"),
        ]
        var defaults: [String: ValueType] = [:]
        for (type, list) in names {
            for name in list.split(separator: " ") { defaults[String(name)] = type }
        }
        return defaults
    }()

    /// Properties whose value is a list at commas.
    static let lists: Set<String> = ["CATEGORIES", "RESOURCES", "EXDATE", "RDATE", "FREEBUSY"]
    /// Properties whose value has fields at semicolons.
    static let structured: Set<String> = ["GEO", "REQUEST-STATUS"]
}

extension Property {
    /// The type that the value has: VALUE, else the form that it is written in, else the
    /// property's own.
    package var valueType: ValueType {
        let own = ValueType.ofProperty(name)
        if let value = parameter("VALUE") {
            return ValueType(rawValue: value.lowercased()) ?? .unknown
        }
        // A DATE without VALUE=DATE is one all the same, and so is a TRIGGER at a time.
        if own == .dateTime || name == "TRIGGER", let value = dateTime {
            return value.isDate ? .date : .dateTime
        }
        return own ?? .unknown
    }

    /// The values, one or more, by type; what is not of its type comes as text.
    package var typedValues: [TypedValue] {
        let type = valueType
        let bytes = rawBytes
        if type == .text || type == .unknown && ValueType.structured.contains(name) {
            return typedTexts
        }
        if ValueType.structured.contains(name) {
            let fields = TextValue.split(bytes, at: ASCII.semicolon)
            return [.fields(fields.map { TypedValue(basic: $0, type) })]
        }
        guard ValueType.lists.contains(name) else { return [TypedValue(basic: bytes[...], type)] }
        return ASCII.split(bytes[...], at: ASCII.comma).map { TypedValue(basic: $0, type) }
    }

    private var typedTexts: [TypedValue] {
        if ValueType.structured.contains(name) { return [.fields(fields.map { .text($0) })] }
        if ValueType.lists.contains(name) { return textList.map { .text($0) } }
        return [.text(text)]
    }

    /// Makes a property of typed values, as jCal and xCal give them.
    ///
    /// - Parameters:
    ///   - parameters: without VALUE, which is written where `type` is not the property's own.
    package init(
        _ name: String, parameters: [Parameter], type: ValueType, values: [TypedValue]
    ) {
        // The encoding of vCalendar was undone with the escapes.
        var all = parameters.filter { type != .text || $0.name != "ENCODING" }
        let name = ASCII.uppercasedString(Array(name.utf8))
        if type != .unknown, type != ValueType.ofProperty(name) ?? .unknown {
            all.append(Parameter("VALUE", type.rawValue.uppercased()))
        }
        let raw = values.map { $0.basic(type) }
        self.init(name, raw: raw.joined(separator: ","), parameters: all)
    }
}
