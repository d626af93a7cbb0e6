import ICalendar

extension FilteredObject {
    /// - Parameter index: of a component directly in the calendar.
    func matches(_ component: Component, at index: Int?, _ filter: PropFilter) -> Bool {
        let properties = component.all(filter.name)
        if filter.isNotDefined { return properties.isEmpty }
        guard let range = filter.timeRange else {
            return properties.contains { meetsConditions($0, filter) }
        }
        // Those of an instance are known together: its times follow from one start and one end.
        if let index, let edge = InstanceEdge(filter.name, of: object.kind),
            component.name == object.kind.name
        {
            // An end that DURATION stands for has no parameters.
            let property = properties.first ?? Property(filter.name, raw: "")
            return meetsConditions(property, filter)
                && hasInstance(edge, in: range, at: index)
        }
        let zones = ZoneTable(calendar: object.calendar, floating: floating)
        return properties.contains {
            $0.overlaps(range, zones) && meetsConditions($0, filter)
        }
    }

    /// What is asked beside the time.
    private func meetsConditions(_ property: Property, _ filter: PropFilter) -> Bool {
        let (matches, params) = (filter.textMatches, filter.paramFilters)
        if matches.isEmpty, params.isEmpty { return true }
        let texts = matches.isEmpty ? [] : property.matchedTexts
        if filter.isAnyOf {
            return matches.contains { $0.matches(texts) }
                || params.contains { self.matches(property, $0) }
        }
        return matches.allSatisfy { $0.matches(texts) }
            && params.allSatisfy { self.matches(property, $0) }
    }

    private func matches(_ property: Property, _ filter: ParamFilter) -> Bool {
        let parameter = property.parameters.first { $0.name.uppercased() == filter.name }
        guard let parameter else { return filter.isNotDefined }
        guard !filter.isNotDefined else { return false }
        return filter.textMatch?.matches(parameter.values) ?? true
    }
}

extension Property {
    /// What a text-match is held against: the value, and each of a list.
    fileprivate var matchedTexts: [String] {
        ValueType.lists.contains(name) ? [text] + textList : [text]
    }
}
