import WebDAV
import XML

/// CALDAV:supported-calendar-component-set (RFC 4791 §5.2.3).
package enum ComponentSet {
    /// What a calendar may hold.
    package static let supported = ["VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY"]

    static func write(_ components: [String], to writer: XMLWriter) {
        for component in components {
            writer.start(.caldav("comp"))
            writer.attribute("name", component)
            writer.end(.caldav("comp"))
        }
    }

    static let change: PropertyDefinition.Setter = { value, _ throws(RequestError) in
        let named = (value?.all(.caldav("comp")) ?? []).compactMap { $0.attribute("name") }
        let components = named.map { $0.uppercased() }.filter { $0 != "VTIMEZONE" }
        guard !components.isEmpty else {
            throw RequestError(.supportedCalendarComponent, "Which components?")
        }
        guard components.allSatisfy(supported.contains) else {
            throw RequestError(
                .supportedCalendarComponent,
                "A calendar may hold \(supported.joined(separator: ", ")).")
        }
        return [.components(supported.filter(components.contains))]
    }
}
