/// Which days a rule allows: BYMONTH, BYWEEKNO, BYYEARDAY, BYMONTHDAY and BYDAY, or what DTSTART
/// gives in their stead (RFC 5545 §3.3.10).
///
/// Whether a part expands or limits comes to the same for days: a day of the interval is in the
/// set when every part allows it. A month is a mask, bit n for day n.
struct DaySelection: Sendable {
    private let months: UInt16
    private let monthDays: UInt32
    private let monthDaysFromEnd: UInt32
    private let weekdays: UInt8
    private let ordinals: [RecurrenceRule.DayOfWeek]
    private let hasDays: Bool
    /// Ordinals of BYDAY count within the year, not the month (YEARLY without BYMONTH).
    private let countsInYear: Bool
    private let yearDays: [Int]
    private let weekNumbers: [Int]
    private let weekStart: Int
    let skip: RecurrenceRule.Skip
    /// Every day is in the set.
    let isEveryDay: Bool

    init(_ rule: RecurrenceRule, start: CivilDate) {
        var byMonth = rule.byMonth
        var byMonthDay = rule.byMonthDay
        var byDay = rule.byDay
        let hasNoDay = byMonthDay.isEmpty && rule.byYearDay.isEmpty && byDay.isEmpty
        switch rule.frequency {
        case .yearly where hasNoDay && rule.byWeekNumber.isEmpty:
            if byMonth.isEmpty { byMonth = [start.month] }
            byMonthDay = [start.day]
        case .monthly where hasNoDay && rule.byWeekNumber.isEmpty:
            byMonthDay = [start.day]
        case .weekly where hasNoDay, .yearly where hasNoDay:
            byDay = [.init(weekday: start.weekday - 1)]
        default: break
        }
        months = byMonth.reduce(0) { $0 | 1 << UInt16($1) }
        monthDays = byMonthDay.filter { $0 > 0 }.reduce(0) { $0 | 1 << UInt32($1) }
        monthDaysFromEnd = byMonthDay.filter { $0 < 0 }.reduce(0) { $0 | 1 << UInt32(-$1) }
        // "MUST NOT be specified with a numeric value" below MONTHLY: the number is passed over.
        let countsDays = rule.frequency >= .monthly
        weekdays = byDay.filter { !countsDays || $0.ordinal == nil }
            .reduce(0) { $0 | 1 << UInt8($1.weekday) }
        ordinals = countsDays ? byDay.filter { $0.ordinal != nil } : []
        hasDays = !byDay.isEmpty
        countsInYear = rule.frequency == .yearly && rule.byMonth.isEmpty
        yearDays = rule.byYearDay
        weekNumbers = rule.byWeekNumber
        weekStart = rule.weekStart
        skip = rule.frequency >= .monthly ? rule.skip : .omit
        isEveryDay =
            months == 0 && monthDays == 0 && monthDaysFromEnd == 0 && !hasDays && yearDays.isEmpty
            && weekNumbers.isEmpty
    }

    func allows(month: Int) -> Bool {
        months == 0 || months & (1 << UInt16(month)) != 0
    }

    /// The days of a month that are in the set.
    func days(of month: Month) -> UInt32 {
        guard allows(month: month.number) else { return 0 }
        var days = month.all
        if monthDays != 0 || monthDaysFromEnd != 0 { days &= byMonthDay(month) }
        if hasDays, days != 0 { days &= byDay(month) }
        if !yearDays.isEmpty, days != 0 { days &= byYearDay(month) }
        if !weekNumbers.isEmpty, days != 0 { days &= byWeekNumber(month) }
        return days
    }

    /// SKIP=FORWARD: whether a day that this month lacks falls on the first of the next.
    func skipsForward(_ month: Month) -> Bool {
        guard skip == .forward, allows(month: month.number) else { return false }
        let lacksMonthDay = monthDays & ~(month.all | 1) != 0
        let lacksYearDay =
            month.number == 12 && yearDays.contains(366) && !CivilDate.isLeap(month.year)
        guard lacksMonthDay || lacksYearDay else { return false }
        let next = month.next
        return !hasDays || byDay(next) & 2 != 0
    }

    private func byMonthDay(_ month: Month) -> UInt32 {
        var days = monthDays
        if skip == .backward, monthDays & ~(month.all | 1) != 0 {
            days |= 1 << UInt32(month.length)
        }
        var fromEnd = monthDaysFromEnd
        while fromEnd != 0 {
            let back = fromEnd.trailingZeroBitCount
            fromEnd &= fromEnd - 1
            if back <= month.length { days |= 1 << UInt32(month.length + 1 - back) }
        }
        return days
    }

