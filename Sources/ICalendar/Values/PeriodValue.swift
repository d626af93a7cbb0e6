/// A PERIOD (RFC 5545 §3.3.9), or the start alone where RDATE gives no more.
package struct PeriodValue: Hashable, Sendable {
    package enum End: Hashable, Sendable {
        case none
        case explicit(DateTimeValue)
        case duration(CalendarDuration)
    }

    package let start: DateTimeValue
    package let end: End

    init?(bytes: ArraySlice<UInt8>, tzid: () -> String?) {
        let parts = bytes.split(
            separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first,
            let start = DateTimeValue(bytes: ASCII.trim(Array(first)), tzid: tzid)
        else { return nil }
        self.start = start
        guard parts.count == 2 else {
            end = .none
            return
        }
        let second = ASCII.trim(Array(parts[1]))
        if let duration = CalendarDuration(bytes: second), !duration.isNegative {
            end = .duration(duration)
        } else if let value = DateTimeValue(bytes: second, tzid: tzid) {
            end = .explicit(value)
        } else {
            return nil
        }
    }

    /// The end in UTC seconds; nil where none is said.
    package func end(_ zones: ZoneTable) -> Int64? {
        switch end {
        case .none: nil
        case .explicit(let value): zones.instant(of: value)
        case .duration(let duration): zones.instant(of: start, plus: duration)
        }
    }
}

extension Property {
    /// All values of a list of PERIOD, DATE or DATE-TIME (RDATE, FREEBUSY); what cannot be read is
    /// left out.
    package var periods: [PeriodValue] {
        let tzid = parameter("TZID")
        let bytes = rawBytes
        return ASCII.split(bytes[...], at: ASCII.comma).compactMap { item in
            PeriodValue(bytes: ASCII.trim(Array(item)), tzid: { tzid })
        }
    }
}

extension ZoneTable {
    /// Days by the calendar of the value's zone, then the seconds that pass (RFC 5545 §3.3.6).
    package func instant(of value: DateTimeValue, plus duration: CalendarDuration) -> Int64 {
        let zone = zone(of: value)
        let days = Int64(duration.days) * 86_400
        let wall = value.civil.wallSeconds.addingClamped(days)
        return zone.seconds(ofWall: wall).addingClamped(Int64(duration.seconds))
    }
}
