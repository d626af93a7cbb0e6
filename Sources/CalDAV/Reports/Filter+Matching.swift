import ICalendar

// How a filter is judged (RFC 4791 §9.7): everything inside a filter has to hold (for one and the
// same component or property), and a filter holds where one component or property fulfils it.

/// One object under a filter.
struct FilteredObject {
    let object: CalendarObject
    /// The zone of floating times and DATEs.
    let floating: Zone

    func matches(_ filter: CompFilter) -> Bool {
        matches(object.calendar, filter)
    }

    private func matches(_ component: Component, _ filter: CompFilter) -> Bool {
        if let range = filter.timeRange, !overlaps(component, range) { return false }
        for inner in filter.propFilters where !matches(component, inner) { return false }
        for inner in filter.compFilters {
            let members = component.components(named: inner.name)
            if inner.isNotDefined {
                if !members.isEmpty { return false }
            } else if inner.name == "VALARM", let range = inner.timeRange {
                if !hasAlarm(range, inner, in: component) { return false }
            } else if !members.contains(where: { matches($0, inner) }) {
                return false
            }
        }
        return true
    }

    /// A range is judged for all instances of an object at once.
    private func overlaps(_ component: Component, _ range: Range<Int64>) -> Bool {
        component.name == object.kind.name && object.overlaps(range, floating: floating)
    }

    /// Whether an alarm of any instance goes off in the range.
    private func hasAlarm(
        _ range: Range<Int64>, _ filter: CompFilter, in component: Component
    ) -> Bool {
        var untimed = filter
        untimed.timeRange = nil
        guard component.name == object.kind.name else { return false }
        return object.hasAlarm(in: range, floating: floating) { matches($0, untimed) }
    }

    private func matches(_ component: Component, _ filter: PropFilter) -> Bool {
        let properties = component.all(filter.name)
        if filter.isNotDefined { return properties.isEmpty }
        return properties.contains { property in
            if let range = filter.timeRange, !overlaps(property, range) { return false }
            if let match = filter.textMatch, !match.matches(property.text) { return false }
            return filter.paramFilters.allSatisfy { matches(property, $0) }
        }
    }

    private func overlaps(_ property: Property, _ range: Range<Int64>) -> Bool {
        guard let value = property.dateTime else { return false }
        let zones = ZoneTable(calendar: object.calendar, floating: floating)
        return range.contains(zones.instant(of: value))
    }

    private func matches(_ property: Property, _ filter: ParamFilter) -> Bool {
        let parameter = property.parameters.first { $0.name.uppercased() == filter.name }
        guard let parameter else { return filter.isNotDefined }
        guard !filter.isNotDefined else { return false }
        guard let match = filter.textMatch else { return true }
        return parameter.values.contains { match.collation.contains($0, match.text) }
            != match.isNegated
    }
}
