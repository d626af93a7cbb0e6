/// When somebody is busy (RFC 4791 §7.10).
package struct FreeBusy: Sendable {
    /// FBTYPE, the weightier later; where two meet the weightier counts.
    package enum Kind: Int, Comparable, Sendable, CaseIterable {
        case tentative, busy, unavailable

        package static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }

        /// The value of FBTYPE.
        package var name: String {
            switch self {
            case .tentative: "BUSY-TENTATIVE"
            case .busy: "BUSY"
            case .unavailable: "BUSY-UNAVAILABLE"
            }
        }

        init?(parameter: String?) {
            switch parameter?.uppercased() {
            case "FREE": return nil
            case "BUSY-TENTATIVE": self = .tentative
            case "BUSY-UNAVAILABLE": self = .unavailable
            // "Applications MUST treat values they don't recognize the same way as BUSY."
            default: self = .busy
            }
        }
    }

    package struct Period: Hashable, Sendable {
        /// UTC seconds.
        package let start: Int64
        /// UTC seconds, exclusive.
        package let end: Int64
        package let kind: Kind
    }

    /// UTC seconds.
    package let range: Range<Int64>
    private var periods: [Period] = []
    /// Instances of one object that are looked at.
    private static let most = 20_000

    package init(in range: Range<Int64>) {
        self.range = range
    }

    /// Adds what an object takes of somebody's time.
    /// - Parameters:
    ///   - floating: the zone of floating times and DATEs.
    ///   - owner: calendar user addresses, lower case, as `mailto:a@example.org`: what they
    ///     declined leaves them free, what they have not accepted is tentative.
    package mutating func add(
        _ object: CalendarObject, floating: Zone, owner: Set<String> = []
    ) {
        let set = InstanceSet(object, floating: floating)
        switch object.kind {
        case .vevent:
            addInstances(of: set, owner)
        case .vfreebusy:
            for component in object.calendar.components(named: "VFREEBUSY") {
                for property in component.all("FREEBUSY") {
                    guard let kind = Kind(parameter: property.parameter("FBTYPE")) else {
                        continue
                    }
                    for period in property.periods {
                        guard let end = period.end(set.zones) else { continue }
                        add(set.zones.instant(of: period.start), end, kind)
                    }
                }
            }
        case .vtodo, .vjournal, .other: break
        }
    }

    private mutating func addInstances(of set: InstanceSet, _ owner: Set<String>) {
        // Most instances are of one component, which is read once.
        var kinds: [ObjectIdentifier: Kind?] = [:]
        func kind(of source: InstanceSource) -> Kind? {
            let id = ObjectIdentifier(source)
            if let known = kinds[id] { return known }
            let kind = FreeBusy.kind(of: source.component, owner)
            kinds[id] = kind
            return kind
        }
        let instances = set.instances(in: range, limit: FreeBusy.most)
        let isWhole = instances.count < FreeBusy.most && !set.isForeign
        if !isWhole, let master = set.master, let kind = kind(of: master) {
            // More than can be looked at, or in a calendar that is not known: it might be at any time.
            let start = min(
                instances.first?.start ?? .max, set.zones.instant(of: master.timing.start))
            return add(start, range.upperBound, kind)
        }
        for instance in instances {
            if let kind = kind(of: instance.source) { add(instance.start, instance.end, kind) }
        }
    }

    /// Adds an event that takes a person's time whatever they answered.
    /// - Parameters: as in `SoleInstance`.
    package mutating func add(_ start: Int64, _ end: Int64, _ kind: Kind) {
        let start = max(start, range.lowerBound)
        let end = min(end, range.upperBound)
        if start < end { periods.append(Period(start: start, end: end, kind: kind)) }
    }

    /// Nil where the event leaves its owner free.
    static func kind(of event: Component, _ owner: Set<String>) -> Kind? {
        if event.first("TRANSP")?.rawValue.uppercased() == "TRANSPARENT" { return nil }
        let status = event.first("STATUS")?.rawValue.uppercased()
        if status == "CANCELLED" { return nil }
        for attendee in event.all("ATTENDEE") where owner.contains(attendee.rawValue.lowercased()) {
            switch attendee.parameter("PARTSTAT")?.uppercased() {
            case "DECLINED", "DELEGATED": return nil
            case "ACCEPTED": break
            default: return .tentative
            }
        }
        return status == "TENTATIVE" ? .tentative : .busy
    }

    /// What was added, in order; no two touch that are of one kind, none overlap.
    package var merged: [Period] {
        var merged: [Period] = []
        for kind in Kind.allCases.reversed() {
            let own = FreeBusy.joined(periods.filter { $0.kind == kind })
            merged += FreeBusy.subtract(FreeBusy.joined(merged), from: own)
        }
        return merged.sorted { $0.start < $1.start }
    }

    /// Joins what overlaps or touches, whatever its kind.
    static func joined(_ periods: [Period]) -> [Period] {
        var joined: [Period] = []
        for period in periods.sorted(by: { $0.start < $1.start }) {
            if let last = joined.last, period.start <= last.end {
                joined[joined.count - 1] = Period(
                    start: last.start, end: max(last.end, period.end), kind: last.kind)
            } else {
                joined.append(period)
            }
        }
        return joined
    }

    /// What of `periods` lies outside of `taken`; both in order and joined.
    static func subtract(_ taken: [Period], from periods: [Period]) -> [Period] {
        var rest: [Period] = []
        var first = 0
        for period in periods {
            var start = period.start
            while first < taken.count, taken[first].end <= start { first += 1 }
            var index = first
            while index < taken.count, taken[index].start < period.end {
                let other = taken[index]
                if other.start > start {
                    rest.append(Period(start: start, end: other.start, kind: period.kind))
                }
                start = max(start, other.end)
                index += 1
            }
            if start < period.end {
                rest.append(Period(start: start, end: period.end, kind: period.kind))
            }
        }
        return rest
    }

    /// A VFREEBUSY of what was added, one FREEBUSY for each kind and some periods.
    /// - Parameters:
    ///   - stamp: DTSTAMP, UTC seconds.
    ///   - properties: UID, ORGANIZER, ATTENDEE … as the answer needs them.
    package func component(stamp: Int64, properties: [Property] = []) -> Component {
        func utc(_ instant: Int64) -> DateTimeValue { .utc(Zone.utc.civil(at: instant)) }
        var component = Component(
            name: "VFREEBUSY",
            properties: [
                utc(stamp).property(named: "DTSTAMP"),
                utc(range.lowerBound).property(named: "DTSTART"),
                utc(range.upperBound).property(named: "DTEND"),
            ] + properties)
        let all = merged
        for kind in Kind.allCases.reversed() {
            let values = all.filter { $0.kind == kind }.map {
                "\(utc($0.start).basic)/\(utc($0.end).basic)"
            }
            for start in stride(from: 0, to: values.count, by: 20) {
                let part = values[start..<min(start + 20, values.count)]
                component.append(
                    Property(
                        "FREEBUSY", raw: part.joined(separator: ","),
                        parameters: [Parameter("FBTYPE", kind.name)]))
            }
        }
        return component
    }
}
