import ICalendar

// How a filter is judged (RFC 4791 §9.7): everything inside a filter has to hold (for one and the
// same component or property), and a filter holds where one component or property fulfils it.

/// One object under a filter.
struct FilteredObject {
    let object: CalendarObject
    /// The zone of floating times and DATEs.
    let floating: Zone
    private let known = Known()

    init(object: CalendarObject, floating: Zone) {
        self.object = object
        self.floating = floating
    }

    /// What was found of all components of the object together. It is asked for each of them, and there may
    /// be thousands.
    private final class Known {
        var overlapping: [Range<Int64>: Set<Int>] = [:]
        var anyOverlapping: [Range<Int64>: Bool] = [:]
        var edges: [InstanceEdge: [Range<Int64>: Set<Int>]] = [:]
        var alarms: [(filter: CompFilter, isFound: Bool)] = []
    }

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
        guard let index, !isAlone else {
            if let isFound = known.anyOverlapping[range] { return isFound }
            let isFound = object.overlaps(range, floating: floating)
            known.anyOverlapping[range] = isFound
            return isFound
        }
        if let places = known.overlapping[range] { return places.contains(index) }
        let places = object.componentsOverlapping(range, floating: floating)
        known.overlapping[range] = places
        return places.contains(index)
    }

    /// Whether an instance that the component describes starts or ends in a range.
    ///
    /// - Parameter index: of a component directly in the calendar.
    func hasInstance(_ edge: InstanceEdge, in range: Range<Int64>, at index: Int) -> Bool {
        if let places = known.edges[edge]?[range] { return places.contains(index) }
        let places = object.componentsWithInstance(edge, in: range, floating: floating)
        known.edges[edge, default: [:]][range] = places
        return places.contains(index)
    }

    /// Whether an alarm of any instance goes off in the range.
    private func hasAlarm(
        _ range: Range<Int64>, _ filter: CompFilter, in component: Component
    ) -> Bool {
        guard component.name == object.kind.name else { return false }
        if let known = known.alarms.first(where: { $0.filter == filter }) { return known.isFound }
        var untimed = filter
        untimed.timeRange = nil
        let isFound = object.hasAlarm(in: range, floating: floating) {
            matches($0, at: nil, untimed)
        }
        known.alarms.append((filter, isFound))
        return isFound
    }
}
