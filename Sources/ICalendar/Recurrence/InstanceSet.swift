/// All instances of one object, found as they are asked for.
///
/// Reads the object once; work on one set is bounded, however the rules are made.
package struct InstanceSet: Sendable {
    package let zones: ZoneTable
    let kind: CalendarObject.Kind
    /// Nil without a master, or where it has no date.
    let master: InstanceSource?
    let overrides: [Override]
    /// Of the overrides, those for all later instances too, by original start.
    private let changes: [Override]
    private let overridden: Set<Int64>
    var hasChanges: Bool { !changes.isEmpty }
    let isRecurring: Bool
    /// A calendar other than the Gregorian: the set is not known.
    let isForeign: Bool

    package init(_ object: CalendarObject, floating: Zone) {
        self.init(object, zones: ZoneTable(calendar: object.calendar, floating: floating))
    }

    init(_ object: CalendarObject, zones: ZoneTable) {
        self.zones = zones
        kind = object.kind
        let component = object.master
        let master = component.flatMap { component in
            Timing(component, zones).map { InstanceSource(component, $0) }
        }
        self.master = master
        isRecurring = master.map { $0.component.has("RRULE") || $0.component.has("RDATE") } ?? false
        isForeign =
            isRecurring
            && master.map {
                OccurrenceIterator.rules($0.component, "RRULE").contains { !$0.isGregorian }
            } == true
        var all: [Override] = []
        let name = object.kind.name
        for (index, component) in object.calendar.components.enumerated()
        where component.name == name && component.has("RECURRENCE-ID") {
            if let override = Override(component, at: index, master?.timing, zones) {
                all.append(override)
            }
        }
        overrides = Override.current(all, master, zones)
        changes = overrides.filter(\.isThisAndFuture).sorted { $0.wall < $1.wall }
        overridden = Set(overrides.map(\.wall))
    }

    /// The instances that may touch a range, one after another: occurrences of the master by
    /// start, then overrides. `body` answers whether it wants more.
    ///
    /// - Parameter range: UTC seconds; what lies just outside may come too.
    package func forEach(near range: Range<Int64>, _ body: (Instance) -> Bool) {
        guard forEachOccurrence(near: range, body) else { return }
        for override in overrides {
            guard body(override.instance) else { return }
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

    /// - Returns: false when `body` wanted no more.
    private func forEachOccurrence(near range: Range<Int64>, _ body: (Instance) -> Bool) -> Bool {
        guard let master else { return true }
        guard isRecurring else {
            let wall = master.timing.start.civil.wallSeconds
            return overridden.contains(wall)
                || body(occurrence(.init(wall: wall, end: nil), of: master))
        }
        // Zones are at most a day apart from UTC.
        let margin: Int64 = 2 * 86_400
        let reach = longest.addingClamped(margin)
        let lower = range.lowerBound.addingClamped(-reach)
        let upper = range.upperBound.addingClamped(reach)
        var iterator = OccurrenceIterator(master.component, master.timing, zones)
        iterator.seek(toWall: lower)
        while let next = iterator.next(), next.wall < upper {
            if !overridden.isEmpty, overridden.contains(next.wall) { continue }
            guard body(occurrence(next, of: master)) else { return false }
        }
        return true
    }

    /// How far an instance may reach beyond its original start.
    var longest: Int64 {
        var longest = master?.timing.longest ?? 0
        for property in master?.component.all("RDATE") ?? [] {
            for period in property.periods {
                guard let end = period.end(zones) else { continue }
                longest = max(longest, end.addingClamped(-zones.instant(of: period.start)))
            }
        }
        for change in changes {
            longest = max(longest, change.source.timing.longest.addingClamped(max(0, change.shift)))
            longest = max(longest, change.shift == .min ? .max : -change.shift)
        }
        return longest
    }

    /// The instance of an occurrence, as the last override of "this and future" left it.
    func occurrence(
        _ occurrence: OccurrenceIterator.Occurrence, of master: InstanceSource
    ) -> Instance {
        if !changes.isEmpty, let change = change(at: occurrence.wall) {
            return changed(occurrence.wall, by: change, master)
        }
        let timing = master.timing
        let start = timing.zone.seconds(ofWall: occurrence.wall)
        return Instance(
            start: start,
            end: occurrence.end ?? timing.end(ofWall: occurrence.wall, startingAt: start),
            hasEnd: timing.hasEnd || occurrence.end != nil, source: master, wall: occurrence.wall,
            originalWall: occurrence.wall, original: isRecurring ? master : nil)
    }

    /// The last of `changes` that is not after a time.
    private func change(at wall: Int64) -> Override? {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].wall <= wall { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? changes[low - 1] : nil
    }

    /// The shift is one of the clock of the master's zone; the override may have another.
    private func changed(_ wall: Int64, by change: Override, _ master: InstanceSource) -> Instance {
        let timing = change.source.timing
        var moved = wall.addingClamped(change.shift)
        if timing.zone.rules !== master.timing.zone.rules {
            moved = timing.zone.wall(at: master.timing.zone.seconds(ofWall: moved))
        }
        return Instance(
            start: timing.zone.seconds(ofWall: moved), end: timing.end(ofWall: moved),
            hasEnd: timing.hasEnd, source: change.source, wall: moved, originalWall: wall,
            original: master)
    }
}
