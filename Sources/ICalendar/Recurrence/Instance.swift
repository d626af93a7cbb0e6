/// One instance of a component: an occurrence of its master, or an override.
package struct Instance: Sendable {
    /// UTC seconds.
    package let start: Int64
    /// UTC seconds, exclusive; the start itself where there is no extent.
    package let end: Int64
    /// DTEND, DUE or DURATION is there.
    package let hasEnd: Bool

    let source: InstanceSource
    /// The start on the clock of the source's zone.
    let wall: Int64
    /// The original start on the clock of the master's zone.
    let originalWall: Int64
    /// What writes the original start: the master; nil for an override, which has its own, and
    /// where nothing recurs.
    let original: InstanceSource?

    /// The component that describes the instance: the master, an override of it alone, or one of
    /// this and all later ones.
    package var component: Component { source.component }

    /// The start in the form that the component writes it.
    package var startValue: DateTimeValue {
        source.timing.start.with(civil: CivilDateTime(wallSeconds: wall))
    }

    /// The original start, in the form of the master's DTSTART; nil where nothing recurs.
    package var recurrenceID: DateTimeValue? {
        guard let original else { return source.recurrenceID }
        return original.timing.start.with(civil: CivilDateTime(wallSeconds: originalWall))
    }
}

/// A component that gives instances, read once.
final class InstanceSource: Sendable {
    let component: Component
    let timing: Timing
    /// Of an override.
    let recurrenceID: DateTimeValue?
    /// Which dates it has: asked for each instance, of a component that may have properties by the thousand.
    let hasStart: Bool
    let hasDue: Bool

    init(_ component: Component, _ timing: Timing, recurrenceID: DateTimeValue? = nil) {
        self.component = component
        self.timing = timing
        self.recurrenceID = recurrenceID
        hasStart = component.has("DTSTART")
        hasDue = component.has("DUE")
    }
}

/// A component with RECURRENCE-ID.
struct Override: Sendable {
    let source: InstanceSource
    let recurrenceID: DateTimeValue
    /// Its place in the calendar.
    let index: Int
    /// The original start on the clock of the master's zone.
    let wall: Int64
    let isThisAndFuture: Bool
    /// How much later than its original start it begins, by the clock.
    let shift: Int64
    private let sequence: Int

    /// Nil without a RECURRENCE-ID that can be read.
    init?(_ component: Component, at index: Int, _ master: Timing?, _ zones: ZoneTable) {
        guard let property = component.first("RECURRENCE-ID"), let id = property.dateTime,
            let timing = Timing(component, zones) ?? Timing(at: id, zones)
        else { return nil }
        source = InstanceSource(component, timing, recurrenceID: id)
        recurrenceID = id
        self.index = index
        wall = (master ?? timing).wall(of: id, zones)
        isThisAndFuture =
            master != nil && property.parameter("RANGE")?.uppercased() == "THISANDFUTURE"
        shift = (master ?? timing).wall(of: timing.start, zones).addingClamped(-wall)
        sequence = component.sequence
    }

    var instance: Instance {
        let timing = source.timing
        let wall = timing.start.civil.wallSeconds
        return Instance(
            start: timing.zone.seconds(ofWall: wall), end: timing.end(ofWall: wall),
            hasEnd: timing.hasEnd, source: source, wall: wall, originalWall: self.wall,
            original: nil)
    }

    /// Of several overrides of one instance the last of the highest SEQUENCE; none that is older
    /// than its master and of an instance that the master no longer has.
    static func current(
        _ all: [Override], _ master: InstanceSource?, _ zones: ZoneTable
    ) -> [Override] {
        var places: [Int64: Int] = [:]
        places.reserveCapacity(all.count)
        var current: [Override] = []
        current.reserveCapacity(all.count)
        for override in all {
            if let place = places[override.wall] {
                if current[place].sequence <= override.sequence { current[place] = override }
            } else {
                places[override.wall] = current.count
                current.append(override)
            }
        }
        guard let master else { return current }
        let sequence = master.component.sequence
        let older = current.filter { $0.sequence < sequence }.map(\.wall).sorted()
        guard !older.isEmpty else { return current }
        var stale: Set<Int64> = []
        var occurrences = OccurrenceIterator(
            master.component, master.timing, zones, work: 50_000)
        var head = Int64.min
        for wall in older {
            // Neighbours are mostly a step apart.
            if head < wall { head = occurrences.next()?.wall ?? .max }
            if head < wall {
                occurrences.seek(toWall: wall)
                head = occurrences.next()?.wall ?? .max
            }
            if head != wall { stale.insert(wall) }
        }
        // Where the set could not be followed so far, none is known to be stale.
        guard !occurrences.isExhausted else { return current }
        return current.filter { !stale.contains($0.wall) }
    }

}

extension Timing {
    /// An override without DTSTART takes place when its RECURRENCE-ID says.
    fileprivate init?(at start: DateTimeValue, _ zones: ZoneTable) {
        let property = start.property(named: "DTSTART")
        self.init(Component(name: "VEVENT", properties: [property]), zones)
    }
}
