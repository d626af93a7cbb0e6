import ICalendar

extension TaskMapping {
    /// Moves an object to the times that the CRM set, keeping its zones and its value type: all-day
    /// stays all-day unless the CRM writes a time of day. Overrides, exceptions and rules move along.
    func moveTimes(
        of object: inout CalendarObject, from base: TaskValues, to row: TaskValues,
        _ changed: Set<TaskColumn>, floating: Zone
    ) {
        let zones = ZoneTable(calendar: object.calendar, floating: floating)
        let component = object.principalComponent
        let oldStart = component.first("DTSTART")?.dateTime
        let oldEnd = component.first(object.kind.endName)?.dateTime
        let start = wallClock(row[.start], in: .start)
        let end = wallClock(row[.end], in: .end)
        let model = timeModel(oldStart ?? oldEnd, row, start, end, changed)
        let changesForm = (oldStart ?? oldEnd).map { $0.isDate != model.isDate } ?? true

        // A to-do that is only due shows that as its start too, and has none of its own until the CRM
        // puts the end after it.
        let isOnlyDue = oldStart == nil && oldEnd != nil
        let getsStart = isOnlyDue && (end.map { end in start.map { $0 < end } ?? false } ?? false)
        let movesStart = !isOnlyDue && (changed.contains(.start) || changesForm)
        if let start, movesStart || getsStart {
            object.moveStart(to: value(start, like: model, zones), floating: floating)
        }
        if let end {
            let shown = model.isDate && allDayEnd == .inclusive ? end.adding(days: 1) : end
            let endModel = oldEnd.map { $0.isDate == model.isDate ? $0 : model } ?? model
            object.moveEnd(to: value(shown, like: endModel, zones), floating: floating)
        } else if changed.contains(.end) {
            removeEnd(of: &object)
        }
        dropEndBeforeStart(of: &object, zones)
        if case .zoned = model { object.completeTimezones() }
    }

    /// Of the form that the object's times have, except where the CRM makes an all-day task timed or
    /// the other way round.
    private func timeModel(
        _ old: DateTimeValue?, _ row: TaskValues, _ start: CivilDateTime?, _ end: CivilDateTime?,
        _ changed: Set<TaskColumn>
    ) -> DateTimeValue {
        let day = start?.date ?? end?.date ?? CivilDate(days: 0)
        let timed = value(CivilDateTime(date: day, time: .midnight))
        if schema[.allDay] != nil, changed.contains(.allDay) {
            if TaskMapping.isTrue(row[.allDay]) { return .date(day) }
            if let old, !old.isDate { return old }
            return timed
        }
        guard let old else { return timed }
        let hasTimeOfDay = !(start?.isMidnight ?? true) || !(end?.isMidnight ?? true)
        return old.isDate && hasTimeOfDay ? timed : old
    }

    /// An end that is not after the start is left out: clients refuse such an object (RFC 5545
    /// §3.8.2.2), and the column keeps it all the same.
    private func dropEndBeforeStart(of object: inout CalendarObject, _ zones: ZoneTable) {
        let component = object.principalComponent
        guard let start = component.first("DTSTART")?.dateTime else { return }
        let endsBefore =
            component.first(object.kind.endName)?.dateTime.map {
                zones.instant(of: $0) <= zones.instant(of: start)
            } ?? false
        let lastsNothing =
            component.first("DURATION")?.duration.map { $0.nominalSeconds <= 0 } ?? false
        if endsBefore || lastsNothing { removeEnd(of: &object) }
    }

    private func removeEnd(of object: inout CalendarObject) {
        let endName = object.kind.endName
        object.updateMaster { component in
            component.removeAll(endName)
            component.removeAll("DURATION")
        }
    }
}
