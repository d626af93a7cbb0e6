import ICalendar
import WebDAV
import XML

/// CALDAV:calendar-availability (RFC 7953 §7.2.4): when the owner of an inbox can be met at all.
enum AvailabilityProperty {
    static let name = XMLName.caldav("calendar-availability")

    /// - Throws: `valid-calendar-data` for what is no calendar of VAVAILABILITYs.
    @Sendable static func check(_ value: XMLElement) throws(RequestError) {
        let calendar: Component
        do {
            calendar = try Component.parse(Array(value.trimmedText.utf8))
        } catch {
            throw RequestError(.validCalendarData, "The availability is no iCalendar: \(error).")
        }
        let members = calendar.components.filter { $0.name != "VTIMEZONE" }
        guard members.allSatisfy({ $0.name == "VAVAILABILITY" }), !members.isEmpty else {
            throw RequestError(.validCalendarData, "There have to be VAVAILABILITYs alone.")
        }
    }

    /// What is stored; nil where there is nothing that says when somebody is free.
    static func read(_ stored: [XMLName: [UInt8]]) -> Availability? {
        guard let xml = stored[name], let element = try? XMLParser.parse(xml),
            let calendar = try? Component.parse(Array(element.trimmedText.utf8))
        else { return nil }
        return Availability(calendar)
    }
}
