import WebDAV
import XML

/// CALDAV:schedule-calendar-transp (RFC 6638 §9.1).
enum Transparency {
    static let change: PropertyDefinition.Setter = { value, _ throws(RequestError) in
        let name = XMLName.caldav("schedule-calendar-transp")
        guard let value else { return [.remove(namespace: name.namespace, name: name.local)] }
        let choices = value.elements.map(\.name)
        guard choices == [.caldav("opaque")] || choices == [.caldav("transparent")] else {
            throw RequestError(.conflict, "It has to be opaque or transparent.")
        }
        return [.store(namespace: name.namespace, name: name.local, xml: value.serialized())]
    }
}
