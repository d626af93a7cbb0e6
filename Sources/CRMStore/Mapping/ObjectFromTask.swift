import ICalendar

/// The program that writes an object, as PRODID names it (RFC 5545 §3.7.3).
package let productIdentifier = "-//crm-caldav//CRM tasks//EN"

extension TaskMapping {
    /// A calendar object for a task that the CRM made.
    ///
    /// Time stamps are taken from the row, as far as it has any. What it does not say is left out, save
    /// for DTSTAMP, which an event has to have (RFC 5545 §3.6.1).
    /// - Parameter now: when the object is made, in seconds since 1970.
    func object(for row: TaskRow, uid: String, now: Int64) -> Component {
        var event = Component(name: "VEVENT")
        let created = instant(row.values[.created], in: .created)
        let latest = created ?? row.lastModified ?? now
        let stamp = Property("DTSTAMP", raw: TaskMapping.utcText(latest))
        event.append(Property("UID", text: uid))
        event.append(stamp)
        if created != nil {
            event.append(Property("CREATED", raw: stamp.rawValue))
            event.append(Property("LAST-MODIFIED", raw: stamp.rawValue))
        }
        event.append(Property("SEQUENCE", raw: String(max(row.sequence, 0))))
        event.append(Property("SUMMARY", text: row.values[.title] ?? ""))
        if let description = row.values[.description], !description.isEmpty {
            event.append(Property("DESCRIPTION", text: description))
        }
        let zone = appendTimes(of: row, since: latest, to: &event)
        if let status = status(of: row.values[.status], .vevent) {
            event.append(Property("STATUS", raw: status))
        }
        if let priority = priority(of: row.values[.priority]) {
            event.append(Property("PRIORITY", raw: String(priority)))
        }
        appendExtras(of: row, to: &event)

        var calendar = Component(name: "VCALENDAR")
        calendar.append(Property("VERSION", raw: "2.0"))
        calendar.append(Property("PRODID", raw: productIdentifier))
        calendar.append(Property("CALSCALE", raw: "GREGORIAN"))
        if let zone { calendar.components.append(zone) }
        calendar.components.append(event)
        return calendar
    }

    // MARK: Times

    /// - Parameter known: since when there is such a task, in seconds since 1970.
    /// - Returns: the VTIMEZONE that the times need, if any.
    private func appendTimes(
        of row: TaskRow, since known: Int64, to event: inout Component
    ) -> Component? {
        guard let start = wallClock(row.values[.start], in: .start) else {
            // A row without a start has nowhere to stand but the day it was made.
            let day = zone.civil(at: known).date
            event.append(DateTimeValue.date(day).property(named: "DTSTART"))
            return nil
        }
        let end = wallClock(row.values[.end], in: .end)
        if isAllDay(row, start: start, end: end) {
            event.append(DateTimeValue.date(start.date).property(named: "DTSTART"))
            if let last = end?.date {
                let day = allDayEnd == .inclusive ? last.adding(days: 1) : last
                if day > start.date {
                    event.append(DateTimeValue.date(day).property(named: "DTEND"))
                }
            }
            return nil
        }
        event.append(value(start).property(named: "DTSTART"))
        if let end, end > start {
            event.append(value(end).property(named: "DTEND"))
        }
        guard !zoneIsUTC else { return nil }
        let first = zone.seconds(of: start)
        return zone.vtimezone(
            tzid: zoneName, from: first,
            through: max(first, end.map(zone.seconds(of:)) ?? first))
    }

    /// As the CRM's own column says where there is one; else a task that begins at midnight and ends
    /// at none or another midnight has no time of day.
    private func isAllDay(_ row: TaskRow, start: CivilDateTime, end: CivilDateTime?) -> Bool {
        if schema[.allDay] != nil {
            return TaskMapping.isTrue(row.values[.allDay])
        }
        return start.isMidnight && (end.map { $0.isMidnight } ?? true)
    }

    static func isTrue(_ column: String?) -> Bool {
        guard let column else { return false }
        return !["", "0", "no", "n", "false", "f"].contains(column.lowercased())
    }

    /// `20261123T065300Z`
    static func utcText(_ seconds: Int64) -> String {
        Zone.utc.civil(at: seconds).basic + "Z"
    }

    // MARK: Type, contact, notes

    private func appendExtras(of row: TaskRow, to event: inout Component) {
        if let type = row.values[.taskType], let category = category(of: type) {
            event.append(Property("CATEGORIES", text: category))
            event.append(Property(CRMProperty.taskType, text: type))
        }
        event.append(Property(CRMProperty.taskID, raw: String(row.id)))
        if let attendee = TaskMapping.attendee(
            address: row.values[.contactEmail], name: row.values[.contactName])
        {
            event.append(attendee)
        } else if let name = row.values[.contactName], !name.isEmpty {
            event.append(Property(CRMProperty.contactName, text: name))
        }
        if let phone = row.values[.contactPhone], !phone.isEmpty {
            event.append(Property(CRMProperty.contactPhone, text: phone))
        }
        if let notes = row.values[.notes], !notes.isEmpty {
            event.append(Property(CRMProperty.notes, text: notes))
        }
    }

    /// Never mailed by a server: SCHEDULE-AGENT=NONE (RFC 6638 §7.1). Nil without an address.
    static func attendee(address: String?, name: String?) -> Property? {
        guard let address, !address.isEmpty else { return nil }
        var parameters: [Parameter] = []
        if let name, !name.isEmpty { parameters.append(Parameter("CN", name)) }
        parameters.append(Parameter("ROLE", "REQ-PARTICIPANT"))
        parameters.append(Parameter("SCHEDULE-AGENT", "NONE"))
        return Property("ATTENDEE", raw: "mailto:\(address)", parameters: parameters)
    }
}
