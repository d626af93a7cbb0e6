extension Zone {
    /// A VTIMEZONE that says what the zone's clocks show in a span, and little more.
    ///
    /// Where there is daylight saving it begins with the pair of STANDARD and DAYLIGHT that is in force at
    /// the start, whatever the season: Outlook and Exchange want both. Changes that follow a rule for two
    /// years or more become an RRULE, others RDATEs; a rule that holds at the end of the span is written
    /// without end. Further pairs are there only where the rules change within the span.
    /// - Parameters:
    ///   - from: UTC seconds; before it only the offset then in force is right.
    ///   - through: UTC seconds.
    package func vtimezone(tzid: String, from: Int64, through: Int64) -> Component {
        var timezone = Component(name: "VTIMEZONE")
        timezone.append(Property("TZID", text: tzid))
        // Rules that reach the end of the table go on for ever.
        let end = rules.repeats ? min(through, Repetition.start - 2 * 366 * 86_400) : through
        timezone.components = Onset.observances(
            onsets(from: from, through: through), endsOpen: end)
        if timezone.components.isEmpty {
            // Nothing changes up to the end of the span.
            let type = rules.types[rules.type(at: from)]
            let onset = Onset(wall: 0, from: type.offset, type: type, isSeasonal: false)
            timezone.components = [onset.observance()]
        }
        if !timezone.components.contains(where: { $0.name == "STANDARD" }) {
            // The last change of a zone that is fixed since.
            timezone.components = timezone.components.map {
                Component(name: "STANDARD", properties: $0.properties)
            }
        }
        return timezone
    }

    /// The change in force at `from`, and those up to the end of the rules that hold at `through`.
    private func onsets(from: Int64, through: Int64) -> [Onset] {
        let changes = rules.changes
        let first = firstOfPair(at: from)
        // Two years more show whether a rule goes on.
        let end = through.addingClamped(2 * 366 * 86_400)
        var onsets: [Onset] = []
        for index in first..<max(first, changes.count) where changes[index].instant <= end {
            let before = index == 0 ? 0 : changes[index - 1].type
            let type = rules.types[changes[index].type]
            let offset = rules.types[before].offset
            let wall = changes[index].instant.addingClamped(Int64(offset))
            // A change of the name alone is none for a calendar.
            if offset == type.offset, rules.types[before].isDaylight == type.isDaylight,
                !onsets.isEmpty
            {
                continue
            }
            let isSeasonal = type.isDaylight != rules.types[before].isDaylight
            onsets.append(Onset(wall: wall, from: offset, type: type, isSeasonal: isSeasonal))
        }
        return onsets
    }
}

extension Zone {
    /// Seconds between the two changes of a year, at most.
    private static let season: Int64 = 366 * 86_400

    /// The change in force at an instant; where clocks change twice a year then, the one before it.
    private func firstOfPair(at instant: Int64) -> Int {
        let changes = rules.changes
        guard let current = changes.lastIndex(where: { $0.instant <= instant }) else { return 0 }
        guard current > 0 else { return current }
        let previous = current - 1
        let isDaylight = { (index: Int) in rules.types[changes[index].type].isDaylight }
        let isRecent =
            changes[current].instant.addingClamped(-changes[previous].instant) <= Zone.season
        // A zone that has stopped to change is fixed from then on.
        let isSeasonal =
            changes.indices.contains(current + 1)
            && changes[current + 1].instant.addingClamped(-changes[current].instant)
                <= Zone.season
        return isRecent && isSeasonal && isDaylight(current) != isDaylight(previous)
            ? previous : current
    }
}

/// One change of a zone's offset.
private struct Onset {
    /// By the clock before the change.
    let wall: Int64
    let from: Int32
    let type: ZoneRules.LocalType
    /// Whether it begins or ends daylight saving.
    let isSeasonal: Bool

    var civil: CivilDateTime { CivilDateTime(wallSeconds: wall) }

    /// Zone files may call the summer the standard time and the winter the daylight saving of an hour less
    /// (Europe/Dublin); calendar programs take the clocks that are ahead for daylight saving.
    private var name: String {
        guard isSeasonal else { return "STANDARD" }
        return type.offset > from ? "DAYLIGHT" : "STANDARD"
    }

    struct Key: Hashable {
        let from: Int32
        let type: ZoneRules.LocalType
    }

    var key: Key { Key(from: from, type: type) }

    func observance(_ repetition: [Property] = []) -> Component {
        var properties = [
            Property("DTSTART", raw: civil.basic),
            Property("TZOFFSETFROM", raw: Onset.text(from)),
            Property("TZOFFSETTO", raw: Onset.text(type.offset)),
        ]
        properties += repetition
        if !type.abbreviation.isEmpty {
            properties.append(Property("TZNAME", text: type.abbreviation))
        }
        return Component(name: name, properties: properties)
    }

    /// `+0100`, with seconds where there are any.
    private static func text(_ offset: Int32) -> String {
        let size = Int(abs(offset))
        let seconds = size % 60 == 0 ? "" : ASCII.padded(size % 60, 2)
        return (offset < 0 ? "-" : "+") + ASCII.padded(size / 3600, 2)
            + ASCII.padded(size / 60 % 60, 2) + seconds
    }

