/// A VCALENDAR as a calendar object resource: one component with its overrides (RFC 4791 §4.1).
package struct CalendarObject: Sendable {
    package enum Kind: Hashable, Sendable {
        case vevent, vtodo, vjournal, vfreebusy
        /// Upper case.
        case other(String)

        package init(_ name: String) {
            switch name {
            case "VEVENT": self = .vevent
            case "VTODO": self = .vtodo
            case "VJOURNAL": self = .vjournal
            case "VFREEBUSY": self = .vfreebusy
            default: self = .other(name)
            }
        }

        /// As in BEGIN.
        package var name: String {
            switch self {
            case .vevent: "VEVENT"
            case .vtodo: "VTODO"
            case .vjournal: "VJOURNAL"
            case .vfreebusy: "VFREEBUSY"
            case .other(let name): name
            }
        }
    }

    /// The end of what never ends, in UTC seconds; fits a BIGINT and leaves room for sums.
    package static let farFuture: Int64 = 1 << 60
    /// The start of what has none.
    package static let farPast: Int64 = -(1 << 60)

    package var calendar: Component
    package let uid: String
    package let kind: Kind

    /// Reads an object as a client sends it.
    /// - Throws: what makes it no calendar object resource; everything else is tolerated and found
    ///   in `findings`.
    package init(
        parsing bytes: [UInt8], limits: ParseLimits = .standard
    ) throws(ICalendarError) {
        try self.init(Component.parse(bytes, limits: limits))
    }

    /// - Throws: as `init(parsing:)`.
    package init(_ calendar: Component) throws(ICalendarError) {
        if let method = calendar.first("METHOD") {
            throw ICalendarError(
                .hasMethod, line: method.lineNumber, property: "METHOD",
                reason: "a calendar object has no METHOD")
        }
        try self.init(message: calendar)
    }

    /// Reads a scheduling message or a file to import: METHOD is allowed.
    package init(message calendar: Component) throws(ICalendarError) {
        let members = calendar.components.filter { $0.name != "VTIMEZONE" }
        guard let first = members.first else {
            throw ICalendarError(
                .noComponent, line: calendar.lineNumber, reason: "there is only a VTIMEZONE")
        }
        var uid: String?
        for member in members {
            guard member.name == first.name else {
                throw ICalendarError(
                    .severalKinds, line: member.lineNumber, property: member.name,
                    reason: "\(first.name) and \(member.name) in one object")
            }
            guard let property = member.first("UID"), !property.text.isEmpty else {
                throw ICalendarError(
                    .missingUID, line: member.lineNumber, property: "UID",
                    reason: "\(member.name) has no UID")
            }
            guard uid == nil || uid == property.text else {
                throw ICalendarError(
                    .severalUIDs, line: property.lineNumber, property: "UID",
                    reason: "a second UID in one object")
            }
            uid = property.text
        }
        self.calendar = calendar
        self.uid = uid ?? ""
        kind = Kind(first.name)
    }

    /// What is known to be one object.
    init(unchecked calendar: Component, uid: String, kind: Kind) {
        self.calendar = calendar
        self.uid = uid
        self.kind = kind
    }
}

extension CalendarObject {
    private func isMaster(_ component: Component) -> Bool {
        component.name == kind.name && !component.has("RECURRENCE-ID")
    }

    private func isOverride(_ component: Component) -> Bool {
        component.name == kind.name && component.has("RECURRENCE-ID")
    }

    /// The component without RECURRENCE-ID, of several the one of the highest SEQUENCE; nil where an
    /// invitation brought single instances only.
    ///
    /// Setting nil removes it, setting one where there is none puts it before the overrides.
    package var master: Component? {
        get { masterIndex.map { calendar.components[$0] } }
        set {
            let index = masterIndex
            switch (index, newValue) {
            case (let index?, let new?): calendar.components[index] = new
            case (let index?, nil): calendar.components.remove(at: index)
            case (nil, let new?):
                let place = calendar.components.firstIndex(where: isOverride)
                calendar.components.insert(new, at: place ?? calendar.components.endIndex)
            case (nil, nil): break
            }
        }
    }

    private var masterIndex: Int? {
        let masters = calendar.components.indices.filter { isMaster(calendar.components[$0]) }
        guard masters.count > 1 else { return masters.first }
        return masters.max { calendar.components[$0].sequence < calendar.components[$1].sequence }
    }

    /// The components with RECURRENCE-ID, in their order.
    package var overrides: [Component] {
        get { calendar.components.filter(isOverride) }
        set {
            calendar.components.removeAll(where: isOverride)
            calendar.components += newValue
        }
    }

    /// The master, or the override of the earliest instance where there is none.
    package var principalComponent: Component {
        principalIndex.map { calendar.components[$0] } ?? Component(name: kind.name)
    }

    /// Changes `principalComponent` in its place.
    package mutating func updateMaster(_ change: (inout Component) -> Void) {
        if let index = principalIndex { change(&calendar.components[index]) }
    }

    /// Nil only when a caller emptied `calendar`.
    private var principalIndex: Int? {
        if let masterIndex { return masterIndex }
        let zones = ZoneTable(calendar: calendar, floating: .utc)
        let overrides = calendar.components.indices.filter {
            isOverride(calendar.components[$0])
        }
        return overrides.min { a, b in
            instant(of: calendar.components[a], zones) < instant(of: calendar.components[b], zones)
        }
    }

    private func instant(of override: Component, _ zones: ZoneTable) -> Int64 {
        override.first("RECURRENCE-ID")?.dateTime.map(zones.instant) ?? .max
    }

    /// Whether there may be more than one instance.
    package var isRecurring: Bool {
        guard let master else { return true }
        return master.has("RRULE") || master.has("RDATE")
    }

    package func serialized() -> [UInt8] {
        calendar.serialized()
    }
}

extension Component {
    /// SEQUENCE, 0 without one.
    package var sequence: Int { first("SEQUENCE")?.integer ?? 0 }
}
