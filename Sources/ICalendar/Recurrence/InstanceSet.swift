/// One instance of a component: an occurrence of its master, or an override.
package struct Instance: Sendable {
    /// UTC seconds.
    package let start: Int64
    /// UTC seconds, exclusive; the start itself where there is no extent.
    package let end: Int64
    /// The start in the form that the component writes it.
    package let startValue: DateTimeValue
    /// The original start, in the form of the master's DTSTART; nil where nothing recurs.
    package let recurrenceID: DateTimeValue?
    /// The component that describes the instance: the master, an override of it alone, or one of
    /// this and all later ones.
    package let component: Component
    /// DTEND, DUE or DURATION is there.
    package let hasEnd: Bool
}

/// All instances of one object, found as they are asked for.
///
/// Reads the object once; work on one set is bounded, however the rules are made.
package struct InstanceSet: Sendable {
    /// A component with RECURRENCE-ID.
    struct Override: Sendable {
        let component: Component
        let recurrenceID: DateTimeValue
        /// On the clock of the master's zone.
        let wall: Int64
        let timing: Timing
        let isThisAndFuture: Bool
        /// How much later than its original start it begins, by the clock.
        let shift: Int64
    }

    package let zones: ZoneTable
    let kind: CalendarObject.Kind
    let master: Component?
    let timing: Timing?
    let overrides: [Override]
    /// Of the overrides, those for all later instances too, in order.
    private let changes: [Override]
    private let overridden: Set<Int64>
    let isRecurring: Bool
    /// A calendar other than the Gregorian: the set is not known.
    let isForeign: Bool

    package init(_ object: CalendarObject, floating: Zone) {
        self.init(object, zones: ZoneTable(calendar: object.calendar, floating: floating))
    }

    init(_ object: CalendarObject, zones: ZoneTable) {
        self.zones = zones
        kind = object.kind
        let master = object.master
        let timing = master.flatMap { Timing($0, zones) }
        self.master = master
        self.timing = timing
        isRecurring =
            timing != nil && (master?.has("RRULE") == true || master?.has("RDATE") == true)
        isForeign =
            isRecurring
            && master.map { OccurrenceIterator.rules($0, "RRULE").contains { !$0.isGregorian } }
                == true
        let all = object.overrides.compactMap { InstanceSet.override($0, timing, zones) }
        overrides = InstanceSet.current(all, master, timing, zones)
        changes = overrides.filter(\.isThisAndFuture).sorted { $0.wall < $1.wall }
        overridden = Set(overrides.map(\.wall))
    }

    /// Of several overrides of one instance the last of the highest SEQUENCE; none that is older
    /// than its master and of an instance that the master no longer has.
    private static func current(
        _ all: [Override], _ master: Component?, _ timing: Timing?, _ zones: ZoneTable
    ) -> [Override] {
        var places: [Int64: Int] = [:]
        var current: [Override] = []
        for override in all {
            if let place = places[override.wall] {
                if current[place].component.sequence <= override.component.sequence {
                    current[place] = override
                }
            } else {
                places[override.wall] = current.count
                current.append(override)
            }
        }
        guard let master, let timing else { return current }
        let sequence = master.sequence
        guard current.contains(where: { $0.component.sequence < sequence }) else { return current }
        let occurrences = OccurrenceIterator(master, timing, zones)
        return current.filter { override in
            guard override.component.sequence < sequence else { return true }
            var later = occurrences
            later.seek(toWall: override.wall)
            return later.next()?.wall == override.wall
        }
    }

    private static func override(
        _ component: Component, _ master: Timing?, _ zones: ZoneTable
    ) -> Override? {
        guard let property = component.first("RECURRENCE-ID"), let id = property.dateTime,
            let timing = Timing(component, zones) ?? Timing(at: id, zones)
        else { return nil }
        let wall = (master ?? timing).wall(of: id, zones)
        let isThisAndFuture = property.parameter("RANGE")?.uppercased() == "THISANDFUTURE"
        return Override(
            component: component, recurrenceID: id, wall: wall, timing: timing,
            isThisAndFuture: isThisAndFuture && master != nil,
            shift: (master ?? timing).wall(of: timing.start, zones).addingClamped(-wall))
    }

    /// The instances that may touch a range, one after another: occurrences of the master by
    /// start, then overrides. `body` answers whether it wants more.
    ///
    /// - Parameter range: UTC seconds; what lies just outside may come too.
    package func forEach(near range: Range<Int64>, _ body: (Instance) -> Bool) {
        guard forEachOccurrence(near: range, body) else { return }
        for override in overrides {
            guard body(instance(of: override)) else { return }
        }
    }

    /// The instances that overlap a range (RFC 4791 §9.9), by start.
    /// - Parameter limit: how many at most.
    package func instances(in range: Range<Int64>, limit: Int) -> [Instance] {
        var instances: [Instance] = []
        forEach(near: range) { instance in
            if TimeRange.overlaps(instance, range, kind) { instances.append(instance) }
            return instances.count < limit
        }
        return instances.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    func instance(of override: Override) -> Instance {
        let wall = override.timing.start.civil.wallSeconds
        return Instance(
            start: override.timing.zone.seconds(ofWall: wall),
            end: override.timing.end(ofWall: wall),
            startValue: override.timing.start, recurrenceID: override.recurrenceID,
            component: override.component, hasEnd: override.timing.hasEnd)
    }

    /// - Returns: false when `body` wanted no more.
    private func forEachOccurrence(near range: Range<Int64>, _ body: (Instance) -> Bool) -> Bool {
        guard let master, let timing else { return true }
        guard isRecurring else {
            let wall = timing.start.civil.wallSeconds
            guard !overridden.contains(wall), let only = occurrence(.init(wall: wall, end: nil))
            else { return true }
            return body(only)
        }
        // Zones are at most a day apart from UTC.
        let margin: Int64 = 2 * 86_400
        let reach = longest.addingClamped(margin)
        let lower = range.lowerBound.addingClamped(-reach)
        let upper = range.upperBound.addingClamped(reach)
        var iterator = OccurrenceIterator(master, timing, zones)
        iterator.seek(toWall: lower)
        while let next = iterator.next(), next.wall < upper {
            if overridden.contains(next.wall) { continue }
            guard let instance = occurrence(next), body(instance) else { return false }
        }
        return true
    }

    /// How far an instance may reach beyond its original start.
    var longest: Int64 {
        var longest = timing?.longest ?? 0
        for property in master?.all("RDATE") ?? [] {
            for period in property.periods {
                guard let end = period.end(zones) else { continue }
                longest = max(longest, end.addingClamped(-zones.instant(of: period.start)))
            }
        }
        for change in changes {
            longest = max(longest, change.timing.longest.addingClamped(max(0, change.shift)))
            longest = max(longest, change.shift == .min ? .max : -change.shift)
        }
        return longest
    }

    /// The instance of an occurrence, as the last override of "this and future" left it.
    func occurrence(_ occurrence: OccurrenceIterator.Occurrence) -> Instance? {
        guard let master, let timing else { return nil }
        let wall = occurrence.wall
        let recurrenceID = timing.start.with(civil: CivilDateTime(wallSeconds: wall))
        if let change = changes.last(where: { $0.wall <= wall }) {
            // The shift is one of the clock of the master's zone; the override may have another.
            let moved = wall.addingClamped(change.shift)
            let civil: CivilDateTime
            if change.timing.zone.rules === timing.zone.rules {
                civil = CivilDateTime(wallSeconds: moved)
            } else {
                civil = change.timing.zone.civil(at: timing.zone.seconds(ofWall: moved))
            }
            return Instance(
                start: change.timing.zone.seconds(of: civil),
                end: change.timing.end(ofWall: civil.wallSeconds),
                startValue: change.timing.start.with(civil: civil), recurrenceID: recurrenceID,
                component: change.component, hasEnd: change.timing.hasEnd)
        }
        return Instance(
            start: timing.zone.seconds(ofWall: wall),
            end: occurrence.end ?? timing.end(ofWall: wall), startValue: recurrenceID,
            recurrenceID: isRecurring ? recurrenceID : nil, component: master,
            hasEnd: timing.hasEnd || occurrence.end != nil)
    }
}

extension Timing {
    /// An override without DTSTART takes place when its RECURRENCE-ID says.
    fileprivate init?(at start: DateTimeValue, _ zones: ZoneTable) {
        let property = start.property(named: "DTSTART")
        self.init(Component(name: "VEVENT", properties: [property]), zones)
    }

    /// A value on the clock of this start; where the start is a DATE only the day counts.
    func wall(of value: DateTimeValue, _ zones: ZoneTable) -> Int64 {
        if start.isDate {
            return CivilDateTime(date: value.civil.date, time: .midnight).wallSeconds
        }
        if value.tzid == start.tzid, value.isUTC == start.isUTC, !value.isDate {
            return value.civil.wallSeconds
        }
        return zone.wall(at: zones.instant(of: value))
    }
}
