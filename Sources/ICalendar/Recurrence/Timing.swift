/// When one component takes place: its start, and how its end follows from it.
struct Timing: Sendable {
    enum Extent: Sendable {
        /// DTEND or DUE: the same exact seconds for every instance (RFC 5545 §3.8.5.3).
        case exact(Int64)
        /// DURATION, and all days: days by the calendar, then seconds.
        case nominal(CalendarDuration)
    }

    /// DTSTART; DUE where a to-do has nothing else.
    let start: DateTimeValue
    let zone: Zone
    let extent: Extent
    /// The end is said, not assumed.
    let hasEnd: Bool

    /// Nil without DTSTART (or DUE).
    init?(_ component: Component, _ zones: ZoneTable) {
        let endName = component.name == "VTODO" ? "DUE" : "DTEND"
        let end = component.first(endName)?.dateTime
        if let start = component.first("DTSTART")?.dateTime {
            self.start = start
        } else if component.name == "VTODO", let end {
            start = end
        } else {
            return nil
        }
        zone = zones.zone(of: start)
        if let end, component.name != "VJOURNAL" {
            hasEnd = true
            // A to-do may be due as it starts; of an event programs write the last day, or the
            // first again, where the day after belongs.
            let least = component.name == "VTODO" ? 0 : 1
            extent = Timing.extent(from: start, in: zone, to: end, leastDays: least, zones)
        } else if let duration = component.first("DURATION")?.duration,
            component.name != "VJOURNAL", component.name != "VFREEBUSY", !duration.isNegative
        {
            hasEnd = true
            extent = .nominal(duration)
        } else {
            hasEnd = false
            let isDay = start.isDate && component.name != "VTODO"
            extent = .nominal(isDay ? CalendarDuration(days: 1) : .zero)
        }
    }

    private static func extent(
        from start: DateTimeValue, in zone: Zone, to end: DateTimeValue, leastDays: Int,
        _ zones: ZoneTable
    ) -> Extent {
        if case .date(let first) = start {
            let days = end.civil.date.days - first.days
            return .nominal(CalendarDuration(days: max(days, leastDays)))
        }
        // Zones are looked up by name, which thousands of overrides need not do twice.
        let endZone = end.hasForm(of: start) ? zone : zones.zone(of: end)
        let seconds = endZone.seconds(of: end.civil).addingClamped(-zone.seconds(of: start.civil))
        return .exact(max(0, seconds))
    }

    /// The end of an instance that starts at a time of the zone's clock.
    func end(ofWall wall: Int64) -> Int64 {
        end(ofWall: wall, startingAt: zone.seconds(ofWall: wall))
    }

    /// - Parameter start: the same time in UTC seconds.
    func end(ofWall wall: Int64, startingAt start: Int64) -> Int64 {
        switch extent {
        case .exact(let seconds): return start.addingClamped(seconds)
        case .nominal(let duration):
            guard duration.days != 0 else { return start.addingClamped(Int64(duration.seconds)) }
            let days = wall.addingClamped(Int64(duration.days) * 86_400)
            return zone.seconds(ofWall: days).addingClamped(Int64(duration.seconds))
        }
    }

    /// A value on the clock of this start; where the start is a DATE only the day counts.
    func wall(of value: DateTimeValue, _ zones: ZoneTable) -> Int64 {
        if start.isDate {
            return CivilDateTime(date: value.civil.date, time: .midnight).wallSeconds
        }
        if value.hasForm(of: start) { return value.civil.wallSeconds }
        return zone.wall(at: zones.instant(of: value))
    }

    /// An upper bound of the length, for searching.
    var longest: Int64 {
        switch extent {
        case .exact(let seconds): seconds
        // A change of the clocks can lengthen days.
        case .nominal(let duration): duration.nominalSeconds.addingClamped(86_400)
        }
    }
}
