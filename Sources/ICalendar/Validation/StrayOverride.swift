extension CalendarObject {
    /// The RECURRENCE-ID of the first override that no instance of the master has: it overrides
    /// nothing (RFC 5545 §3.8.4.4).
    ///
    /// EXDATE does not count, since programs write it beside an override. A DATE, or midnight, stands
    /// for its day: so do programs of Windows write it. Where the set cannot be known with bounded
    /// work, or without a master, nothing is stray.
    package func strayOverride(floating: Zone) -> Property? {
        let overrides = overrides
        guard !overrides.isEmpty, var master else { return nil }
        let zones = ZoneTable(calendar: calendar, floating: floating)
        master.removeAll { $0.isNamed("EXDATE") || $0.isNamed("EXRULE") }
        guard let timing = Timing(master, zones),
            OccurrenceIterator.rules(master, "RRULE").allSatisfy(\.isGregorian),
            OccurrenceIterator.rules(master, "RRULE").count == master.all("RRULE").count
        else { return nil }
        let set = OccurrenceIterator(master, timing, zones)
        for override in overrides.prefix(1_000) {
            guard let property = override.first("RECURRENCE-ID"), let value = property.dateTime
            else { continue }
            let wall = timing.wall(of: value, zones)
            let isDay = !timing.start.isDate && value.civil.time == .midnight
            var later = set
            later.seek(toWall: wall)
            guard let next = later.next() else {
                if later.isExhausted { return nil }
                return property
            }
            if later.isExhausted { return nil }
            guard next.wall == wall || isDay && next.wall < wall.addingClamped(86_400) else {
                return property
            }
        }
        return nil
    }
}
