extension ObjectChanges {
    /// Another version with these changes made to it.
    ///
    /// What says already what it would be changed to keeps its bytes. Attendees and organizers keep
    /// what the version says of who delivers their invitations.
    package func applied(to object: CalendarObject) -> CalendarObject {
        var result = object
        let zones = ZoneTable(calendar: object.calendar, floating: .utc)
        let byPart = Dictionary(grouping: changes, by: \.key.part)
        var present: Set<Part> = []
        for index in result.calendar.components.indices {
            guard result.calendar.components[index].name == result.kind.name else { continue }
            let part = Part(of: result.calendar.components[index], zones)
            present.insert(part)
            apply(byPart[part] ?? [], part, to: &result.calendar.components[index])
        }
        let remaining = present.subtracting(removed)
        // An object without a component is none.
        if !remaining.isEmpty {
            result.calendar.components.removeAll { component in
                component.name == result.kind.name && removed.contains(Part(of: component, zones))
            }
        }
        let touched = Set(changes.keys.map(\.part)).union(nested.keys).union(added)
        let parts = new.parts
        for part in touched.subtracting(present).sorted(by: Part.isBefore) {
            guard var component = parts[part] else { continue }
            if component.first("UID")?.text != object.uid {
                component.set(Property("UID", text: object.uid))
            }
            if part == .master {
                result.master = component
            } else {
                result.calendar.components.append(component)
            }
        }
        addZones(to: &result)
        return result
    }

    private func apply(
        _ places: [(key: Place, value: [Change])], _ part: Part, to component: inout Component
    ) {
        for (place, changes) in places {
            for change in changes {
                if place.identity.isEmpty {
                    replace(change, in: &component)
                } else {
                    replace(change, identity: place.identity, in: &component)
                }
            }
        }
        if let nested = nested[part], !component.components.mean(nested) {
            component.components = nested
        }
    }

    private func replace(_ change: Change, in component: inout Component) {
        let present = component.all(change.name)
        guard !present.mean(change.new) else { return }
        if change.new.count == 1, var property = change.new.first {
            if let before = present.first { property.takeDelivery(from: before) }
            component.set(property)
        } else {
            component.removeAll(change.name)
            for property in change.new { component.append(property) }
        }
    }

    private func replace(_ change: Change, identity: String, in component: inout Component) {
        let isThis = { (property: Property) in
            property.isNamed(change.name) && property.identity == identity
        }
        guard var property = change.new.first else { return component.removeAll(where: isThis) }
        guard let before = component.properties.first(where: isThis) else {
            return component.append(property)
        }
        guard !before.means(property) else { return }
        property.takeDelivery(from: before)
        component.replaceFirst(where: isThis, with: property)
    }

    /// The definitions of zones that what was taken over refers to.
    private func addZones(to result: inout CalendarObject) {
        let known = Set(
            result.calendar.components(named: "VTIMEZONE").compactMap { $0.first("TZID")?.text })
        let used = Set(
            result.calendar.components.filter { $0.name != "VTIMEZONE" }.flatMap(\.tzids))
        for zone in new.calendar.components(named: "VTIMEZONE") {
            guard let name = zone.first("TZID")?.text, !known.contains(name), used.contains(name)
            else { continue }
            result.calendar.components.insert(zone, at: 0)
        }
    }
}

extension ObjectChanges.Part {
    static func isBefore(_ one: ObjectChanges.Part, _ other: ObjectChanges.Part) -> Bool {
        switch (one, other) {
        case (.master, _): other != .master
        case (.instance(let one), .instance(let other)): one < other
        case (.instance, .unreadable): true
        case (.unreadable(let one), .unreadable(let other)): one < other
        default: false
        }
    }
}

extension Property {
    fileprivate mutating func takeDelivery(from other: Property) {
        for name in Property.deliveryParameters {
            let theirs = other.parameter(name)
            if theirs != parameter(name) { setParameter(name, to: theirs) }
        }
    }
}

extension CalendarObject {
    /// The time of its last change as its writer says: LAST-MODIFIED, else DTSTAMP, in UTC seconds;
    /// of all its components the latest.
    package var lastChange: Int64? {
        let zones = ZoneTable(calendar: calendar, floating: .utc)
        let stamps = calendar.components.filter { $0.name == kind.name }.compactMap { component in
            (component.first("LAST-MODIFIED") ?? component.first("DTSTAMP"))?.dateTime
                .map(zones.instant)
        }
        return stamps.max()
    }

    /// Whether both say the same, whatever they say of when it was written, and under which UID.
    package func means(_ other: CalendarObject) -> Bool {
        kind == other.kind && ObjectChanges(from: self, to: other).isEmpty
    }
}
