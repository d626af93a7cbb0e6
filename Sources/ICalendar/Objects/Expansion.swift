// What a client asks for in place of the whole object (RFC 4791 §9.6.5 to §9.6.7).

extension CalendarObject {
    /// Each instance that overlaps a range as a component of its own, times with a zone in UTC,
    /// without rules and VTIMEZONEs (CALDAV:expand).
    ///
    /// - Parameter limit: how many instances at most; less where they would be more than 32 MB.
    package func expanded(
        _ range: Range<Int64>, floating: Zone, limit: Int = 10_000
    ) -> Component {
        var result = calendar
        let set = InstanceSet(self, floating: floating)
        switch kind {
        case .vevent, .vtodo, .vjournal:
            let size = calendar.components.map(\.size).max() ?? 0
            let limit = min(limit, max(1, (32 << 20) / max(1, size)))
            // What repeats is taken out once: there may be exceptions by the thousand.
            var templates: [ObjectIdentifier: Component] = [:]
            var instances = set.instances(in: range, limit: limit).map { instance in
                let source = ObjectIdentifier(instance.source)
                let template = templates[source] ?? InstanceSet.template(of: instance.component)
                templates[source] = template
                return set.component(of: instance, from: template)
            }
            if let master, set.master == nil { instances.insert(master, at: 0) }
            result.components = instances
        case .vfreebusy, .other:
            result.components = calendar.components.filter { $0.name != "VTIMEZONE" }
        }
        return result
    }

    /// The master and those overrides that matter in a range: by their own times, or by those that
    /// the master would have had there (CALDAV:limit-recurrence-set).
    package func limitingRecurrenceSet(to range: Range<Int64>, floating: Zone) -> Component {
        let set = InstanceSet(self, floating: floating)
        var result = calendar
        let shown = Set(set.overrides.filter { set.matters($0, in: range) }.map(\.index))
        result.components = calendar.components.enumerated().filter { index, component in
            component.name != kind.name || !component.has("RECURRENCE-ID") || shown.contains(index)
        }.map(\.element)
        return result
    }

    /// FREEBUSY with those periods alone that overlap a range (CALDAV:limit-freebusy-set).
    package func limitingFreeBusySet(to range: Range<Int64>, floating: Zone) -> Component {
        let zones = ZoneTable(calendar: calendar, floating: floating)
        var result = calendar
        for index in result.components.indices where result.components[index].name == "VFREEBUSY" {
            var kept: [Property] = []
            for property in result.components[index].properties {
                guard property.isNamed("FREEBUSY") else {
                    kept.append(property)
                    continue
                }
                let tzid = property.parameter("TZID")
                let bytes = property.rawBytes
                let items = ASCII.split(bytes[...], at: ASCII.comma)
                let inside = items.filter { item in
                    guard let period = PeriodValue(bytes: item, tzid: { tzid }),
                        let end = period.end(zones)
                    else { return false }
                    return range.lowerBound < end
                        && range.upperBound > zones.instant(of: period.start)
                }
                if inside.count == items.count {
                    kept.append(property)
                } else if !inside.isEmpty {
                    kept.append(
                        property.with(raw: inside.map(ASCII.decode).joined(separator: ",")))
                }
            }
            result.components[index].properties = kept
        }
        return result
    }
}

extension Component {
    /// About how many octets it is written in.
    fileprivate var size: Int {
        properties.reduce(0) { $0 + Int($1.line.next - $1.line.start) }
            + components.reduce(0) { $0 + $1.size }
    }
}

extension InstanceSet {
    static let recurrenceNames = ["RRULE", "RDATE", "EXDATE", "EXRULE"]

    /// What all instances of a component have in common.
    static func template(of component: Component) -> Component {
        var template = component
        template.position = .max
        template.removeAll { property in recurrenceNames.contains { property.isNamed($0) } }
        return template
    }

    /// An instance as a component that stands alone.
    func component(of instance: Instance) -> Component {
        component(of: instance, from: InstanceSet.template(of: instance.component))
    }

    /// - Parameter template: of the instance's component.
    fileprivate func component(
        of instance: Instance, from template: Component
    ) -> Component {
        var component = template
        let isOccurrence = instance.recurrenceID != nil
        let hasStart = instance.source.hasStart
        component.mapProperties { property in
            switch property.name {
            case "DTSTART": return property.with(dateTime: absolute(instance.startValue))
            case "DTEND" where isOccurrence, "DUE" where isOccurrence && hasStart:
                guard let end = property.dateTime else { return property }
                return property.with(dateTime: self.end(of: instance, like: end))
            case "DUE" where isOccurrence:
                return property.with(dateTime: absolute(instance.startValue))
            default:
                guard property.parameter("TZID") != nil, let value = property.dateTime else {
                    return property
                }
                return property.with(dateTime: absolute(value))
            }
        }
        if let id = instance.recurrenceID {
            component.removeAll("RECURRENCE-ID")
            component.append(absolute(id).property(named: "RECURRENCE-ID"))
        }
        return component
    }

    private func end(of instance: Instance, like end: DateTimeValue) -> DateTimeValue {
        switch end {
        case .date, .floating: end.with(civil: zones.zone(of: end).civil(at: instance.end))
        case .utc, .zoned: .utc(Zone.utc.civil(at: instance.end))
        }
    }

    /// A time with a zone in UTC.
    private func absolute(_ value: DateTimeValue) -> DateTimeValue {
        guard case .zoned = value else { return value }
        return .utc(Zone.utc.civil(at: zones.instant(of: value)))
    }

    fileprivate func matters(_ override: Override, in range: Range<Int64>) -> Bool {
        if TimeRange.overlaps(override.instance, range, kind) { return true }
        if let master {
            let original = occurrence(.init(wall: override.wall, end: nil), of: master)
            if TimeRange.overlaps(original, range, kind) { return true }
        }
        // One of "this and future" shapes all that follow.
        return override.isThisAndFuture
            && zones.instant(of: override.recurrenceID) < range.upperBound
    }
}