    static func observances(_ onsets: [Onset], endsOpen through: Int64) -> [Component] {
        var open: [YearlyRun] = []
        var finished: [YearlyRun] = []
        for onset in onsets {
            if let index = open.firstIndex(where: { $0.canTake(onset) }) {
                open[index].take(onset)
            } else {
                // A run that misses a year is over.
                finished += open.filter { $0.first.key == onset.key && $0.isBefore(onset) }
                open.removeAll { $0.first.key == onset.key && $0.isBefore(onset) }
                open.append(YearlyRun(onset))
            }
        }
        finished += open
        var ruled: [(wall: Int64, component: Component)] = []
        var single: [Key: [Onset]] = [:]
        for run in finished {
            let kept = run.onsets.filter { $0.wall - Int64($0.from) <= through }
            guard let first = kept.first else { continue }
            if run.onsets.count >= 2, let rule = run.rule(openAfter: through) {
                ruled.append((first.wall, first.observance([rule])))
            } else {
                single[first.key, default: []] += kept
            }
        }
        for group in single.values {
            let sorted = group.sorted { $0.wall < $1.wall }
            guard let first = sorted.first else { continue }
            let dates = sorted.dropFirst().map { Property("RDATE", raw: $0.civil.basic) }
            ruled.append((first.wall, first.observance(Array(dates))))
        }
        return ruled.sorted { ($0.wall, $0.component.name) < ($1.wall, $1.component.name) }
            .map(\.component)
    }
}

/// Changes of successive years that one yearly rule gives.
private struct YearlyRun {
    private(set) var onsets: [Onset]
    /// The day of the month in all years, while it is the same.
    private var monthDay: Int?
    /// Whether it is the last such weekday of the month in all years.
    private var isLast: Bool
    /// The first days of the weeks that all days lie in: the nth weekday, or the first on or after
    /// some day.
    private var weekStarts: ClosedRange<Int>

    init(_ onset: Onset) {
        let (day, isLast, weekStarts) = YearlyRun.place(onset)
        onsets = [onset]
        monthDay = day
        self.isLast = isLast
        self.weekStarts = weekStarts
    }

    var first: Onset { onsets[0] }

    private static func place(_ onset: Onset) -> (Int, Bool, ClosedRange<Int>) {
        let date = onset.civil.date
        let length = CivilDate.days(inMonth: date.month, of: date.year)
        // A week that begins after the 22nd may miss the end of a short month.
        let low = max(1, date.day - 6)
        return (date.day, date.day + 7 > length, low...max(low, date.day))
    }

    func isBefore(_ onset: Onset) -> Bool {
        (onsets.last?.civil.date.year ?? 0) + 1 < onset.civil.date.year
    }

    func canTake(_ onset: Onset) -> Bool {
        guard let last = onsets.last, last.key == onset.key else { return false }
        let (a, b) = (last.civil, onset.civil)
        guard a.date.year + 1 == b.date.year, a.date.month == b.date.month, a.time == b.time else {
            return false
        }
        let (day, isLast, weekStarts) = YearlyRun.place(onset)
        if monthDay == day { return true }
        guard a.date.weekday == b.date.weekday, onsets.allSatisfy({ $0.hasWeekday(of: onset) })
        else { return false }
        return self.isLast && isLast || self.weekStarts.overlaps(weekStarts)
    }

    mutating func take(_ onset: Onset) {
        let (day, isLast, weekStarts) = YearlyRun.place(onset)
        onsets.append(onset)
        if monthDay != day { monthDay = nil }
        self.isLast = self.isLast && isLast
        let low = max(self.weekStarts.lowerBound, weekStarts.lowerBound)
        let high = min(self.weekStarts.upperBound, weekStarts.upperBound)
        // No common week: only the last weekday, or the day of the month, is left.
        self.weekStarts = low <= high ? low...high : 40...40
    }

    /// - Parameter through: a run that goes on after it is not ended by UNTIL.
    func rule(openAfter through: Int64) -> Property? {
        guard let last = onsets.last else { return nil }
        let date = first.civil.date
        let day = RecurrenceRule.weekdayNames[date.weekday - 1]
        var text = "FREQ=YEARLY;BYMONTH=\(date.month)"
        if onsets.allSatisfy({ $0.hasWeekday(of: first) }), isLast {
            text += ";BYDAY=-1\(day)"
        } else if onsets.allSatisfy({ $0.hasWeekday(of: first) }),
            let start = [1, 8, 15, 22].first(where: weekStarts.contains)
        {
            text += ";BYDAY=\(start / 7 + 1)\(day)"
        } else if let monthDay {
            text += ";BYMONTHDAY=\(monthDay)"
        } else if weekStarts.upperBound <= 31 {
            let days = weekStarts.lowerBound...min(weekStarts.lowerBound + 6, 31)
            text += ";BYMONTHDAY=\(days.map(String.init).joined(separator: ","));BYDAY=\(day)"
        } else {
            return nil
        }
        let instant = last.wall.addingClamped(-Int64(last.from))
        if instant <= through {
            // A day later, for programs that read it on the local clock.
            let until = CivilDateTime(wallSeconds: instant.addingClamped(86_400))
            text += ";UNTIL=\(until.basic)Z"
        }
        return Property("RRULE", raw: text)
    }
}

extension Onset {
    fileprivate func hasWeekday(of other: Onset) -> Bool {
        civil.date.weekday == other.civil.date.weekday
    }
}
