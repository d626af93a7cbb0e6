/// A RECUR value (RFC 5545 §3.3.10, RFC 7529).
///
/// Reading is tolerant: unknown parts are passed over, numbers out of range left out, and a part
/// of which nothing remains counts as absent; `defects` says what.
package struct RecurrenceRule: Hashable, Sendable {
    package enum Frequency: Int, Comparable, Sendable, CaseIterable {
        case secondly, minutely, hourly, daily, weekly, monthly, yearly

        package static func < (a: Frequency, b: Frequency) -> Bool { a.rawValue < b.rawValue }

        var name: String { RecurrenceRule.frequencyNames[rawValue] }
    }

    /// What becomes of a day that a month or year does not have (RFC 7529 §4.1).
    package enum Skip: String, Sendable {
        case omit = "OMIT"
        case backward = "BACKWARD"
        case forward = "FORWARD"
    }

    /// `MO`, `1SU`, `-2FR`.
    package struct DayOfWeek: Hashable, Sendable {
        /// The nth of the month or year, from its end when negative; nil means every one.
        package var ordinal: Int?
        /// 0 Monday to 6 Sunday.
        package var weekday: Int

        package init(_ ordinal: Int? = nil, weekday: Int) {
            self.ordinal = ordinal
            self.weekday = weekday
        }
    }

    package var frequency: Frequency
    package var interval = 1
    package var count: Int?
    package var until: DateTimeValue?
    package var bySecond: [Int] = []
    package var byMinute: [Int] = []
    package var byHour: [Int] = []
    package var byDay: [DayOfWeek] = []
    package var byMonthDay: [Int] = []
    package var byYearDay: [Int] = []
    package var byWeekNumber: [Int] = []
    package var byMonth: [Int] = []
    package var bySetPosition: [Int] = []
    /// 0 Monday to 6 Sunday.
    package var weekStart = 0
    package var skip = Skip.omit
    /// RSCALE, upper case; nil and `GREGORIAN` are the same.
    package var scale: String?
    /// What the text said that the rule does not hold.
    package var defects: [String] = []

    package init(frequency: Frequency) {
        self.frequency = frequency
    }

    /// Nil where FREQ is missing or unknown: there is no rule then.
    package init?(_ text: String) {
        self.init(bytes: Array(text.utf8))
    }

    init?(bytes: [UInt8]) {
        self.init(frequency: .daily)
        var hasFrequency = false
        // No rule of use is longer; lists of a megabyte are not read.
        for part in bytes.prefix(20_000).split(separator: ASCII.semicolon).prefix(64) {
            let part = ASCII.trim(part)
            guard !part.isEmpty else { continue }
            guard let equals = part.firstIndex(of: ASCII.equals) else {
                defects.append(ASCII.decode(part))
                continue
            }
            let name = ASCII.uppercasedString(part[..<equals])
            let value = part[(equals + 1)...]
            if name == "FREQ" {
                guard let frequency = RecurrenceRule.frequency(value) else { return nil }
                self.frequency = frequency
                hasFrequency = true
            } else if !read(name, value) {
                defects.append("\(name)=\(ASCII.decode(value))")
            }
        }
        guard hasFrequency else { return nil }
    }

    /// Whether the rule is one of the Gregorian calendar; others are kept, but not expanded.
    package var isGregorian: Bool {
        scale == nil || scale == "GREGORIAN"
    }

    /// Whether nothing ends the rule.
    package var isUnbounded: Bool { count == nil && until == nil }
}

extension RecurrenceRule {
    static let frequencyNames = [
        "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
    ]
    static let weekdayNames = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    private static func frequency(_ value: ArraySlice<UInt8>) -> Frequency? {
        let name = ASCII.uppercasedString(value)
        return frequencyNames.firstIndex(of: name).flatMap(Frequency.init)
    }

    /// - Returns: whether the whole part was understood.
    private mutating func read(_ name: String, _ value: ArraySlice<UInt8>) -> Bool {
        switch name {
        case "INTERVAL":
            guard let number = ASCII.number(value), number > 0 else { return false }
            interval = number
        case "COUNT":
            guard let number = ASCII.number(value) else { return false }
            count = number
        case "UNTIL":
            guard let date = DateTimeValue(bytes: value, tzid: { nil }) else { return false }
            until = date
        case "WKST":
            guard let weekday = RecurrenceRule.weekday(value) else { return false }
            weekStart = weekday
        case "RSCALE":
            let isName = value.allSatisfy {
                ($0 & 0xDF) >= 0x41 && ($0 & 0xDF) <= 0x5A || $0 == ASCII.hyphen
            }
            guard !value.isEmpty, isName else { return false }
            scale = ASCII.uppercasedString(value)
        case "SKIP":
            guard let skip = Skip(rawValue: ASCII.uppercasedString(value)) else {
                return false
            }
            self.skip = skip
        case "BYDAY": return readDays(value)
        default:
            guard let list = RecurrenceRule.lists[name] else { return name.hasPrefix("X-") }
            let (numbers, isWhole) = RecurrenceRule.numbers(
                value, range: list.range, isSigned: list.isSigned)
            self[keyPath: list.path] = numbers
            return isWhole
        }
        return true
    }

