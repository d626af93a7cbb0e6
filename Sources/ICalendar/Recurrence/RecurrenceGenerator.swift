/// The instances of one rule, one after another, in wall-clock time.
///
/// Knows no zones: DTSTART, and what comes out, are seconds of the wall clock since 1970
/// (`CivilDateTime.wallSeconds`), strictly rising. UNTIL is not looked at, since it is an instant;
/// the caller stops. Work is bounded: when `workLeft` is used up, `next()` answers nil and
/// `isExhausted` says why.
package struct RecurrenceGenerator: IteratorProtocol, Sendable {
    private let frequency: RecurrenceRule.Frequency
    private let selection: DaySelection
    private let setPositions: [Int]
    /// Allowed hours, minutes and seconds; below DAILY an empty list allows all.
    private let hours: [Int]
    private let minutes: [Int]
    private let seconds: [Int]
    private let start: Int64
    /// Distance of two intervals, in the unit that `unit` counts.
    private let step: Int
    private let firstUnit: Int

    /// The next interval to look at: a year, a month since year 0, the first day of a week, a day,
    /// an hour, a minute or a second since 1970.
    private var unit: Int
    private var month: Month
    private var monthDays: UInt32
    private var set = PeriodSet()
    private var index = 0
    private var floor: Int64
    private var last = Int64.min
    private var remaining: Int?
    private var isFinished = false

    /// Steps that may still be taken; a step is some ten nanoseconds.
    package var workLeft: Int
    package private(set) var isExhausted = false

    /// - Parameters:
    ///   - start: DTSTART on its own clock.
    ///   - isDate: DTSTART is a DATE: BYHOUR, BYMINUTE and BYSECOND are passed over.
    package init(_ rule: RecurrenceRule, start: CivilDateTime, isDate: Bool, work: Int = 1_000_000)
    {
        frequency = isDate ? max(rule.frequency, .daily) : rule.frequency
        selection = DaySelection(rule, start: start.date)
        setPositions = rule.bySetPosition
        workLeft = work
        remaining = rule.count
        let time = start.time
        if isDate {
            (hours, minutes, seconds) = ([0], [0], [0])
        } else {
            let isBelow = { (f: RecurrenceRule.Frequency) in rule.frequency <= f }
            hours = rule.byHour.isEmpty && !isBelow(.hourly) ? [time.hour] : rule.byHour
            minutes = rule.byMinute.isEmpty && !isBelow(.minutely) ? [time.minute] : rule.byMinute
            // Second 60 is 59 where leap seconds are not known (RFC 5545 §3.3.12).
            let bySecond = Set(rule.bySecond.map { min($0, 59) }).sorted()
            seconds = bySecond.isEmpty && !isBelow(.secondly) ? [time.second] : bySecond
        }
        self.start = start.wallSeconds
        floor = self.start
        (firstUnit, step) = RecurrenceGenerator.unit(
            of: start, frequency, interval: max(1, rule.interval), weekStart: rule.weekStart)
        unit = firstUnit
        month = Month(year: start.date.year, number: start.date.month)
        monthDays = selection.days(of: month)
        if !rule.isGregorian { isFinished = true }
    }

    private static func unit(
        of start: CivilDateTime, _ frequency: RecurrenceRule.Frequency, interval: Int,
        weekStart: Int
    ) -> (unit: Int, step: Int) {
        let day = start.date.days
        switch frequency {
        case .yearly: return (start.date.year, interval)
        case .monthly: return (start.date.year * 12 + start.date.month - 1, interval)
        case .weekly:
            return (day - (CivilDate.weekday(ofDay: day) - weekStart + 7) % 7, interval * 7)
        case .daily: return (day, interval)
        case .hourly: return (day * 24 + start.time.hour, interval)
        case .minutely: return (day * 1440 + start.time.secondOfDay / 60, interval)
        case .secondly: return (day * 86_400 + start.time.secondOfDay, interval)
        }
    }

    /// Whether `seek` can jump; with COUNT everything before has to be counted.
    package var isSeekable: Bool { remaining == nil }

    /// DTSTART on its own clock.
    var startWall: Int64 { start }

    /// Lets COUNT end one instance earlier.
    mutating func takeOne() {
        remaining = remaining.map { max(0, $0 - 1) }
    }

    /// Goes on with the first instance at or after `wallSeconds`; never backwards.
    package mutating func seek(to wallSeconds: Int64) {
        guard wallSeconds > floor else { return }
        floor = wallSeconds
        guard isSeekable else { return }
        let target = CivilDateTime(wallSeconds: wallSeconds)
        // One interval earlier, since SKIP can carry a day over the end of its month.
        let (wanted, _) = RecurrenceGenerator.unit(of: target, frequency, interval: 1, weekStart: 0)
        let slack = frequency == .weekly ? 7 + step : step
        if wanted - slack > unit {
            index = 0
            set.removeAll()
            unit += (wanted - slack - unit) / step * step
        }
    }

    package mutating func next() -> Int64? {
        while true {
            while index < set.count {
                let value = set[index]
                index += 1
                guard value >= start, value > last else { continue }
                if let left = remaining {
                    guard left > 0 else {
                        isFinished = true
                        return nil
                    }
                    remaining = left - 1
                }
                last = value
                guard spend(1) else { return nil }
                if value >= floor { return value }
            }
            guard !isFinished, fillNextPeriod() else {
                isFinished = true
                return nil
            }
            index = remaining == nil ? set.firstIndex(atOrAfter: floor) : 0
        }
    }

    private mutating func spend(_ work: Int) -> Bool {
        workLeft -= work
        if workLeft < 0 {
            isExhausted = true
            isFinished = true
            return false
        }
        return true
    }

    /// Computes the next interval that has any instance.
    private mutating func fillNextPeriod() -> Bool {
        repeat {
            set.removeAll()
            guard fill() else { return false }
            if !setPositions.isEmpty {
                guard spend(setPositions.count) else { return false }
                set.select(setPositions)
            }
        } while set.count == 0
        return true
    }

    /// - Returns: false at the end of time or of work.
    private mutating func fill() -> Bool {
        switch frequency {
        case .yearly:
            guard spend(12), unit <= 9999 else { return false }
            for number in 1...12 where selection.allows(month: number) {
                add(Month(year: unit, number: number))
            }
            unit += step
        case .monthly:
            guard spend(2), unit < 120_000 else { return false }
            add(Month(index: unit))
            unit += step
        case .weekly:
            guard spend(2), unit <= CivilDate.lastDay else { return false }
            for day in unit..<(unit + 7) where isAllowed(day: day) { set.days.append(day) }
            unit += step
        case .daily:
            guard let day = nextDay(unitsPerDay: 1) else { return false }
            set.days.append(day)
            unit += step
        case .hourly, .minutely, .secondly: return fillBelowDay()
        }
        set.hours = hours
        set.minutes = minutes
        set.seconds = seconds
        return true
    }

    private mutating func add(_ month: Month) {
        var days = selection.days(of: month)
        while days != 0 {
            set.days.append(month.firstDay + days.trailingZeroBitCount - 1)
            days &= days - 1
        }
        if selection.skipsForward(month) {
            let day = month.firstDay + month.length
            if day <= CivilDate.lastDay, set.days.last != day { set.days.append(day) }
        } else if selection.skip == .forward {
            // The first of this month may have come from the one before.
            set.removeRepetition()
        }
    }

    /// Moves `unit` on to the first interval on a day that is allowed.
    private mutating func nextDay(unitsPerDay: Int) -> Int? {
        while true {
            let day = floorDivide(unit, unitsPerDay)
            guard spend(1), day <= CivilDate.lastDay, day >= CivilDate.firstDay else { return nil }
            if selection.isEveryDay { return day }
            enter(monthOf: day)
            let later = monthDays >> UInt32(day - month.firstDay + 1)
            if later & 1 != 0 { return day }
            let next =
                later == 0
                ? month.firstDay + month.length : day + later.trailingZeroBitCount
            advance(to: next * unitsPerDay)
        }
    }

    private mutating func isAllowed(day: Int) -> Bool {
        guard day >= CivilDate.firstDay, day <= CivilDate.lastDay else { return false }
        enter(monthOf: day)
        return monthDays & (1 << UInt32(day - month.firstDay + 1)) != 0
    }

    private mutating func enter(monthOf day: Int) {
        let offset = day - month.firstDay
        guard offset < 0 || offset >= month.length else { return }
        if offset == month.length, month.year < 9999 {
            month = month.next
        } else {
            let date = CivilDate(days: day)
            month = Month(year: date.year, number: date.month)
        }
        monthDays = selection.days(of: month)
    }

    /// Moves `unit` to the first interval not before `target`.
    private mutating func advance(to target: Int) {
        guard target > unit else { return }
        unit += (target - unit + step - 1) / step * step
    }

    private mutating func fillBelowDay() -> Bool {
        let perDay = frequency == .hourly ? 24 : frequency == .minutely ? 1440 : 86_400
        let perHour = perDay / 24
        while let day = nextDay(unitsPerDay: perDay) {
            let inDay = unit - day * perDay
            let hour = inDay / perHour
            guard isAllowed(hour, hours) else {
                let next = hours.first { $0 > hour } ?? 24
                advance(to: day * perDay + next * perHour)
                continue
            }
            set.hours = [hour]
            set.minutes = minutes
            set.seconds = seconds
            if perHour > 1 {
                let minute = inDay % perHour / (perHour / 60)
                let hourUnit = day * perDay + hour * perHour
                guard isAllowed(minute, minutes) else {
                    let next = minutes.first { $0 > minute } ?? 60
                    advance(to: hourUnit + next * (perHour / 60))
                    continue
                }
                set.minutes = [minute]
                if perHour == 3600 {
                    let second = inDay % 60
                    guard isAllowed(second, seconds) else {
                        let next = seconds.first { $0 > second } ?? 60
                        advance(to: hourUnit + minute * 60 + next)
                        continue
                    }
                    set.seconds = [second]
                }
            }
            set.days.append(day)
            unit += step
            return true
        }
        return false
    }

    private func isAllowed(_ value: Int, _ list: [Int]) -> Bool {
        list.isEmpty || list.contains(value)
    }
}

func floorDivide(_ a: Int, _ b: Int) -> Int {
    let quotient = a / b
    return a % b < 0 ? quotient - 1 : quotient
}
