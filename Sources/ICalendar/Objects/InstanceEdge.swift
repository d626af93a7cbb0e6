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

extension InstanceEdge {
    func lies(in range: Range<Int64>, of instance: Instance) -> Bool {
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
