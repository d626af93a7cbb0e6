extension CalendarObject {
    /// The objects that a whole calendar holds: components of one kind and UID are one, each with
    /// the VTIMEZONEs that it names, in the order in which they begin.
    ///
    /// A component without UID is an object of its own, with an empty `uid`.
    package static func objects(of calendar: Component) -> [CalendarObject] {
        struct Key: Hashable {
            let name: String
            let uid: String
        }
        var order: [[Component]] = []
        var places: [Key: Int] = [:]
        var zones: [String: Component] = [:]
        for var component in calendar.components {
            component.position = .max
            if component.name == "VTIMEZONE" {
                if let tzid = component.first("TZID")?.text { zones[tzid] = component }
                continue
            }
            let uid = component.first("UID")?.text ?? ""
            let key = Key(name: component.name, uid: uid)
            if !uid.isEmpty, let place = places[key] {
                order[place].append(component)
            } else {
                places[key] = order.count
                order.append([component])
            }
        }
        return order.compactMap { members in
            guard let first = members.first else { return nil }
            let used = Set(members.flatMap(\.tzids)).sorted()
            var whole = calendar
            whole.components = used.compactMap { zones[$0] } + members
            whole.removeAll("METHOD")
            return CalendarObject(
                unchecked: whole, uid: first.first("UID")?.text ?? "", kind: Kind(first.name))
        }
    }
}

extension Component {
    /// The values of TZID parameters in this component and those inside.
    var tzids: [String] {
        properties.compactMap { $0.parameter("TZID") } + components.flatMap(\.tzids)
    }
}
