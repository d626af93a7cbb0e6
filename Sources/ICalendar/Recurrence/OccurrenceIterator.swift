/// The recurrence set of a master component: DTSTART, RRULE and RDATE without EXDATE and EXRULE
/// (RFC 5545 §3.8.5), one start after another on the clock of DTSTART's zone.
///
/// Overrides are not looked at. DTSTART always is the first instance and counts as one.
struct OccurrenceIterator: IteratorProtocol, Sendable {
    struct Occurrence: Sendable {
        /// On the clock of DTSTART's zone.
        let wall: Int64
        /// End in UTC seconds, where an RDATE is a PERIOD.
        let end: Int64?
    }

    private struct Source: Sendable {
        var generator: RecurrenceGenerator
        /// UNTIL, in UTC seconds.
        let until: Int64
        var head: Int64?

        mutating func advance(_ zone: Zone) {
            head = generator.next()
            if until != .max, let wall = head, zone.seconds(ofWall: wall) > until { head = nil }
        }
    }

    private let zone: Zone
    private var rules: [Source] = []
    private var exceptionRules: [Source] = []
    /// DTSTART and RDATE, in order.
    private(set) var dates: [Occurrence]
    private var dateIndex = 0
    private let exceptions: Set<Int64>
    /// Days on which every instance is taken out.
    private let exceptionDays: Set<Int64>

    /// - Parameter work: steps for all rules together. 200,000 are every day for five centuries, or
    ///   the empty years of a rule that is never met, in some milliseconds.
    init(
        _ master: Component, _ timing: Timing, _ zones: ZoneTable, work: Int = 200_000
    ) {
        zone = timing.zone
        let start = timing.start
        let first = start.civil.wallSeconds
        dates = [Occurrence(wall: first, end: nil)]
        dates += OccurrenceIterator.dates(master, timing, zones)
        dates.sort { $0.wall < $1.wall }
        (exceptions, exceptionDays) = OccurrenceIterator.exceptions(master, timing, zones)
        let rules = OccurrenceIterator.rules(master, "RRULE")
        let exceptionRules = OccurrenceIterator.rules(master, "EXRULE")
        let work = work / max(1, rules.count + exceptionRules.count)
        for rule in rules {
            var source = OccurrenceIterator.source(rule, timing, zones, work)
            source.generator.countStart()
            source.advance(zone)
            self.rules.append(source)
        }
        for rule in exceptionRules {
            var source = OccurrenceIterator.source(rule, timing, zones, work)
            source.advance(zone)
            self.exceptionRules.append(source)
        }
        // Programs delete a series by an UNTIL before its start.
        let begin = zone.seconds(ofWall: first)
        if !rules.isEmpty, self.rules.allSatisfy({ $0.until < begin }) {
            dates.removeAll { $0.wall == first }
        }
    }

    static func rules(_ master: Component, _ name: String) -> [RecurrenceRule] {
        master.all(name).prefix(20).compactMap { RecurrenceRule(bytes: $0.rawBytes) }
    }

    private static func source(
        _ rule: RecurrenceRule, _ timing: Timing, _ zones: ZoneTable, _ work: Int
    ) -> Source {
        Source(
            generator: RecurrenceGenerator(
                rule, start: timing.start.civil, isDate: timing.start.isDate, work: work),
            until: OccurrenceIterator.until(rule, timing, zones))
    }

    /// The last instant that UNTIL allows.
    static func until(_ rule: RecurrenceRule, _ timing: Timing, _ zones: ZoneTable) -> Int64 {
        guard let until = rule.until else { return .max }
        switch until {
        case _ where timing.start.isDate:
            // "MUST have the same value type"; where it has not, its day counts.
            return timing.zone.seconds(of: CivilDateTime(date: until.civil.date, time: .midnight))
        case .utc(let civil): return Zone.utc.seconds(of: civil)
        case .date(let date):
            let next = CivilDateTime(date: date.adding(days: 1), time: .midnight)
            return timing.zone.seconds(of: next).addingClamped(-1)
        case .floating(let civil), .zoned(let civil, _): return timing.zone.seconds(of: civil)
        }
    }

    private static func dates(
        _ master: Component, _ timing: Timing, _ zones: ZoneTable
    ) -> [Occurrence] {
        master.all("RDATE").prefix(10_000).flatMap { property in
            property.periods.map { period in
                Occurrence(wall: timing.wall(of: period.start, zones), end: period.end(zones))
            }
        }
    }

    private static func exceptions(
        _ master: Component, _ timing: Timing, _ zones: ZoneTable
    ) -> (walls: Set<Int64>, days: Set<Int64>) {
        var walls: Set<Int64> = []
        var days: Set<Int64> = []
        for property in master.all("EXDATE").prefix(10_000) {
            for value in property.dateTimes {
                if value.isDate, !timing.start.isDate {
                    // A DATE where a DATE-TIME belongs takes out that day.
                    days.insert(Int64(value.civil.date.days))
                } else {
                    walls.insert(timing.wall(of: value, zones))
                }
            }
        }
        return (walls, days)
    }

    /// Whether a rule could not be followed to its end: the set is longer than what was seen.
    var isExhausted: Bool { rules.contains { $0.generator.isExhausted } }

    /// Goes on with the first occurrence at or after a time of the zone's clock.
    mutating func seek(toWall wall: Int64) {
        while dateIndex < dates.count, dates[dateIndex].wall < wall { dateIndex += 1 }
        for index in rules.indices where rules[index].head ?? .max < wall {
            rules[index].generator.seek(to: wall)
            rules[index].advance(zone)
        }
        for index in exceptionRules.indices where exceptionRules[index].head ?? .max < wall {
            exceptionRules[index].generator.seek(to: wall)
            exceptionRules[index].advance(zone)
        }
    }

    mutating func next() -> Occurrence? {
        while true {
            var wall = Int64.max
            var end: Int64?
            if dateIndex < dates.count { wall = dates[dateIndex].wall }
            for rule in rules { wall = min(wall, rule.head ?? .max) }
            guard wall != .max else { return nil }
            while dateIndex < dates.count, dates[dateIndex].wall == wall {
                end = end ?? dates[dateIndex].end
                dateIndex += 1
            }
            for index in rules.indices where rules[index].head == wall {
                rules[index].advance(zone)
            }
            if !isException(wall) { return Occurrence(wall: wall, end: end) }
        }
    }

    private mutating func isException(_ wall: Int64) -> Bool {
        if !exceptions.isEmpty, exceptions.contains(wall) { return true }
        if !exceptionDays.isEmpty {
            let day = wall / 86_400 - (wall % 86_400 < 0 ? 1 : 0)
            if exceptionDays.contains(day) { return true }
        }
        for index in exceptionRules.indices {
            if exceptionRules[index].head ?? .max < wall {
                exceptionRules[index].generator.seek(to: wall)
                while let head = exceptionRules[index].head, head < wall {
                    exceptionRules[index].advance(zone)
                }
            }
            if exceptionRules[index].head == wall { return true }
        }
        return false
    }
}

extension RecurrenceGenerator {
    /// "The DTSTART property value always counts as the first occurrence": where the rule itself
    /// does not give it, COUNT is one less.
    mutating func countStart() {
        guard !isSeekable else { return }
        var ahead = self
        if ahead.next() != startWall { takeOne() }
    }
}

extension DateTimeValue {
    var isUTC: Bool {
        if case .utc = self { true } else { false }
    }
}
