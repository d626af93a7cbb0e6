import ICalendar

/// Objects as another server may have them: it shall invite nobody because of us.
enum PushedObject {
    /// The object with SCHEDULE-AGENT=CLIENT (RFC 6638 §7.1) for everybody whom the server does not
    /// know from its own version.
    ///
    /// - Parameter keeping: the server's version; whom it has stays as it has them, since turning
    ///   somebody over to the client would be told to them as an uninvitation.
    static func protected(
        _ object: CalendarObject, keeping present: CalendarObject?
    ) -> CalendarObject {
        var known: [String: String?] = [:]
        for component in present?.calendar.components ?? [] {
            for property in people(of: component) {
                known[key(property)] = .some(property.parameter("SCHEDULE-AGENT"))
            }
        }
        var result = object
        for index in result.calendar.components.indices
        where result.calendar.components[index].name == object.kind.name {
            result.calendar.components[index].mapProperties { property in
                guard isPerson(property) else { return property }
                let agent = known[key(property)] ?? "CLIENT"
                guard property.parameter("SCHEDULE-AGENT") != agent else { return property }
                var property = property
                property.setParameter("SCHEDULE-AGENT", to: agent)
                return property
            }
        }
        return result
    }

    private static func people(of component: Component) -> [Property] {
        component.properties.filter(isPerson)
    }

    private static func isPerson(_ property: Property) -> Bool {
        property.isNamed("ATTENDEE") || property.isNamed("ORGANIZER")
    }

    private static func key(_ property: Property) -> String {
        "\(property.name):\(property.rawValue.lowercased())"
    }
}

extension CalendarObject {
    /// What both versions say alike; nil where they have not one component in common.
    func shared(with other: CalendarObject) -> CalendarObject? {
        var result = self
        result.calendar.components = calendar.components.compactMap { component in
            guard component.name == kind.name else { return component }
            let id = component.first("RECURRENCE-ID")?.rawValue
            let twin = other.calendar.components.first {
                $0.name == kind.name && $0.first("RECURRENCE-ID")?.rawValue == id
            }
            guard let twin else { return nil }
            var shared = component
            shared.removeAll { property in
                !property.isNamed("UID") && !property.isNamed("RECURRENCE-ID")
                    && !twin.properties.contains { $0.means(property) }
            }
            if component.components != twin.components { shared.components = [] }
            return shared
        }
        return result.calendar.components.contains { $0.name == kind.name } ? result : nil
    }
}
