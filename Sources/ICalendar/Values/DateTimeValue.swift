/// A DATE or DATE-TIME in one of its forms (RFC 5545 §3.3.4, §3.3.5).
package enum DateTimeValue: Hashable, Sendable {
    case date(CivilDate)
    case floating(CivilDateTime)
    case utc(CivilDateTime)
    /// `tzid` is the parameter as it is written, whatever it names.
    case zoned(CivilDateTime, tzid: String)

    /// Reads the first value of a property.
    ///
    /// The form of the value decides: a DATE without VALUE=DATE is one all the same, and `Z` makes
    /// TZID void.
    package init?(property: Property) {
        let value = property.rawSlice.prefix { $0 != ASCII.comma }
        self.init(bytes: ASCII.trim(value), tzid: { property.parameter("TZID") })
    }

    init?(bytes: ArraySlice<UInt8>, tzid: () -> String?) {
        if bytes.count == 8 {
            guard let date = CivilDate(bytes: bytes) else { return nil }
            self = .date(date)
        } else if let last = bytes.last, ASCII.uppercased(last) == UInt8(ascii: "Z") {
            guard let value = CivilDateTime(bytes: bytes.dropLast()) else { return nil }
            self = .utc(value)
        } else {
            guard let value = CivilDateTime(bytes: bytes) else { return nil }
            if let tzid = tzid(), !tzid.isEmpty {
                self = .zoned(value, tzid: tzid)
            } else {
                self = .floating(value)
            }
        }
    }

    /// A property of this value, with VALUE=DATE or TZID as it needs.
    package func property(named name: String) -> Property {
        switch self {
        case .date: Property(name, raw: basic, parameters: [Parameter("VALUE", "DATE")])
        case .floating, .utc: Property(name, raw: basic)
        case .zoned(_, let tzid):
            Property(name, raw: basic, parameters: [Parameter("TZID", tzid)])
        }
    }

    /// The value as it is written; the zone stands in the parameter.
    package var basic: String {
        switch self {
        case .date(let date): date.basic
        case .floating(let value), .zoned(let value, _): value.basic
        case .utc(let value): value.basic + "Z"
        }
    }

    /// Date and time on the clock of the value's own zone; midnight for a DATE.
    package var civil: CivilDateTime {
        switch self {
        case .date(let date): CivilDateTime(date: date, time: .midnight)
        case .floating(let value), .utc(let value), .zoned(let value, _): value
        }
    }

    package var isDate: Bool {
        if case .date = self { true } else { false }
    }

    package var tzid: String? {
        if case .zoned(_, let tzid) = self { tzid } else { nil }
    }

    /// The same form and zone with another time; a DATE takes the day.
    package func with(civil: CivilDateTime) -> DateTimeValue {
        switch self {
        case .date: .date(civil.date)
        case .floating: .floating(civil)
        case .utc: .utc(civil)
        case .zoned(_, let tzid): .zoned(civil, tzid: tzid)
        }
    }
}

extension Property {
    /// The value, or the first of several, as DATE or DATE-TIME.
    package var dateTime: DateTimeValue? {
        DateTimeValue(property: self)
    }

    /// The same property with another date: VALUE and TZID follow it, other parameters stay.
    package func with(dateTime: DateTimeValue) -> Property {
        var property = with(raw: dateTime.basic)
        let value = property.parameter("VALUE")?.uppercased()
        if dateTime.isDate {
            if value != "DATE" { property.setParameter("VALUE", to: "DATE") }
        } else if value != nil, value != "DATE-TIME" {
            property.setParameter("VALUE", to: nil)
        }
        if property.parameter("TZID") != dateTime.tzid {
            property.setParameter("TZID", to: dateTime.tzid)
        }
        return property
    }
}
