/// A time of day.
package struct CivilTime: Hashable, Sendable {
    package let hour: Int
    package let minute: Int
    package let second: Int

    package static let midnight = CivilTime(secondOfDay: 0)

    /// Nil for a time that does not exist; second 60 is read as 59 (RFC 5545 §3.3.12).
    package init?(hour: Int, minute: Int, second: Int) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second) else {
            return nil
        }
        self.hour = hour
        self.minute = minute
        self.second = min(second, 59)
    }

    /// Reads `083000`, or `0830` without seconds.
    package init?(basic: String) {
        guard let time = CivilTime(bytes: Array(basic.utf8)[...]) else { return nil }
        self = time
    }

    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 6 || bytes.count == 4, let hour = ASCII.number(bytes.prefix(2)),
            let minute = ASCII.number(bytes.dropFirst(2).prefix(2)),
            let second = bytes.count == 4 ? 0 : ASCII.number(bytes.dropFirst(4))
        else { return nil }
        self.init(hour: hour, minute: minute, second: second)
    }

    /// Taken modulo a day.
    init(secondOfDay: Int) {
        let second = ((secondOfDay % 86_400) + 86_400) % 86_400
        self.hour = second / 3600
        self.minute = second / 60 % 60
        self.second = second % 60
    }

    /// `083000`.
    package var basic: String {
        ASCII.padded(hour, 2) + ASCII.padded(minute, 2) + ASCII.padded(second, 2)
    }

    package var secondOfDay: Int { hour * 3600 + minute * 60 + second }
}

extension CivilTime: Comparable {
    package static func < (a: CivilTime, b: CivilTime) -> Bool {
        a.secondOfDay < b.secondOfDay
    }
}

/// A day and a time of day, in no zone.
package struct CivilDateTime: Hashable, Sendable {
    package let date: CivilDate
    package let time: CivilTime

    package init(date: CivilDate, time: CivilTime) {
        self.date = date
        self.time = time
    }

    /// Nil for what does not exist.
    package init?(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
    ) {
        guard let date = CivilDate(year: year, month: month, day: day),
            let time = CivilTime(hour: hour, minute: minute, second: second)
        else { return nil }
        self.init(date: date, time: time)
    }

    /// Reads `19970714T083000`, seconds left out or not.
    package init?(basic: String) {
        guard let value = CivilDateTime(bytes: Array(basic.utf8)[...]) else { return nil }
        self = value
    }

    /// `T240000`, which some write, is the midnight that follows.
    init?(bytes: ArraySlice<UInt8>) {
        guard bytes.count == 15 || bytes.count == 13,
            bytes[bytes.startIndex + 8] & 0xDF == UInt8(ascii: "T"),
            let date = CivilDate(bytes: bytes.prefix(8))
        else { return nil }
        let clock = bytes.dropFirst(9)
        if let time = CivilTime(bytes: clock) {
            self.init(date: date, time: time)
        } else if clock.starts(with: Array("2400".utf8)),
            clock.dropFirst(4).allSatisfy({ $0 == 48 })
        {
            self.init(date: date.adding(days: 1), time: .midnight)
        } else {
            return nil
        }
    }

    /// `19970714T083000`.
    package var basic: String { "\(date.basic)T\(time.basic)" }

    /// Seconds of the wall clock since 1970-01-01T000000; no instant, since it has no zone.
    package var wallSeconds: Int64 {
        Int64(date.days) * 86_400 + Int64(time.secondOfDay)
    }

    /// Kept within the years 0 to 9999.
    package init(wallSeconds: Int64) {
        var days = wallSeconds / 86_400
        var second = wallSeconds % 86_400
        if second < 0 {
            second += 86_400
            days -= 1
        }
        if days < Int64(CivilDate.firstDay) {
            self.init(date: CivilDate(days: CivilDate.firstDay), time: .midnight)
        } else if days > Int64(CivilDate.lastDay) {
            self.init(
                date: CivilDate(days: CivilDate.lastDay), time: CivilTime(secondOfDay: 86_399))
        } else {
            self.init(date: CivilDate(days: Int(days)), time: CivilTime(secondOfDay: Int(second)))
        }
    }

    /// Wall-clock time later (or earlier); kept within the years 0 to 9999.
    package func adding(days: Int = 0, seconds: Int = 0) -> CivilDateTime {
        let (daySeconds, overflow) = Int64(days).multipliedReportingOverflow(by: 86_400)
        guard !overflow else { return CivilDateTime(wallSeconds: days < 0 ? .min : .max) }
        let sum = daySeconds.addingClamped(Int64(seconds))
        return CivilDateTime(wallSeconds: wallSeconds.addingClamped(sum))
    }
}

extension CivilDateTime: Comparable {
    package static func < (a: CivilDateTime, b: CivilDateTime) -> Bool {
        (a.date, a.time) < (b.date, b.time)
    }
}

extension Int64 {
    /// The sum, or the number nearest to it.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
