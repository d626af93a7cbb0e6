/// When somebody can be met at all: working hours and the like (RFC 7953).
package struct Availability: Sendable {
    /// A VAVAILABILITY.
    fileprivate struct Layer: Sendable {
        /// 0 where none is given, which weighs least; 9 to 1 weigh ever more (§3.2).
        let priority: Int
        /// Where it says something; `Int64.min` and `.max` for open ends.
        let start: DateTimeValue?
        let end: DateTimeValue?
        let length: CalendarDuration?
        /// What it takes outside of `free`.
        let kind: FreeBusy.Kind
        /// The AVAILABLEs, each with its overrides.
        let free: [CalendarObject]
    }

    private let layers: [Layer]
    private let zones: [Component]

    /// AVAILABLEs that are looked at, and instances of each.
    fileprivate static let most = 2_000

    /// - Parameter calendar: with VAVAILABILITYs and the time zones they need.
    package init(_ calendar: Component) {
        let zones = calendar.components(named: "VTIMEZONE")
        self.zones = zones
        layers = calendar.components(named: "VAVAILABILITY").map { component in
            Layer(
                priority: component.first("PRIORITY")?.integer ?? 0,
                start: component.first("DTSTART")?.dateTime,
                end: component.first("DTEND")?.dateTime,
                length: component.first("DURATION")?.duration,
                kind: FreeBusy.Kind(busyType: component.first("BUSYTYPE")?.rawValue),
                free: Availability.objects(of: component, zones))
        }.sorted { Availability.weight($0.priority) < Availability.weight($1.priority) }
    }

    private static func weight(_ priority: Int) -> Int {
        (1...9).contains(priority) ? 10 - priority : 0
    }

    /// AVAILABLEs recur as events do.
    private static func objects(
        of availability: Component, _ zones: [Component]
    ) -> [CalendarObject] {
        var groups: [(uid: String, members: [Component])] = []
        for available in availability.components(named: "AVAILABLE").prefix(most) {
            let uid = available.first("UID")?.text ?? ""
            var event = Component(name: "VEVENT", properties: available.properties)
            if uid.isEmpty { event.append(Property("UID", raw: "-")) }
            if !uid.isEmpty, let index = groups.firstIndex(where: { $0.uid == uid }) {
                groups[index].members.append(event)
            } else {
                groups.append((uid, [event]))
            }
        }
        return groups.compactMap { group in
            var calendar = Component(name: "VCALENDAR")
            calendar.components = zones + group.members
            return try? CalendarObject(calendar)
        }
    }

    /// What it leaves busy of a range, in order.
    /// - Parameters:
    ///   - range: UTC seconds.
    ///   - floating: the zone of floating times and DATEs.
    package func busy(in range: Range<Int64>, floating: Zone) -> [FreeBusy.Period] {
        var calendar = Component(name: "VCALENDAR")
        calendar.components = zones
        let table = ZoneTable(calendar: calendar, floating: floating)
        var busy: [FreeBusy.Period] = []
        for layer in layers {
            let span = layer.span(table).clamped(to: range)
            guard !span.isEmpty else { continue }
            let whole = FreeBusy.Period(
                start: span.lowerBound, end: span.upperBound, kind: layer.kind)
            // It says all there is to say of its span (§4): what others said there is no more.
            busy = FreeBusy.subtract([whole], from: busy)
            busy += FreeBusy.subtract(layer.freeTimes(in: span, floating), from: [whole])
            busy.sort { $0.start < $1.start }
        }
        return busy
    }
}

extension Availability.Layer {
    fileprivate func span(_ zones: ZoneTable) -> Range<Int64> {
        let from = start.map(zones.instant) ?? .min
        var to = end.map(zones.instant) ?? .max
        if end == nil, let start, let length {
            let zone = zones.zone(of: start)
            let wall = zone.wall(at: from).addingClamped(Int64(length.days) * 86_400)
            to = zone.seconds(ofWall: wall).addingClamped(Int64(length.seconds))
        }
        return from..<max(from, to)
    }

    fileprivate func freeTimes(
        in span: Range<Int64>, _ floating: Zone
    ) -> [FreeBusy.Period] {
        var free: [FreeBusy.Period] = []
        for object in self.free {
            for instance in InstanceSet(object, floating: floating).instances(
                in: span, limit: Availability.most)
            where instance.start < instance.end {
                free.append(
                    FreeBusy.Period(start: instance.start, end: instance.end, kind: .busy))
            }
        }
        return FreeBusy.joined(free)
    }
}

extension FreeBusy.Kind {
    /// BUSYTYPE (RFC 7953 §3.2): BUSY-UNAVAILABLE where there is none.
    fileprivate init(busyType: String?) {
        switch busyType?.uppercased() {
        case "BUSY": self = .busy
        case "BUSY-TENTATIVE": self = .tentative
        default: self = .unavailable
        }
    }
}

extension FreeBusy {
    /// Adds what somebody's availability leaves no time for.
    package mutating func add(_ availability: Availability, floating: Zone) {
        for period in availability.busy(in: range, floating: floating) {
            add(period.start, period.end, period.kind)
        }
    }
}
