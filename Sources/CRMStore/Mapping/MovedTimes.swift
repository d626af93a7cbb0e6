import ICalendar

extension TaskMapping {
    /// Moves an object to the times that the CRM set, keeping its zones and its value type: all-day
    /// stays all-day unless the CRM writes a time of day.
    func moveTimes(
        of object: inout CalendarObject, from base: TaskValues, to row: TaskValues,
        _ changed: Set<TaskColumn>, _ zones: ZoneTable
    ) {
        let component = object.principalComponent
        let endName = object.kind.endName
        let oldStart = component.first("DTSTART")?.dateTime
        let oldEnd = component.first(endName)?.dateTime
        let start = wallClock(row[.start], in: .start)
        let end = wallClock(row[.end], in: .end)

        let model = timeModel(oldStart ?? oldEnd, row, start, end, changed)
        let newStart: DateTimeValue? =
            changed.contains(.start) || model.isDate != oldStart?.isDate
            ? start.map { value($0, like: model, zones) } : oldStart
        let newEnd: DateTimeValue? = end.map { time in
            let shown = model.isDate && allDayEnd == .inclusive ? time.adding(days: 1) : time
            guard changed.contains(.end) || model.isDate != oldEnd?.isDate else {
                return oldEnd ?? value(shown, like: model, zones)
            }
            let endModel = oldEnd?.isDate == model.isDate ? oldEnd ?? model : model
            return value(shown, like: endModel, zones)
        }

        if let newStart, oldStart != newStart {
            if oldStart == nil || object.kind == .vtodo && component.first("DTSTART") == nil {
                object.updateMaster { $0.set(newStart.property(named: "DTSTART")) }
            } else {
                object.updateMaster { $0.set(newStart.property(named: "DTSTART")) }
            }
        }
        object.updateMaster { component in
            setEnd(newEnd, named: endName, start: newStart, of: &component, zones)
        }
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
    private func setEnd(
        _ end: DateTimeValue?, named name: String, start: DateTimeValue?,
        of component: inout Component, _ zones: ZoneTable
    ) {
        guard let end, start.map({ zones.instant(of: $0) < zones.instant(of: end) }) ?? true else {
            component.removeAll(name)
            component.removeAll("DURATION")
            return
        }
        if component.first("DURATION") != nil, component.first(name) == nil {
            guard let start else { return }
            let before = component.first("DURATION")?.duration
            if let before,
                start.civil.adding(days: before.days, seconds: before.seconds) == end.civil
            {
                return
            }
            component.removeAll("DURATION")
        }
        if component.first(name)?.dateTime != end {
            component.set(end.property(named: name))
        }
    }
}
