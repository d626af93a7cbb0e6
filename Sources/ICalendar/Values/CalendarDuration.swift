/// A DURATION (RFC 5545 §3.3.6): days by the calendar, and seconds that pass.
///
/// A day is as long as the zone makes it; hours, minutes and seconds are exact. Both have the sign
/// of the whole.
package struct CalendarDuration: Hashable, Sendable {
    /// Weeks are seven of them.
    package let days: Int
    package let seconds: Int

    package static let zero = CalendarDuration(days: 0, seconds: 0)
    /// Far more than any calendar needs: sums stay far from overflowing.
    private static let limit = 1 << 40

    /// Kept within some thousand million years.
    package init(weeks: Int = 0, days: Int = 0, seconds: Int = 0) {
        let weeks = min(max(weeks, -Self.limit), Self.limit)
        let days = min(max(days, -Self.limit), Self.limit)
        self.days = min(max(weeks * 7 + days, -Self.limit), Self.limit)
        self.seconds = min(max(seconds, -Self.limit), Self.limit)
    }

    /// Reads `P1DT2H`, `-PT15M`, `+P2W`; units that stand together though they may not are summed.
    package init?(basic: String) {
        self.init(bytes: Array(basic.utf8)[...])
    }

    init?(bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var sign = 1
        if rest.first == ASCII.hyphen {
            sign = -1
            rest = rest.dropFirst()
        } else if rest.first == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        guard let p = rest.popFirst(), ASCII.uppercased(p) == UInt8(ascii: "P") else { return nil }
        var (days, seconds) = (0, 0)
        while let byte = rest.first {
            if ASCII.uppercased(byte) == UInt8(ascii: "T") {
                rest = rest.dropFirst()
                continue
            }
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard let number = ASCII.number(digits) else { return nil }
            rest = rest[digits.endIndex...]
            guard let unit = rest.popFirst() else { return nil }
            switch ASCII.uppercased(unit) {
            case UInt8(ascii: "W"): days += number * 7
            case UInt8(ascii: "D"): days += number
            case UInt8(ascii: "H"): seconds += number * 3600
            case UInt8(ascii: "M"): seconds += number * 60
            case UInt8(ascii: "S"): seconds += number
            default: return nil
            }
            guard days < Self.limit, seconds < Self.limit else { return nil }
        }
        self.init(days: sign * days, seconds: sign * seconds)
    }

    /// As it is written; weeks where nothing else is there, as older programs expect.
    package var basic: String {
        let sign = days < 0 || (days == 0 && seconds < 0) ? "-" : ""
        let (days, seconds) = (abs(days), abs(seconds))
        if seconds == 0, days > 0, days % 7 == 0 { return "\(sign)P\(days / 7)W" }
        var text = "\(sign)P"
        if days > 0 { text += "\(days)D" }
        if seconds > 0 || days == 0 {
            text += "T"
            let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
            if hours > 0 { text += "\(hours)H" }
            if minutes > 0 || (hours > 0 && rest > 0) { text += "\(minutes)M" }
            if rest > 0 || seconds == 0 { text += "\(rest)S" }
        }
        return text
    }

    package var isNegative: Bool { days < 0 || seconds < 0 }

    /// Seconds, if every day had 86,400 of them.
    package var nominalSeconds: Int64 { Int64(days) * 86_400 + Int64(seconds) }

    package var negated: CalendarDuration {
        CalendarDuration(days: -days, seconds: -seconds)
    }
}

extension Property {
    /// The value as DURATION.
    package var duration: CalendarDuration? {
        CalendarDuration(bytes: ASCII.trim(rawBytes))
    }
}
