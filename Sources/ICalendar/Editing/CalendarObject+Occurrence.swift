extension CalendarObject {
    /// Changes the occurrence that is current, and no other: an override of it, made where there is
    /// none yet.
    ///
    /// Current is the last occurrence that has begun or, where that one is done, the first one after
    /// it that is not (STATUS COMPLETED or CANCELLED, or COMPLETED).
    ///
    /// - Parameters:
    ///   - instant: UTC seconds, the present.
    ///   - floating: the zone of times without one.
    /// - Returns: false, with nothing changed, where there is no such occurrence or none follows it:
    ///   then the series as a whole is meant.
    package mutating func updateCurrentOccurrence(
        at instant: Int64, floating: Zone, _ change: (inout Component) -> Void
    ) -> Bool {
        guard isRecurring, master != nil else { return false }
        let set = InstanceSet(self, floating: floating)
        guard set.master != nil, !set.isForeign else { return false }
        var (begun, later) = set.occurrences(around: instant)
        let overrides = set.overrides.map { (instance: $0.instance, index: $0.index) }
        let lastBegun = overrides.filter { $0.instance.start <= instant }
            .max { $0.instance.start < $1.instance.start }
        var current: Int?
        if let lastBegun, lastBegun.instance.start > begun?.start ?? .min {
            begun = nil
            if !lastBegun.instance.component.isDone { current = lastBegun.index }
        }
        let open = overrides.filter {
            $0.instance.start > instant && !$0.instance.component.isDone
        }.sorted { $0.instance.start < $1.instance.start }
        var occurrence = begun
        if occurrence == nil, current == nil {
            if let first = open.first, first.instance.start < later.first?.start ?? .max {
                current = first.index
                guard open.count > 1 || !later.isEmpty else { return false }
            } else {
                occurrence = later.first
                guard open.count > 0 || later.count > 1 else { return false }
            }
        } else {
            guard !open.isEmpty || !later.isEmpty else { return false }
        }
        if let current {
            change(&calendar.components[current])
        } else if let occurrence {
            var component = set.override(of: occurrence)
            change(&component)
            self.overrides.append(component)
        } else {
            return false
        }
        return true
    }
}

extension InstanceSet {
    /// Occurrences without an override: the last one that has begun, and the next two.
    fileprivate func occurrences(around instant: Int64) -> (begun: Instance?, later: [Instance]) {
        var begun: Instance?
        var later: [Instance] = []
        // Rarer than once a year: then it is the next one that counts.
        let past = instant.addingClamped(-366 * 86_400)
        forEach(near: past..<CalendarObject.farFuture) { instance in
            guard instance.recurrenceID != nil, instance.original != nil else { return false }
            if instance.start <= instant { begun = instance } else { later.append(instance) }
            return later.count < 2
        }
        return (begun, later)
    }

    /// An occurrence as a component of its own, in the forms that the master uses.
    fileprivate func override(of instance: Instance) -> Component {
        var component = instance.component
        component.removeAll { property in
            InstanceSet.recurrenceNames.contains { property.isNamed($0) }
        }
        let shift = instance.wall.addingClamped(
            -instance.source.timing.start.civil.wallSeconds)
        component.mapProperties { property in
            switch property.name {
            case "DTSTART": return property.with(dateTime: instance.startValue)
            case "DTEND", "DUE":
                guard let end = property.dateTime else { return property }
                return property.with(
                    dateTime: end.with(civil: end.civil.adding(seconds: Int(clamping: shift))))
            default: return property
            }
        }
        if let id = instance.recurrenceID {
            component.removeAll("RECURRENCE-ID")
            component.append(id.property(named: "RECURRENCE-ID"))
        }
        return component
    }
}

extension Component {
    fileprivate var isDone: Bool {
        let status = first("STATUS")?.text.uppercased()
        return status == "COMPLETED" || status == "CANCELLED"
            || (has("COMPLETED") && status != "NEEDS-ACTION")
    }
}
