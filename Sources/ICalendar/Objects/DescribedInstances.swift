// Which components of an object describe an instance of some kind. A series may have overrides by the
// thousand, so all of them are answered together: the instances are gone through once.

extension CalendarObject {
    /// Places in the calendar of the components of which an instance overlaps a range.
    /// - Parameters: as of `overlaps(_:floating:)`.
    package func componentsOverlapping(_ range: Range<Int64>, floating: Zone) -> Set<Int> {
        let zones = ZoneTable(calendar: calendar, floating: floating)
        let own = calendar.components.enumerated().filter { $0.element.name == kind.name }
        switch kind {
        case .vfreebusy, .other:
            return Set(
                own.filter { TimeRange.overlaps(freebusy: $0.element, range, zones) }.map(\.offset))
        case .vevent, .vtodo, .vjournal:
            let set = InstanceSet(self, zones: zones)
            var found = places(of: set, near: range) { TimeRange.overlaps($0, range, set.kind) }
            guard kind == .vtodo else { return found }
            for (place, component) in own
            where !component.has("RECURRENCE-ID") && Timing(component, zones) == nil
                && TimeRange.overlaps(undated: component, range, zones)
            {
                found.insert(place)
            }
            return found
        }
    }

    /// Places in the calendar of the components of which an instance starts or ends in a range, as the
    /// properties DTSTART, DTEND and DUE say or, of an end, DURATION does (RFC 4791 §9.9).
    /// - Parameters: as of `overlaps(_:floating:)`.
    package func componentsWithInstance(
        _ edge: InstanceEdge, in range: Range<Int64>, floating: Zone
    ) -> Set<Int> {
        let set = InstanceSet(self, floating: floating)
        return places(of: set, near: range) { instance in
            // A to-do without DTSTART has its DUE for a start.
            (edge == .end || instance.source.hasStart) && edge.lies(in: range, of: instance)
        }
    }

    private func places(
        of set: InstanceSet, near range: Range<Int64>, where isMeant: (Instance) -> Bool
    ) -> Set<Int> {
        var places: [ObjectIdentifier: [Int]] = [:]
        for override in set.overrides {
            places[ObjectIdentifier(override.source)] = [override.index]
        }
        if let master = set.master {
            places[ObjectIdentifier(master)] = calendar.components.indices.filter {
                let component = calendar.components[$0]
                return component.name == kind.name && !component.has("RECURRENCE-ID")
            }
        }
        var found: Set<Int> = []
        func find(_ source: InstanceSource) {
            found.formUnion(places.removeValue(forKey: ObjectIdentifier(source)) ?? [])
        }
        if set.isForeign, let master = set.master,
            set.zones.instant(of: master.timing.start) < range.upperBound
        {
            // The set is not known: it may go on for ever.
            find(master)
        }
        set.forEach(near: range) { instance in
            if isMeant(instance) { find(instance.source) }
            return !places.isEmpty
        }
        return found
    }
}
