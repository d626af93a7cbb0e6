import WebDAV
import XML

/// CALDAV:schedule-calendar-transp (RFC 6638 §9.1).
enum Transparency {
    static let name = XMLName.caldav("schedule-calendar-transp")

    @Sendable static func check(_ value: XMLElement) throws(RequestError) {
        let choices = value.elements.map(\.name)
        guard choices == [.caldav("opaque")] || choices == [.caldav("transparent")] else {
            throw RequestError(.conflict, "It has to be opaque or transparent.")
        }
    }

    /// Whether what is in a calendar takes none of its owner's time.
    static func isTransparent(_ stored: [XMLName: [UInt8]]) -> Bool {
        guard let xml = stored[name], let element = try? XMLParser.parse(xml) else { return false }
        return element.first(.caldav("transparent")) != nil
    }
}
