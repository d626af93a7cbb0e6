/// What a property says of an instance: when it starts, or when it ends.
package enum InstanceEdge: Sendable {
    case start, end

    /// Nil for a property that says something else of an object of that kind.
    package init?(_ property: String, of kind: CalendarObject.Kind) {
        switch (kind, property) {
        case (.vevent, "DTSTART"), (.vtodo, "DTSTART"), (.vjournal, "DTSTART"): self = .start
        case (.vevent, "DTEND"), (.vtodo, "DUE"): self = .end
        default: return nil
        }
    }
}

extension CalendarObject {
    /// Whether an instance that one of the components describes starts or ends in a range, as the
    /// properties DTSTART, DTEND and DUE say or, of an end, DURATION does (RFC 4791 §9.9).
    ///
    /// - Parameters:
    ///   - floating: as of `overlaps(_:floating:)`.
    ///   - index: of the component in the calendar.
    package func hasInstance(
        _ edge: InstanceEdge, in range: Range<Int64>, floating: Zone, describedAt index: Int
    ) -> Bool {
        guard calendar.components.indices.contains(index) else { return false }
        let component = calendar.components[index]
        // A to-do without DTSTART has its DUE for a start.
        guard edge == .end || component.has("DTSTART") else { return false }
        let set = InstanceSet(self, floating: floating)
        guard let source = set.source(describedAt: index, component) else { return false }
        if set.isForeign, source === set.master {
            // As of `overlaps`: the set is not known.
            return set.zones.instant(of: source.timing.start) < range.upperBound
        }
        // Of a lone instance the others need not be gone through.
        if let override = set.overrides.first(where: { $0.index == index }),
            !override.isThisAndFuture
        {
            return edge.lies(in: range, of: override.instance)
        }
        var isFound = false
        set.forEach(near: range) { instance in
            isFound = instance.source === source && edge.lies(in: range, of: instance)
            return !isFound
        }
        return isFound
    }
}

extension InstanceEdge {
    fileprivate func lies(in range: Range<Int64>, of instance: Instance) -> Bool {
        switch self {
        case .start: TimeRange.overlaps(instant: instance.start, range)
        case .end: instance.hasEnd && TimeRange.overlaps(instant: instance.end, range)
        }
    }
}

extension Property {
    /// Whether a date, or a period, of a property that is not an instance's lies in a range.
    package func overlaps(_ range: Range<Int64>, _ zones: ZoneTable) -> Bool {
        periods.contains { period in
            let start = zones.instant(of: period.start)
            guard let end = period.end(zones) else {
                return TimeRange.overlaps(instant: start, range)
            }
            return range.lowerBound < end && range.upperBound > start
        }
    }
}
