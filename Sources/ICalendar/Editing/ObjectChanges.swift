/// What makes one version of an object of another: by instance and by property.
///
/// The changes of one party can be applied to the version of another, which may differ from the
/// first in everything else: what its server left out or put in stays left out or in.
package struct ObjectChanges: Sendable {
    /// A component of the object.
    package enum Part: Hashable, Sendable {
        case master
        /// The override of one instance, by its RECURRENCE-ID in UTC seconds: servers write it in
        /// other zones than clients do.
        case instance(Int64)
        /// An override whose RECURRENCE-ID is no time.
        case unreadable(String)
    }

    /// Where two parties' changes can meet: properties that only make sense together are one place.
    package struct Place: Hashable, Sendable {
        package let part: Part
        /// A property's name, that of its group's first member, or empty for the components inside.
        package let property: String
        /// Which of several, for properties that an object may have many of.
        package var identity = ""
    }

    /// One change at a place: what the properties of a name were and are.
    struct Change: Sendable {
        var name: String
        var old: [Property]
        var new: [Property]
    }

    let new: CalendarObject
    private let newParts: [Part: Component]
    var changes: [Place: [Change]] = [:]
    /// The components inside (alarms), where they changed.
    var nested: [Part: [Component]] = [:]
    /// Overrides that there are no more.
    var removed: Set<Part> = []
    /// Overrides that there were not.
    var added: Set<Part> = []

    package init(from old: CalendarObject, to new: CalendarObject) {
        self.new = new
        let before = old.parts
        let after = new.parts
        newParts = after
        removed = Set(before.keys).subtracting(after.keys)
        added = Set(after.keys).subtracting(before.keys)
        for (part, component) in after {
            note(part, before[part] ?? Component(name: component.name), component)
        }
    }

    package var isEmpty: Bool {
        changes.isEmpty && nested.isEmpty && removed.isEmpty && added.isEmpty
    }

    /// Groups of properties of which one makes no sense with another's version of the rest.
    private static let groups: [String: String] = [
        "DTSTART": "DTSTART", "DTEND": "DTSTART", "DUE": "DTSTART", "DURATION": "DTSTART",
        "RRULE": "DTSTART",
        "STATUS": "STATUS", "COMPLETED": "STATUS", "PERCENT-COMPLETE": "STATUS",
    ]

    /// Properties of which an object has many, each for itself.
    private static let many: Set<String> = [
        "ATTENDEE", "EXDATE", "RDATE", "COMMENT", "CONTACT", "ATTACH", "RELATED-TO", "RESOURCES",
        "REQUEST-STATUS", "CONFERENCE", "IMAGE",
    ]

    private mutating func note(_ part: Part, _ before: Component, _ after: Component) {
        let names = Set((before.properties + after.properties).map(\.name))
            .subtracting(Component.bookkeeping).subtracting(["RECURRENCE-ID", "UID"])
        for name in names {
            let (old, new) = (before.all(name), after.all(name))
            if old.mean(new) { continue }
            if ObjectChanges.many.contains(name) {
                noteMany(part, name, old, new)
            } else {
                let place = Place(part: part, property: ObjectChanges.groups[name] ?? name)
                changes[place, default: []].append(Change(name: name, old: old, new: new))
            }
        }
        if !before.components.mean(after.components) { nested[part] = after.components }
    }

    private mutating func noteMany(
        _ part: Part, _ name: String, _ old: [Property], _ new: [Property]
    ) {
        let before = Dictionary(old.map { ($0.identity, $0) }, uniquingKeysWith: { $1 })
        let after = Dictionary(new.map { ($0.identity, $0) }, uniquingKeysWith: { $1 })
        for identity in Set(before.keys).union(after.keys) {
            let (earlier, later) = (before[identity], after[identity])
            if let earlier, let later, earlier.means(later) { continue }
            let place = Place(part: part, property: name, identity: identity)
            changes[place] = [
                Change(
                    name: name, old: earlier.map { [$0] } ?? [], new: later.map { [$0] } ?? [])
            ]
        }
    }

    // MARK: Two parties

    /// Places that both changed, and not to the same.
    package func conflicts(with other: ObjectChanges) -> Set<Place> {
        var places: Set<Place> = []
        for (place, own) in changes {
            guard let theirs = other.changes[place] else { continue }
            let names = Set((own + theirs).map(\.name))
            let agree = names.allSatisfy { name in
                guard place.identity.isEmpty else {
                    return own.first?.new.mean(theirs.first?.new ?? []) == true
                }
                return property(name, in: place.part).mean(other.property(name, in: place.part))
            }
            if !agree { places.insert(place) }
        }
        for (part, own) in nested {
            if let theirs = other.nested[part], !own.mean(theirs) {
                places.insert(Place(part: part, property: ""))
            }
        }
        return places
    }

    private func property(_ name: String, in part: Part) -> [Property] {
        newParts[part]?.all(name) ?? []
    }

    /// The changes without those at the places, which another party decides.
    package func dropping(_ places: Set<Place>) -> ObjectChanges {
        var rest = self
        for place in places {
            if place.property.isEmpty {
                rest.nested[place.part] = nil
            } else {
                rest.changes[place] = nil
            }
        }
        return rest
    }

    /// The changes with all of the properties at the places, changed or not: whoever decides a place
    /// decides the whole group.
    package func imposing(_ places: Set<Place>) -> ObjectChanges {
        var all = self
        for place in places where !place.property.isEmpty && place.identity.isEmpty {
            let names = ObjectChanges.groups.filter { $0.value == place.property }.map(\.key)
            for name in names where all.changes[place]?.contains(where: { $0.name == name }) != true
            {
                let present = property(name, in: place.part)
                all.changes[place, default: []].append(
                    Change(name: name, old: present, new: present))
            }
        }
        return all
    }

    /// Without the removal of overrides that the other party changed: a change outweighs a removal.
    package func yieldingRemovals(to other: ObjectChanges) -> ObjectChanges {
        let changed = Set(other.changes.keys.map(\.part)).union(other.nested.keys)
        let kept = removed.intersection(changed)
        guard !kept.isEmpty else { return self }
        var rest = self
        rest.removed.subtract(kept)
        // Whoever removes an instance excludes its time from the rule.
        let zones = ZoneTable(calendar: new.calendar, floating: .utc)
        for (place, changes) in changes where place.property == "EXDATE" {
            let excluded = changes.flatMap(\.new).compactMap(\.dateTime).map(zones.instant)
            if excluded.contains(where: { kept.contains(.instance($0)) }) {
                rest.changes[place] = nil
            }
        }
        return rest
    }

    /// The changes without those of properties whose name `isLeft` picks.
    package func ignoring(where isLeft: (_ name: String, _ isRemoval: Bool) -> Bool)
        -> ObjectChanges
    {
        var rest = self
        for (place, changes) in changes {
            let kept = changes.filter { !isLeft($0.name, $0.new.isEmpty) }
            rest.changes[place] = kept.isEmpty ? nil : kept
        }
        return rest
    }
}

extension Property {
    /// What tells it from its like.
    var identity: String {
        isNamed("ATTENDEE") ? rawValue.lowercased() : canonicalText
    }
}

extension CalendarObject {
    /// The master and the overrides, by what they are of.
    var parts: [ObjectChanges.Part: Component] {
        let zones = ZoneTable(calendar: calendar, floating: .utc)
        var parts: [ObjectChanges.Part: Component] = [:]
        for component in calendar.components where component.name == kind.name {
            let part = ObjectChanges.Part(of: component, zones)
            // Of several masters, the latest (see `master`).
            if let known = parts[part], known.sequence >= component.sequence { continue }
            parts[part] = component
        }
        return parts
    }
}

extension ObjectChanges.Part {
    init(of component: Component, _ zones: ZoneTable) {
        guard let id = component.first("RECURRENCE-ID") else {
            self = .master
            return
        }
        self = id.dateTime.map { .instance(zones.instant(of: $0)) } ?? .unreadable(id.rawValue)
    }
}
