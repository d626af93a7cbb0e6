import ICalendar

// How a filter is judged (RFC 4791 §9.7): everything inside a filter has to hold (for one and the
// same component or property), and a filter holds where one component or property fulfils it.

/// One object under a filter.
struct FilteredObject {
    let object: CalendarObject
    /// The zone of floating times and DATEs.
    let floating: Zone

    func matches(_ filter: CompFilter) -> Bool {
        !filter.isNotDefined && matches(object.calendar, at: nil, filter)
    }

    /// - Parameter index: of a component directly in the calendar.
    private func matches(_ component: Component, at index: Int?, _ filter: CompFilter) -> Bool {
        if let range = filter.timeRange, !overlaps(component, at: index, range, filter) {
            return false
        }
        if filter.propFilters.isEmpty, filter.compFilters.isEmpty { return true }
        if filter.isAnyOf {
            return filter.propFilters.contains { matches(component, at: index, $0) }
                || filter.compFilters.contains { holds($0, in: component) }
        }
        return filter.propFilters.allSatisfy { matches(component, at: index, $0) }
            && filter.compFilters.allSatisfy { holds($0, in: component) }
    }

    private func holds(_ filter: CompFilter, in component: Component) -> Bool {
        if filter.isNotDefined { return !component.components.contains { $0.name == filter.name } }
        if filter.name == "VALARM", let range = filter.timeRange {
            return hasAlarm(range, filter, in: component)
        }
        // Of what stands deeper the place in the calendar is not needed, and would be another's.
        let isCalendar = component.name == "VCALENDAR"
        return component.components.enumerated().contains { index, member in
            member.name == filter.name
                && matches(member, at: isCalendar ? index : nil, filter)
        }
    }

    /// Whether an instance that the component describes overlaps a range.
    ///
    /// Where nothing else is asked of the component, that of any other of the object will do.
    private func overlaps(
        _ component: Component, at index: Int?, _ range: Range<Int64>, _ filter: CompFilter
    ) -> Bool {
        guard component.name == object.kind.name else { return false }
        let isAlone = filter.propFilters.isEmpty && filter.compFilters.isEmpty
        guard let index, !isAlone else { return object.overlaps(range, floating: floating) }
        return object.overlaps(range, floating: floating, describedAt: index)
    }

    /// Whether an alarm of any instance goes off in the range.
    private func hasAlarm(
        _ range: Range<Int64>, _ filter: CompFilter, in component: Component
    ) -> Bool {
        var untimed = filter
        untimed.timeRange = nil
        guard component.name == object.kind.name else { return false }
        return object.hasAlarm(in: range, floating: floating) { matches($0, at: nil, untimed) }
    }
}
