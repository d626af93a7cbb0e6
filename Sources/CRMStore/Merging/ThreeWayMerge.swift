import ICalendar

/// Brings the changes of somebody else into a version whose author had not seen them.
///
/// Compares by component (the master, each override) and by property name: what the others changed
/// and the author left as it was is taken from the others, everything else is the author's.
struct ThreeWayMerge {
    /// The version that the author began with.
    let base: CalendarObject
    /// The version that others made of it.
    let others: CalendarObject

    /// - Parameter now: seconds since 1970, for LAST-MODIFIED and DTSTAMP.
    /// - Returns: nil where the others changed nothing that the author did not.
    func merged(into author: CalendarObject, now: Int64) -> CalendarObject? {
        var result = author
        var isChanged = false
        for (key, theirs) in others.parts {
            let before = base.part(key)
            if let index = result.indexOfPart(key) {
                let merged = ThreeWayMerge.merge(
                    result.calendar.components[index], before ?? Component(name: theirs.name),
                    theirs)
                if let merged {
                    result.calendar.components[index] = merged
                    isChanged = true
                }
            } else if before == nil {
                result.calendar.components.append(theirs)
                isChanged = true
            }
        }
        for (key, before) in base.parts where others.part(key) == nil {
            guard let index = result.indexOfPart(key),
                ThreeWayMerge.differences(result.calendar.components[index], before) == 0,
                result.parts.count > 1
            else { continue }
            result.calendar.components.remove(at: index)
            isChanged = true
        }
        guard isChanged else { return nil }
        addZones(to: &result)
        let sequence = max(author.sequence, others.sequence) + 1
        result.updateMaster { component in
            component.setRaw("SEQUENCE", String(Int32(clamping: sequence)))
            component.setRaw("DTSTAMP", TaskMapping.utcText(now))
            component.setRaw("LAST-MODIFIED", TaskMapping.utcText(now))
        }
        return result
    }

    /// The zones that what was taken over refers to.
    private func addZones(to result: inout CalendarObject) {
        func zones(_ object: CalendarObject) -> [Component] {
            object.calendar.components.filter { $0.name == "VTIMEZONE" }
        }
        let known = Set(zones(result).compactMap { $0.first("TZID")?.text })
        for zone in zones(others) where !known.contains(zone.first("TZID")?.text ?? "") {
            result.calendar.components.insert(zone, at: 0)
        }
    }

    // MARK: One component

    /// Properties that say when and how often something was written, not what.
    private static let bookkeeping: Set<String> = [
        "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED",
    ]

    private static func merge(
        _ author: Component, _ before: Component, _ theirs: Component
    ) -> Component? {
        var result = author
        var isChanged = false
        for name in names(theirs, before) {
            let old = before.all(name)
            let new = theirs.all(name)
            guard new != old, author.all(name) == old else { continue }
            result.replaceAll(name, with: new)
            isChanged = true
        }
        if theirs.components != before.components, author.components == before.components {
            result.components = theirs.components
            isChanged = true
        }
        return isChanged ? result : nil
    }

    private static func names(_ one: Component, _ other: Component) -> [String] {
        Set((one.properties + other.properties).map(\.name)).subtracting(bookkeeping).sorted()
    }

    /// In how many properties, alarms counted as one, two components differ.
    private static func differences(_ one: Component, _ other: Component) -> Int {
        names(one, other).count { one.all($0) != other.all($0) }
            + (one.components == other.components ? 0 : 1)
    }

    /// In how many properties, over all components, two versions differ.
    static func differences(_ one: CalendarObject, _ other: CalendarObject) -> Int {
        let keys = Set(one.parts.map(\.key)).union(other.parts.map(\.key))
        return keys.reduce(0) { sum, key in
            let none = Component(name: one.kind.name)
            return sum + differences(one.part(key) ?? none, other.part(key) ?? none)
        }
    }
}

extension CalendarObject {
    /// The master under an empty key, each override under its RECURRENCE-ID.
    fileprivate var parts: [(key: String, component: Component)] {
        calendar.components.compactMap { component in
            component.name == kind.name
                ? (component.first("RECURRENCE-ID")?.rawValue ?? "", component) : nil
        }
    }

    fileprivate func part(_ key: String) -> Component? {
        parts.first { $0.key == key }?.component
    }

    fileprivate func indexOfPart(_ key: String) -> Int? {
        calendar.components.firstIndex {
            $0.name == kind.name && ($0.first("RECURRENCE-ID")?.rawValue ?? "") == key
        }
    }

    var sequence: Int { principalComponent.first("SEQUENCE")?.integer ?? 0 }
}
