/// A day of the Gregorian calendar, of the years 0 to 9999.
package struct CivilDate: Hashable, Sendable {
    package let year: Int
    package let month: Int
    package let day: Int

    /// Nil for a day that does not exist.
    package init?(year: Int, month: Int, day: Int) {
        guard (0...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= CivilDate.days(inMonth: month, of: year)
        else { return nil }
        self.init(uncheckedYear: year, month: month, day: day)
    }

    init(uncheckedYear year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `19970714`.
    package init?(basic: String) {
        guard let date = CivilDate(bytes: Array(basic.utf8)[...]) else { return nil }
        self = date
    }

    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 8, let year = ASCII.number(bytes.prefix(4)),
            let month = ASCII.number(bytes.dropFirst(4).prefix(2)),
            let day = ASCII.number(bytes.dropFirst(6))
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// `19970714`.
    package var basic: String {
        ASCII.padded(year, 4) + ASCII.padded(month, 2) + ASCII.padded(day, 2)
    }

    /// 1 Monday to 7 Sunday.
    package var weekday: Int {
        CivilDate.weekday(ofDay: days) + 1
    }

    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Days after (or before) this one; the first or last day of all where there is no such day.
    package func adding(days: Int) -> CivilDate {
        let (sum, overflow) = self.days.addingReportingOverflow(days)
        return CivilDate(days: overflow ? (days < 0 ? .min : .max) : sum)
    }
}

extension CivilDate: Comparable {
    package static func < (a: CivilDate, b: CivilDate) -> Bool {
        (a.year, a.month, a.day) < (b.year, b.month, b.day)
    }
}

// Days are counted from 1970-01-01 by the usual method of eras of 400 years that begin in March.
extension CivilDate {
    static let firstDay = -719_528
    static let lastDay = 2_932_896

    /// Days since 1970-01-01.
    package var days: Int {
        CivilDate.day(year: year, month: month, day: day)
    }

    /// Number of a day; month and day must exist.
    static func day(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The day of a number, kept within the years 0 to 9999.
    package init(days: Int) {
        let days = min(max(days, CivilDate.firstDay), CivilDate.lastDay)
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            uncheckedYear: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// 0 Monday to 6 Sunday; 1970-01-01 was a Thursday.
    static func weekday(ofDay day: Int) -> Int {
        let remainder = (day + 3) % 7
        return remainder < 0 ? remainder + 7 : remainder
    }
}

extension ASCII {
    /// Digits and nothing else, at most nine.
    static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.count <= 9 else { return nil }
        var value = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