    private mutating func readDays(_ value: ArraySlice<UInt8>) -> Bool {
        var isWhole = true
        for item in value.split(separator: ASCII.comma, omittingEmptySubsequences: false) {
            let item = ASCII.trim(item)
            let ordinal = item.dropLast(2)
            guard item.count >= 2, let weekday = RecurrenceRule.weekday(item.suffix(2)) else {
                isWhole = false
                continue
            }
            var day = DayOfWeek(weekday: weekday)
            if !ordinal.isEmpty {
                guard let number = RecurrenceRule.signed(ordinal), (1...53).contains(abs(number))
                else {
                    isWhole = false
                    continue
                }
                day.ordinal = number
            }
            if !byDay.contains(day) { byDay.append(day) }
        }
        return isWhole
    }

    private static func weekday(_ value: ArraySlice<UInt8>) -> Int? {
        weekdayNames.firstIndex(of: ASCII.uppercasedString(value))
    }

    private static func signed(_ value: ArraySlice<UInt8>) -> Int? {
        switch value.first {
        case ASCII.hyphen: ASCII.number(value.dropFirst()).map { -$0 }
        case UInt8(ascii: "+"): ASCII.number(value.dropFirst())
        default: ASCII.number(value)
        }
    }

    /// Numbers in the range, each once, in rising order.
    private static func numbers(
        _ value: ArraySlice<UInt8>, range: ClosedRange<Int>, isSigned: Bool
    ) -> (numbers: [Int], isWhole: Bool) {
        var numbers: Set<Int> = []
        var isWhole = true
        for item in value.split(separator: ASCII.comma, omittingEmptySubsequences: false) {
            let item = ASCII.trim(item)
            if let number = signed(item), range.contains(isSigned ? abs(number) : number) {
                numbers.insert(number)
            } else {
                isWhole = false
            }
        }
        return (numbers.sorted(), isWhole)
    }

    private struct List: Sendable {
        let path: any WritableKeyPath<RecurrenceRule, [Int]> & Sendable
        let range: ClosedRange<Int>
        let isSigned: Bool
    }

    /// The parts that are lists of numbers (RFC 5545 §3.3.10).
    private static let lists: [String: List] = [
        "BYSECOND": List(path: \.bySecond, range: 0...60, isSigned: false),
        "BYMINUTE": List(path: \.byMinute, range: 0...59, isSigned: false),
        "BYHOUR": List(path: \.byHour, range: 0...23, isSigned: false),
        "BYMONTHDAY": List(path: \.byMonthDay, range: 1...31, isSigned: true),
        "BYYEARDAY": List(path: \.byYearDay, range: 1...366, isSigned: true),
        "BYWEEKNO": List(path: \.byWeekNumber, range: 1...53, isSigned: true),
        "BYMONTH": List(path: \.byMonth, range: 1...12, isSigned: false),
        "BYSETPOS": List(path: \.bySetPosition, range: 1...366, isSigned: true),
    ]

    /// The rule as it is written, FREQ first.
    package var text: String {
        var parts: [String] = []
        func add(_ name: String, _ numbers: [Int]) {
            if !numbers.isEmpty {
                parts.append("\(name)=" + numbers.map(String.init).joined(separator: ","))
            }
        }
        if let scale { parts.append("RSCALE=\(scale)") }
        parts.append("FREQ=\(frequency.name)")
        if let until { parts.append("UNTIL=\(until.basic)") }
        if let count { parts.append("COUNT=\(count)") }
        if interval != 1 { parts.append("INTERVAL=\(interval)") }
        add("BYMONTH", byMonth)
        add("BYWEEKNO", byWeekNumber)
        add("BYYEARDAY", byYearDay)
        add("BYMONTHDAY", byMonthDay)
        if !byDay.isEmpty {
            parts.append("BYDAY=" + byDay.map(\.text).joined(separator: ","))
        }
        add("BYHOUR", byHour)
        add("BYMINUTE", byMinute)
        add("BYSECOND", bySecond)
        add("BYSETPOS", bySetPosition)
        if weekStart != 0 { parts.append("WKST=\(RecurrenceRule.weekdayNames[weekStart])") }
        if skip != .omit { parts.append("SKIP=\(skip.rawValue)") }
        return parts.joined(separator: ";")
    }
}

extension RecurrenceRule.DayOfWeek {
    package var text: String {
        (ordinal.map(String.init) ?? "") + RecurrenceRule.weekdayNames[weekday]
    }
}
