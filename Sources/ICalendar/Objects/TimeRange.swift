// The tables of RFC 4791 §9.9: whether something overlaps a range, whose start is inclusive and
// whose end is not. A range open at one side begins at `Int64.min` or ends at `Int64.max`.

extension CalendarObject {
    /// Whether any instance overlaps a range.
    /// - Parameters:
    ///   - range: UTC seconds.
    ///   - floating: the zone of floating times and DATEs, the calendar's own
    ///     (CALDAV:calendar-timezone).
    package func overlaps(_ range: Range<Int64>, floating: Zone) -> Bool {
        let zones = ZoneTable(calendar: calendar, floating: floating)
        switch kind {
        case .vfreebusy, .other:
            return calendar.components(named: kind.name).contains {
                TimeRange.overlaps(freebusy: $0, range, zones)
            }
        case .vevent, .vtodo, .vjournal:
            // A to-do without any date is no instance, but may be in every range.
            if kind == .vtodo, let master, Timing(master, zones) == nil,
                TimeRange.overlaps(undated: master, range, zones)
            {
                return true
            }
            return InstanceSet(self, zones: zones).overlaps(range)
        }
    }
}

extension CalendarObject {
    /// Whether an instance that one of the components describes overlaps a range.
    /// - Parameters:
    ///   - floating: as of `overlaps(_:floating:)`.
    ///   - index: of the component in the calendar.
    package func overlaps(
        _ range: Range<Int64>, floating: Zone, describedAt index: Int
    ) -> Bool {
        guard calendar.components.indices.contains(index) else { return false }
        let component = calendar.components[index]
        let zones = ZoneTable(calendar: calendar, floating: floating)
        switch kind {
        case .vfreebusy, .other: return TimeRange.overlaps(freebusy: component, range, zones)
        case .vevent, .vtodo, .vjournal:
            let set = InstanceSet(self, zones: zones)
            if kind == .vtodo, !component.has("RECURRENCE-ID"), Timing(component, zones) == nil {
                return TimeRange.overlaps(undated: component, range, zones)
            }
            guard let source = set.source(describedAt: index, component) else { return false }
            return set.overlaps(range) { $0 === source }
        }
    }
}

extension InstanceSet {
    /// What gives the instances that a component describes; nil for one that a later version
    /// replaces, or that stands for nothing.
    func source(describedAt index: Int, _ component: Component) -> InstanceSource? {
        if let override = overrides.first(where: { $0.index == index }) { return override.source }
        return component.has("RECURRENCE-ID") ? nil : master
    }

    /// - Parameter isMeant: of the component that describes an instance.
    func overlaps(
        _ range: Range<Int64>, where isMeant: (InstanceSource) -> Bool = { _ in true }
    ) -> Bool {
        if isForeign, let master, isMeant(master) {
            // The set is not known: it may go on for ever.
            return zones.instant(of: master.timing.start) < range.upperBound
        }
        var isFound = false
        forEach(near: range) { instance in
            isFound =
                TimeRange.overlaps(instance, range, kind) && isMeant(instance.source)
            return !isFound
        }
        return isFound
    }
}

enum TimeRange {
    /// An instance of VEVENT, VTODO or VJOURNAL.
    static func overlaps(
        _ instance: Instance, _ range: Range<Int64>, _ kind: CalendarObject.Kind
    ) -> Bool {
        let (from, to) = (range.lowerBound, range.upperBound)
        let (start, end) = (instance.start, instance.end)
        guard kind == .vtodo else { return overlaps(event: start, end, range) }
        let component = instance.component
        guard component.has("DTSTART") else {
            // DUE alone.
            return from < end && to >= end
        }
        guard instance.hasEnd else { return from <= start && to > start }
        if component.has("DUE") {
            return (from < end || from <= start) && (to > start || to >= end)
        }
        return from <= end && (to > start || to >= end)
    }

    /// An instance of VEVENT or VJOURNAL, in UTC seconds.
    static func overlaps(event start: Int64, _ end: Int64, _ range: Range<Int64>) -> Bool {
        let (from, to) = (range.lowerBound, range.upperBound)
        return (from < end || (start == end && from <= start)) && to > start
    }

    /// A VTODO without DTSTART and DUE.
    static func overlaps(
        undated component: Component, _ range: Range<Int64>, _ zones: ZoneTable
    ) -> Bool {
        let (from, to) = (range.lowerBound, range.upperBound)
        let completed = component.first("COMPLETED")?.dateTime.map(zones.instant)
        let created = component.first("CREATED")?.dateTime.map(zones.instant)
        switch (completed, created) {
        case (let completed?, let created?):
            return (from <= created || from <= completed) && (to >= created || to >= completed)
        case (let completed?, nil): return from <= completed && to >= completed
        case (nil, let created?): return to > created
        case (nil, nil): return true
        }
    }

    static func overlaps(
        freebusy component: Component, _ range: Range<Int64>, _ zones: ZoneTable
    ) -> Bool {
        let (from, to) = (range.lowerBound, range.upperBound)
        if let start = component.first("DTSTART")?.dateTime,
            let end = component.first("DTEND")?.dateTime
        {
            return from <= zones.instant(of: end) && to > zones.instant(of: start)
        }
        return component.all("FREEBUSY").contains { property in
            property.periods.contains { period in
                guard let end = period.end(zones) else { return false }
                return from < end && to > zones.instant(of: period.start)
            }
        }
    }

    /// COMPLETED, CREATED, DTEND, DTSTAMP, DTSTART, DUE and LAST-MODIFIED.
    static func overlaps(instant: Int64, _ range: Range<Int64>) -> Bool {
        range.lowerBound <= instant && range.upperBound > instant
    }
}
