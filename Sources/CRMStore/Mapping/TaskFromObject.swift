import ICalendar

/// What a calendar object says of its task.
struct MappedTask: Sendable {
    var values = TaskValues()
    /// The columns that the object speaks of. A client that does not know a property drops it on the
    /// way; that is no wish to empty the column.
    var carried = ColumnSet()

    mutating func carry(_ column: TaskColumn, _ value: String?) {
        values[column] = value
        carried.insert(column)
    }
}

extension TaskMapping {
    /// Reads a task's values from the object's master, or its earliest override where it has none.
    ///
    /// - Parameters:
    ///   - floating: the calendar's zone, for VTIMEZONE-less times.
    ///   - addresses: lower case `mailto:` addresses of the calendar's owner, who is no contact.
    func task(
        from object: CalendarObject, floating: Zone, ownerAddresses addresses: [String]
    ) -> MappedTask {
        var task = MappedTask()
        let component = object.principalComponent
        let zones = ZoneTable(calendar: object.calendar, floating: floating)
        task.carry(.title, component.first("SUMMARY")?.text ?? "")
        task.carry(.description, component.first("DESCRIPTION")?.text)
        carryTimes(of: component, object.kind, zones, into: &task)
        task.carry(.status, status(of: component, object.kind))
        task.carry(.priority, priority(of: component))
        carryExtras(of: component, ownerAddresses: addresses, into: &task)
        return task
    }

    // MARK: Times

    private func carryTimes(
        of component: Component, _ kind: CalendarObject.Kind, _ zones: ZoneTable,
        into task: inout MappedTask
    ) {
        let start = component.first("DTSTART")?.dateTime
        let end = end(of: component, kind, start, zones)
        let shownStart = start ?? end
        task.carry(
            .start, shownStart.map { columnText(wallClock($0, zones), in: .start) })
        task.carry(.end, end.map { columnText(endOnWallClock($0, zones), in: .end) })
        task.carry(.allDay, shownStart.map { $0.isDate ? "1" : "0" })
    }

    /// DTEND or DUE, or what DURATION makes of the start (RFC 5545 §3.6.1, §3.6.2): days are as long
    /// as the zone makes them, hours are exact (§3.3.6).
    private func end(
        of component: Component, _ kind: CalendarObject.Kind, _ start: DateTimeValue?,
        _ zones: ZoneTable
    ) -> DateTimeValue? {
        if let end = component.first(kind.endName)?.dateTime { return end }
        guard let start, let duration = component.first("DURATION")?.duration else { return nil }
        let day = start.civil.adding(days: duration.days)
        if start.isDate || duration.seconds == 0 {
            return start.with(civil: day.adding(seconds: duration.seconds))
        }
        let zone = zones.zone(of: start)
        let end = Zone.utc.civil(at: zone.seconds(of: day)).adding(seconds: duration.seconds)
        return start.with(civil: zone.civil(at: Zone.utc.seconds(of: end)))
    }

    private func endOnWallClock(_ end: DateTimeValue, _ zones: ZoneTable) -> CivilDateTime {
        let time = wallClock(end, zones)
        return end.isDate && allDayEnd == .inclusive ? time.adding(days: -1) : time
    }

    /// What the end's column holds of an object that has none, where it may not be NULL: the start. Nil
    /// where it may.
    func endOfNone(startingAt start: String?) -> String? {
        guard schema[.end]?.isNullable == false else { return nil }
        return wallClock(start, in: .start).map { columnText($0, in: .end) }
    }

    /// Whether a row is what `endOfNone` made it.
    func statesNoEnd(_ row: TaskValues) -> Bool {
        TaskValues.isSame(row[.end], endOfNone(startingAt: row[.start]))
    }

    /// Whether an object shows the row's end, for which it has to be after the start.
    func showsEnd(_ row: TaskValues) -> Bool {
        guard let start = instant(row[.start], in: .start), let end = instant(row[.end], in: .end)
        else { return false }
        return start < end
    }

    // MARK: Status and priority

    private func status(of component: Component, _ kind: CalendarObject.Kind) -> String? {
        let status = component.first("STATUS")?.text.uppercased()
        if kind == .vtodo {
            if status == "CANCELLED" { return "cancelled" }
            // Clients say done in one of three ways; any of them counts.
            let isDone =
                status == "COMPLETED" || component.first("COMPLETED") != nil
                || component.first("PERCENT-COMPLETE")?.integer == 100
            return isDone && status != "NEEDS-ACTION" ? "completed" : "pending"
        }
        if status == "CONFIRMED" { return confirmedMeans.rawValue }
        return StatusRow.table.first { $0.event == status }?.column ?? "pending"
    }

    private func priority(of component: Component) -> String {
        let priority = component.first("PRIORITY")?.integer ?? 0
        return PriorityRow.table.first { $0.read.contains(priority) }?.column
            ?? PriorityRow.undefined
    }

    // MARK: What clients may drop on the way

    private func carryExtras(
        of component: Component, ownerAddresses addresses: [String], into task: inout MappedTask
    ) {
        let knowsTheCRM = component.first(CRMProperty.taskID) != nil
        func carry(_ column: TaskColumn, _ value: String?) {
            if value != nil || knowsTheCRM { task.carry(column, value) }
        }
        if let type = taskType(of: component) { task.carry(.taskType, type) }
        let contact = component.contact(ownerAddresses: addresses)
        carry(.contactEmail, contact?.address)
        carry(.contactName, contact?.name ?? component.first(CRMProperty.contactName)?.text)
        carry(.contactPhone, component.first(CRMProperty.contactPhone)?.text)
        carry(.notes, component.first(CRMProperty.notes)?.text)
    }

    /// By the categories, which people edit; among several of them, and without any, by the property
    /// of ours.
    private func taskType(of component: Component) -> String? {
        let named = component.all("CATEGORIES").flatMap(\.textList).compactMap(
            taskType(ofCategory:))
        let stated = component.first(CRMProperty.taskType)?.text
        if let stated, named.isEmpty || named.contains(stated) { return stated }
        return named.first
    }
}

extension CalendarObject.Kind {
    /// The property that ends the component: DUE of a to-do, DTEND of everything else.
    var endName: String { self == .vtodo ? "DUE" : "DTEND" }
}

// MARK: - The contact among the attendees

struct Contact {
    /// Without `mailto:`.
    var address: String
    var name: String?
}

extension Component {
    /// The first attendee who is neither the organizer nor the calendar's owner.
    func contact(ownerAddresses: [String]) -> Contact? {
        let organizer = first("ORGANIZER").map { Component.mailAddress($0.rawValue).lowercased() }
        for attendee in all("ATTENDEE") {
            let address = Component.mailAddress(attendee.rawValue)
            let plain = address.lowercased()
            guard !plain.isEmpty, plain != organizer, !ownerAddresses.contains("mailto:\(plain)")
            else { continue }
            return Contact(address: address, name: attendee.parameter("CN"))
        }
        return nil
    }

    /// `anna@example.org` of `mailto:anna@example.org`.
    static func mailAddress(_ uri: String) -> String {
        guard let colon = uri.firstIndex(of: ":"), uri[..<colon].lowercased() == "mailto" else {
            return uri
        }
        return String(uri[uri.index(after: colon)...])
    }
}
