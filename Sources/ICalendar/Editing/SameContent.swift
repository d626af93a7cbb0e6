// Whether two parties mean the same: servers reorder properties and parameters, and fold anew.

extension Property {
    /// Parameters that say who delivers invitations and what came of it (RFC 6638 §7), not what the
    /// property means: each copy of an object has its own.
    static let deliveryParameters: Set<String> = [
        "SCHEDULE-AGENT", "SCHEDULE-STATUS", "SCHEDULE-FORCE-SEND",
    ]

    /// Equal texts for equal content.
    var canonicalText: String {
        let parameters = parameters.filter { !Property.deliveryParameters.contains($0.name) }
            .map { parameter in
                let values = parameter.values.joined(separator: ",")
                // What is meant anyway need not be said (RFC 5545 §3.8.2.4, §3.8.4.1).
                switch (parameter.name, values.uppercased()) {
                case ("VALUE", "DATE-TIME"), ("VALUE", "TEXT"), ("RSVP", "FALSE"),
                    ("ROLE", "REQ-PARTICIPANT"), ("CUTYPE", "INDIVIDUAL"),
                    ("PARTSTAT", "NEEDS-ACTION"):
                    return ""
                default: return ";\(parameter.name)=\(values)"
                }
            }
            .sorted().joined()
        return "\(name)\(parameters):\(rawValue)"
    }

    package func means(_ other: Property) -> Bool {
        self == other || canonicalText == other.canonicalText
    }
}

extension [Property] {
    /// The same properties in any order.
    func mean(_ other: [Property]) -> Bool {
        guard count == other.count else { return false }
        if self == other { return true }
        return map(\.canonicalText).sorted() == other.map(\.canonicalText).sorted()
    }
}

extension Component {
    /// Properties that say when and how often something was written, not what.
    static let bookkeeping: Set<String> = ["DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "CREATED"]

    func means(_ other: Component) -> Bool {
        guard name == other.name, components.count == other.components.count else { return false }
        let own = properties.filter { !Component.bookkeeping.contains($0.name) }
        let theirs = other.properties.filter { !Component.bookkeeping.contains($0.name) }
        return own.mean(theirs) && components.mean(other.components)
    }
}

extension [Component] {
    /// The same components in any order.
    func mean(_ other: [Component]) -> Bool {
        guard count == other.count else { return false }
        // Nobody has so many alarms: whoever sends them shall not have us compare each with all.
        guard count <= 100 else { return self == other }
        var rest = other
        for component in self {
            guard let index = rest.firstIndex(where: component.means) else { return false }
            rest.remove(at: index)
        }
        return true
    }
}
