extension CalendarObject {
    /// First start and last end of all instances in UTC seconds, for an index.
    ///
    /// Never too narrow; `farFuture` where the set has no end, or none that can be found with
    /// bounded work. A to-do without dates spans everything, a journal entry without date nothing
    /// (first above last).
    package func span(floating: Zone) -> (first: Int64, last: Int64) {
        let set = InstanceSet(self, floating: floating)
        switch kind {
        case .vfreebusy, .other: return freebusySpan(set.zones)
        case .vevent, .vtodo, .vjournal: return set.span(undated: set.master == nil ? master : nil)
        }
    }

    private func freebusySpan(_ zones: ZoneTable) -> (first: Int64, last: Int64) {
        var (first, last) = (CalendarObject.farFuture, CalendarObject.farPast)
        for component in calendar.components(named: kind.name) {
            if let start = component.first("DTSTART")?.dateTime,
                let end = component.first("DTEND")?.dateTime
            {
                first = min(first, zones.instant(of: start))
                last = max(last, zones.instant(of: end))
                continue
            }
            for period in component.all("FREEBUSY").flatMap(\.periods) {
                first = min(first, zones.instant(of: period.start))
                last = max(last, period.end(zones) ?? .min)
            }
        }
        return (first, last)
    }
}

extension InstanceSet {
    /// - Parameter undated: a master without date.
    func span(undated: Component?) -> (first: Int64, last: Int64) {
        var (first, last) = (CalendarObject.farFuture, CalendarObject.farPast)
        func widen(_ start: Int64, _ end: Int64) {
            first = min(first, start, end)
            last = max(last, end, start)
        }
        for override in overrides {
            let instance = override.instance
            widen(instance.start, instance.end)
        }
        guard let master else {
            if let undated, kind == .vtodo {
                let (start, end) = undatedSpan(undated)
                widen(start, end)
            }
            return (first, last)
        }
        let begin = occurrence(
            .init(wall: master.timing.start.civil.wallSeconds, end: nil), of: master)
        widen(begin.start, begin.end)
        guard isRecurring else { return (first, last) }
        if let bounds = bounds(of: master) {
            first = min(first, bounds.first)
            last = max(last, bounds.last)
        } else {
            last = CalendarObject.farFuture
            first = min(first, firstDate(of: master))
        }
        return (first, last)
    }

    /// No rule goes back before DTSTART, but an RDATE can, whatever it should.
    private func firstDate(of master: InstanceSource) -> Int64 {
        guard master.component.has("RDATE") else { return .max }
        let dates = OccurrenceIterator(master.component, master.timing, zones).dates
        return dates.map { occurrence($0, of: master).start }.min() ?? .max
    }

    private func undatedSpan(_ component: Component) -> (Int64, Int64) {
        let completed = component.first("COMPLETED")?.dateTime.map(zones.instant)
        let created = component.first("CREATED")?.dateTime.map(zones.instant)
        switch (completed, created) {
        case (let completed?, let created?):
            return (min(completed, created), max(completed, created))
        case (let completed?, nil): return (completed, completed)
        case (nil, let created?): return (created, CalendarObject.farFuture)
        case (nil, nil): return (CalendarObject.farPast, CalendarObject.farFuture)
        }
    }

    /// First start (a shift of "this and future" can go back) and last end of all occurrences; nil
    /// where they have no end.
    private func bounds(of master: InstanceSource) -> (first: Int64, last: Int64)? {
        let rules = OccurrenceIterator.rules(master.component, "RRULE")
        guard rules.allSatisfy({ !$0.isUnbounded && $0.isGregorian }) else { return nil }
        let iterator = OccurrenceIterator(master.component, master.timing, zones)
        let hasCount = rules.contains { $0.count != nil }
        if !hasCount, !hasChanges { return lateBounds(of: iterator, rules, master) }
        let all = bounds(of: iterator, master)
        if all.isWhole { return (all.first, all.last) }
        guard !hasCount else { return nil }
        let end = end(of: iterator, rules, master)
        return (all.first.addingClamped(-longest), end.addingClamped(longest))
    }

    private func bounds(
        of iterator: OccurrenceIterator, _ master: InstanceSource
    ) -> (first: Int64, last: Int64, isWhole: Bool) {
        var iterator = iterator
        var (first, last) = (Int64.max, Int64.min)
        while let next = iterator.next() {
            let instance = occurrence(next, of: master)
            (first, last) = (min(first, instance.start), max(last, instance.end))
        }
        return (first, last, !iterator.isExhausted)
    }

    /// Of rules with UNTIL: looks at what lies shortly before it, since all may be many.
    private func lateBounds(
        of iterator: OccurrenceIterator, _ rules: [RecurrenceRule], _ master: InstanceSource
    ) -> (first: Int64, last: Int64) {
        var (first, last) = (Int64.max, Int64.min)
        // A PERIOD may end after all later instances.
        for date in iterator.dates {
            let instance = occurrence(date, of: master)
            (first, last) = (min(first, instance.start), max(last, instance.end))
        }
        guard !rules.isEmpty else { return (first, last) }
        let end = end(of: iterator, rules, master)
        let wall = master.timing.zone.wall(at: end)
        for seconds in [3600, 86_400, 40 * 86_400, 400 * 86_400, 40_000 * 86_400] as [Int64] {
            var late = iterator
            late.seek(toWall: wall.addingClamped(-seconds))
            let bounds = bounds(of: late, master)
            guard bounds.isWhole else { break }
            if bounds.last != .min { return (min(first, bounds.first), max(last, bounds.last)) }
        }
        return (first, max(last, end.addingClamped(longest)))
    }

    /// The last UNTIL or RDATE, in UTC seconds.
    private func end(
        of iterator: OccurrenceIterator, _ rules: [RecurrenceRule], _ master: InstanceSource
    ) -> Int64 {
        let until = rules.map { OccurrenceIterator.until($0, master.timing, zones) }.max() ?? .min
        let date = iterator.dates.last?.wall ?? .min
        return max(until, master.timing.zone.seconds(ofWall: date))
    }
}