    private func byDay(_ month: Month) -> UInt32 {
        var days: UInt32 = 0
        var remaining = weekdays
        while remaining != 0 {
            let weekday = remaining.trailingZeroBitCount
            remaining &= remaining - 1
            let first = 1 + (weekday - month.firstWeekday + 7) % 7
            // Days first, first + 7, … first + 28.
            days |= 0x1020_4081 << UInt32(first)
        }
        for day in ordinals {
            guard let ordinal = day.ordinal else { continue }
            if countsInYear {
                let number = dayOfYear(ordinal, day.weekday, month.year) - month.daysBefore
                if number >= 1, number <= month.length { days |= 1 << UInt32(number) }
            } else {
                let first = 1 + (day.weekday - month.firstWeekday + 7) % 7
                let last = first + (month.length - first) / 7 * 7
                let number = ordinal > 0 ? first + (ordinal - 1) * 7 : last + (ordinal + 1) * 7
                if number >= 1, number <= month.length { days |= 1 << UInt32(number) }
            }
        }
        return days & month.all
    }

    /// Day of the year, from 1, of its nth weekday; outside of the year where there is none.
    private func dayOfYear(_ ordinal: Int, _ weekday: Int, _ year: Int) -> Int {
        let length = CivilDate.isLeap(year) ? 366 : 365
        let newYear = CivilDate.weekday(ofDay: CivilDate.day(year: year, month: 1, day: 1))
        let first = 1 + (weekday - newYear + 7) % 7
        let last = first + (length - first) / 7 * 7
        let number = ordinal > 0 ? first + (ordinal - 1) * 7 : last + (ordinal + 1) * 7
        return number <= length ? number : 0
    }

    private func byYearDay(_ month: Month) -> UInt32 {
        let length = CivilDate.isLeap(month.year) ? 366 : 365
        var days: UInt32 = 0
        for yearDay in yearDays {
            var number = yearDay > 0 ? yearDay : length + 1 + yearDay
            if number > length, skip == .backward { number = length }
            guard number >= 1, number <= length else { continue }
            let day = number - month.daysBefore
            if day >= 1, day <= month.length { days |= 1 << UInt32(day) }
        }
        return days
    }

    /// Week one is the first with four days in the year; a week at the turn of the year belongs to
    /// the year of its fourth day.
    private func byWeekNumber(_ month: Month) -> UInt32 {
        var days: UInt32 = 0
        var weekStartDay = month.firstDay - (month.firstWeekday - weekStart + 7) % 7
        let end = month.firstDay + month.length
        while weekStartDay < end {
            if isWeekIncluded(startingOn: weekStartDay) {
                for day in max(weekStartDay, month.firstDay)..<min(weekStartDay + 7, end) {
                    days |= 1 << UInt32(day - month.firstDay + 1)
                }
            }
            weekStartDay += 7
        }
        return days
    }

    private func isWeekIncluded(startingOn start: Int) -> Bool {
        let year = CivilDate(days: start + 3).year
        let first = firstWeekStart(of: year)
        let number = (start - first) / 7 + 1
        let count = (firstWeekStart(of: year + 1) - first) / 7
        return weekNumbers.contains(number) || weekNumbers.contains(number - count - 1)
    }

    private func firstWeekStart(of year: Int) -> Int {
        // The fourth of January is always in week one.
        let fourth = CivilDate.day(year: year, month: 1, day: 4)
        return fourth - (CivilDate.weekday(ofDay: fourth) - weekStart + 7) % 7
    }
}

/// A month with what is needed to place its days.
struct Month: Sendable {
    let year: Int
    let number: Int
    let length: Int
    /// Days since 1970 of its first day.
    let firstDay: Int
    /// 0 Monday to 6 Sunday.
    let firstWeekday: Int

    init(year: Int, number: Int) {
        self.year = year
        self.number = number
        length = CivilDate.days(inMonth: number, of: year)
        firstDay = CivilDate.day(year: year, month: number, day: 1)
        firstWeekday = CivilDate.weekday(ofDay: firstDay)
    }

    /// - Parameter index: months since January of year 0.
    init(index: Int) {
        self.init(year: index / 12, number: index % 12 + 1)
    }

    /// A bit for each day, from bit 1.
    var all: UInt32 { (2 << UInt32(length)) &- 2 }

    /// Days of the year before the month.
    var daysBefore: Int { firstDay - CivilDate.day(year: year, month: 1, day: 1) }

    var next: Month {
        number == 12 ? Month(year: year + 1, number: 1) : Month(year: year, number: number + 1)
    }
}
