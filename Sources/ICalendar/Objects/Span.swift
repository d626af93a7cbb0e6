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
        if let end = lastEnd(of: master) {
            first = min(first, end.first)
            last = max(last, end.last)
        } else {
            last = CalendarObject.farFuture
        }
        return (first, last)
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

    /// Last end, and first start (a shift of "this and future" can go back), of all occurrences;
    /// nil where they have no end.
    private func lastEnd(of master: InstanceSource) -> (first: Int64, last: Int64)? {
        let rules = OccurrenceIterator.rules(master.component, "RRULE")
        guard rules.allSatisfy({ !$0.isUnbounded && $0.isGregorian }) else { return nil }
        let iterator = OccurrenceIterator(master.component, master.timing, zones)
        guard rules.contains(where: { $0.count != nil }) else {
            return lastEnd(of: iterator, rules, master)
        }
        let bounds = bounds(of: iterator, master)
        return bounds.isWhole ? (bounds.first, bounds.last) : nil
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

    /// Looks at what lies shortly before UNTIL first, since all may be many.
    private func lastEnd(
        of iterator: OccurrenceIterator, _ rules: [RecurrenceRule], _ master: InstanceSource
    ) -> (first: Int64, last: Int64) {
        let timing = master.timing
        let until = rules.map { OccurrenceIterator.until($0, timing, zones) }.max() ?? .min
        let end = max(timing.zone.wall(at: until), iterator.lastDate)
        for seconds in [3600, 86_400, 40 * 86_400, 400 * 86_400, 40_000 * 86_400] as [Int64] {
            var late = iterator
            late.seek(toWall: end.addingClamped(-seconds))
            let bounds = bounds(of: late, master)
            if bounds.isWhole, bounds.last != .min { return (bounds.first, bounds.last) }
            if !bounds.isWhole { break }
        }
        return (.max, timing.zone.seconds(ofWall: end).addingClamped(longest))
    }
}
