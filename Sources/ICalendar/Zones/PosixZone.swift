/// A zone as the variable TZ of POSIX writes it, with the extensions of RFC 8536 §3.3.1:
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone {
    struct Daylight {
        let type: ZoneRules.LocalType
        let start: Rule
        let end: Rule
    }

    let standard: ZoneRules.LocalType
    let daylight: Daylight?

    init?(_ text: String) {
        var reader = Reader(Array(text.utf8))
        guard let name = reader.name(), let offset = reader.time(limit: 23) else { return nil }
        standard = .init(offset: Int32(-offset), isDaylight: false, abbreviation: name)
        guard !reader.isAtEnd else {
            daylight = nil
            return
        }
        guard let daylightName = reader.name() else { return nil }
        var daylightOffset = 3600 - offset
        if !reader.isAtEnd, !reader.isAt(ASCII.comma) {
            guard let given = reader.time(limit: 23) else { return nil }
            daylightOffset = -given
        }
        guard abs(daylightOffset) < 86_400, reader.take(ASCII.comma), let start = reader.rule(),
            reader.take(ASCII.comma),
            let end = reader.rule(), reader.isAtEnd
        else { return nil }
        daylight = Daylight(
            type: .init(
                offset: Int32(daylightOffset), isDaylight: true, abbreviation: daylightName),
            start: start, end: end)
    }

    /// When the clocks change in a year.
    struct Rule {
        enum Day {
            /// Day 1 to 365; the 29th of February is never counted.
            case julian(Int)
            /// Day 0 to 365, leap days counted.
            case ofYear(Int)
            /// Month, week (5 is the last), weekday (0 Sunday).
            case weekday(month: Int, week: Int, weekday: Int)
        }

        let day: Day
        /// Seconds after midnight; beyond a day, or before it, as RFC 8536 allows.
        let time: Int

        /// On the clock before the change.
        func wallSeconds(in year: Int) -> Int64 {
            let newYear = CivilDate.day(year: year, month: 1, day: 1)
            let number: Int
            switch day {
            case .julian(let day):
                number = newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
            case .ofYear(let day):
                number = newYear + day
            case .weekday(let month, let week, let weekday):
                let first = CivilDate.day(year: year, month: month, day: 1)
                let length = CivilDate.days(inMonth: month, of: year)
                // Sunday is 0 here and 6 there.
                let ahead = ((weekday + 6) % 7 - CivilDate.weekday(ofDay: first) + 7) % 7
                var day = ahead + (week - 1) * 7
                if day >= length { day -= 7 }
                number = first + day
            }
            return Int64(number) * 86_400 + Int64(time)
        }
    }

    private struct Reader {
        private let bytes: [UInt8]
        private var index = 0

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        var isAtEnd: Bool { index >= bytes.count }

        func isAt(_ byte: UInt8) -> Bool { index < bytes.count && bytes[index] == byte }

        mutating func take(_ byte: UInt8) -> Bool {
            guard isAt(byte) else { return false }
            index += 1
            return true
        }

        mutating func name() -> String? {
            if take(UInt8(ascii: "<")) {
                let name = bytes[index...].prefix { $0 != UInt8(ascii: ">") }
                index += name.count
                return take(UInt8(ascii: ">")) ? ASCII.decode(name) : nil
            }
            let name = bytes[index...].prefix { ($0 & 0xDF) >= 0x41 && ($0 & 0xDF) <= 0x5A }
            index += name.count
            return name.isEmpty ? nil : ASCII.decode(name)
        }

        mutating func number() -> Int? {
            let digits = bytes[index...].prefix { $0 >= 0x30 && $0 <= 0x39 }
            index += digits.count
            return digits.count <= 3 ? ASCII.number(digits) : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time(limit: Int) -> Int? {
            let isNegative = take(ASCII.hyphen)
            if !isNegative { _ = take(UInt8(ascii: "+")) }
            guard let hours = number(), hours <= limit else { return nil }
            var seconds = hours * 3600
            if take(ASCII.colon) {
                guard let minutes = number(), minutes < 60 else { return nil }
                seconds += minutes * 60
                if take(ASCII.colon) {
                    guard let rest = number(), rest < 60 else { return nil }
                    seconds += rest
                }
            }
            return isNegative ? -seconds : seconds
        }

        mutating func rule() -> Rule? {
            let day: Rule.Day
            if take(UInt8(ascii: "J")) {
                guard let number = number(), (1...365).contains(number) else { return nil }
                day = .julian(number)
            } else if take(UInt8(ascii: "M")) {
                guard let month = number(), take(UInt8(ascii: ".")), let week = number(),
                    take(UInt8(ascii: ".")), let weekday = number(), (1...12).contains(month),
                    (1...5).contains(week), (0...6).contains(weekday)
                else { return nil }
                day = .weekday(month: month, week: week, weekday: weekday)
            } else {
                guard let number = number(), (0...365).contains(number) else { return nil }
                day = .ofYear(number)
            }
            guard take(UInt8(ascii: "/")) else { return Rule(day: day, time: 7200) }
            return time(limit: 167).map { Rule(day: day, time: $0) }
        }
    }
}
