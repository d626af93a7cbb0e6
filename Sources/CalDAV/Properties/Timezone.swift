import ICalendar
import Synchronization
import WebDAV
import XML

/// CALDAV:calendar-timezone (RFC 4791 §5.2.2) and calendar-timezone-id (RFC 7809 §5.2).
enum Timezone {
    private static let name = XMLName.caldav("calendar-timezone")

    /// By name, what `definition` made once: clients ask for it at each look at a home, and to write
    /// decades of changes of the clocks takes longer than all the rest of the answer.
    private static let definitions = Mutex<[String: [UInt8]]>([:])

    /// The calendar's zone as a VCALENDAR; nil for a name that means nothing here.
    static func definition(for subject: Subject) -> [UInt8]? {
        guard let tzid = subject.calendar?.timeZone else { return nil }
        if let known = definitions.withLock({ $0[tzid] }) { return known }
        guard let zone = Zone.named(tzid) else { return nil }
        var calendar = Component(name: "VCALENDAR")
        calendar.append(Property("VERSION", raw: "2.0"))
        calendar.append(Property("PRODID", text: subject.context.settings.productID))
        calendar.components = [zone.definition(tzid: tzid)]
        let text = calendar.serialized()
        definitions.withLock { $0[tzid] = text }
        return text
    }

    /// The text is kept as it is given; the zone it means becomes the calendar's.
    static let change: PropertyDefinition.Setter = { value, _ throws(RequestError) in
        guard let value else { return [.remove(name, isViewers: false)] }
        let calendar: Component
        do {
            calendar = try Component.parse(Array(value.trimmedText.utf8))
        } catch {
            throw RequestError(.validCalendarData, "The time zone is no iCalendar: \(error).")
        }
        let zones = calendar.components(named: "VTIMEZONE")
        guard zones.count == 1, let tzid = zones[0].first("TZID")?.text else {
            throw RequestError(.validCalendarData, "There has to be one VTIMEZONE.")
        }
        var changes: [CalendarChange] = [.store(value, isViewers: false)]
        let zone = Zone.named(tzid) ?? Zone(vtimezone: zones[0])?.equivalent
        if let zone = zone?.name { changes.append(.timeZone(zone)) }
        return changes
    }

    /// A name replaces what was said in full before.
    static let changeID: PropertyDefinition.Setter = { value, _ throws(RequestError) in
        let removal = CalendarChange.remove(name, isViewers: false)
        guard let tzid = value?.trimmedText else { return [removal, .timeZone("UTC")] }
        guard let zone = Zone.named(tzid)?.name else {
            throw RequestError(.validTimezone, "There is no time zone \"\(tzid)\".")
        }
        return [removal, .timeZone(zone)]
    }
}
