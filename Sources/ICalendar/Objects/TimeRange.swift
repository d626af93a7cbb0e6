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

extension InstanceSet {
    func overlaps(_ range: Range<Int64>) -> Bool {
        if isForeign, let master {
            // The set is not known: it may go on for ever.
            return zones.instant(of: master.timing.start) < range.upperBound
        }
        var isFound = false
        forEach(near: range) { instance in
            isFound = TimeRange.overlaps(instance, range, kind)
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
        guard instance.source.hasStart else {
            // DUE alone.
            return from < end && to >= end
        }
        guard instance.hasEnd else { return from <= start && to > start }
        if instance.source.hasDue {
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
