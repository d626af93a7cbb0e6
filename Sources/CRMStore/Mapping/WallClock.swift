import ICalendar

// Dates and times in columns: `YYYY-MM-DD HH:MM:SS`.
extension TaskMapping {
    /// What a column's text says on the CRM's wall clock; nil for a date that is none, such as MySQL's
    /// `0000-00-00`.
    func wallClock(_ text: String?, in column: TaskColumn) -> CivilDateTime? {
        guard let text, let time = CivilDateTime(columnText: text) else { return nil }
        guard case .timestamp? = schema[column]?.kind else { return time }
        return zone.civil(at: Zone.utc.seconds(of: time))
    }

    /// The instant of a column's text, in seconds since 1970.
    func instant(_ text: String?, in column: TaskColumn) -> Int64? {
        wallClock(text, in: column).map(zone.seconds(of:))
    }

    /// The text that stores a time of the CRM's wall clock.
    func columnText(_ time: CivilDateTime, in column: TaskColumn) -> String {
        switch schema[column]?.kind {
        case .timestamp?: Zone.utc.civil(at: zone.seconds(of: time)).columnText
        case .date?: CivilDateTime(date: time.date, time: .midnight).columnText
        default: time.columnText
        }
    }

    /// A date or time of an object on the CRM's wall clock: a floating one and a date as they are.
    func wallClock(_ value: DateTimeValue, _ zones: ZoneTable) -> CivilDateTime {
        switch value {
        case .date(let date): CivilDateTime(date: date, time: .midnight)
        case .floating(let time): time
        case .utc, .zoned: zone.civil(at: zones.instant(of: value))
        }
    }

    /// A time of the CRM's wall clock in the form that `model` has: its zone, or UTC, or floating.
    func value(_ time: CivilDateTime, like model: DateTimeValue, _ zones: ZoneTable)
        -> DateTimeValue
    {
        switch model {
        case .date: .date(time.date)
        case .floating: .floating(time)
        case .utc: .utc(Zone.utc.civil(at: zone.seconds(of: time)))
        case .zoned(_, let tzid):
            .zoned(zones.zone(for: tzid).civil(at: zone.seconds(of: time)), tzid: tzid)
        }
    }

    /// A time of the CRM's wall clock as a new object states it.
    func value(_ time: CivilDateTime) -> DateTimeValue {
        zoneIsUTC ? .utc(time) : .zoned(time, tzid: zoneName)
    }

    var zoneIsUTC: Bool { ["UTC", "ETC/UTC", "GMT", "ETC/GMT"].contains(zoneName.uppercased()) }
}

extension CivilDateTime {
    init?(columnText text: String) {
        let fields = text.utf8.split(
            maxSplits: 6, omittingEmptySubsequences: true,
            whereSeparator: { !(0x30...0x39).contains($0) }
        ).map { Int(String(decoding: $0, as: UTF8.self)) ?? -1 }
        guard fields.count >= 3 else { return nil }
        func field(_ index: Int) -> Int { index < fields.count ? fields[index] : 0 }
        self.init(
            year: field(0), month: field(1), day: field(2),
            hour: field(3), minute: field(4), second: field(5))
    }

    var columnText: String {
        let day = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        return "\(day) \(padded(time.hour, 2)):\(padded(time.minute, 2)):\(padded(time.second, 2))"
    }

    var isMidnight: Bool { time == .midnight }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(width - digits.utf8.count, 0)) + digits
}
