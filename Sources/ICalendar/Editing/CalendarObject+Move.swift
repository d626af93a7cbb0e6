extension CalendarObject {
    /// Moves the object to another start.
    ///
    /// Shifts, by the clock that DTSTART is written on, DTSTART, DTEND or DUE, RDATE, EXDATE and
    /// UNTIL, and RECURRENCE-ID and the times of overrides. A BYDAY, BYMONTHDAY, BYMONTH, BYHOUR …
    /// of one value that repeats the old start follows the new one. Without a master the earliest
    /// override alone moves, and keeps its RECURRENCE-ID.
    ///
    /// - Parameters:
    ///   - start: in any form. Another form than the old one's (DATE or not, another zone) changes
    ///     the form of every date that has to agree with DTSTART.
    ///   - floating: the zone of floating times and DATEs.
    /// - Returns: rules that do not give the new start, left as they are, for a log.
    @discardableResult
    package mutating func moveStart(to start: DateTimeValue, floating: Zone) -> [String] {
        let zones = ZoneTable(calendar: calendar, floating: floating)
        guard let old = principalComponent.first("DTSTART")?.dateTime else {
            updateMaster { $0.set(start.property(named: "DTSTART")) }
            return []
        }
        guard old != start else { return [] }
        let move = StartMove(old: old, new: start, zones: zones)
        let isWhole = master != nil
        updateMaster { component in
            component.move(by: move)
            if isWhole { component.moveRecurrence(by: move) }
        }
        guard isWhole else { return [] }
        for index in calendar.components.indices
        where calendar.components[index].name == kind.name
            && calendar.components[index].has("RECURRENCE-ID")
        {
            calendar.components[index].move(by: move)
            calendar.components[index].mapProperties {
                $0.isNamed("RECURRENCE-ID") ? move.moved(single: $0) : $0
            }
        }
        return rulesWithout(start)
    }

    /// Sets the end: of DTEND, DUE or DURATION the one that is there is changed.
    ///
    /// - Parameter end: exclusive; taken to the form of the end that is there, or else of DTSTART,
    ///   with which it has to agree in being a DATE. Overrides keep theirs.
    package mutating func moveEnd(to end: DateTimeValue, floating: Zone) {
        let zones = ZoneTable(calendar: calendar, floating: floating)
        let name = kind == .vtodo ? "DUE" : "DTEND"
        updateMaster { component in
            let start = component.first("DTSTART")?.dateTime
            if component.has("DURATION"), let start {
                let seconds = zones.instant(of: end).addingClamped(-zones.instant(of: start))
                let duration =
                    start.isDate
                    ? CalendarDuration(days: end.civil.date.days - start.civil.date.days)
                    : CalendarDuration(seconds: Int(clamping: seconds))
                if let property = component.first("DURATION") {
                    component.set(property.with(raw: duration.basic))
                }
                return
            }
            let property = component.first(name)
            let models = [property?.dateTime, start].compactMap { $0 }
            let model = models.first { $0.isDate == start?.isDate ?? $0.isDate }
            let end = model.map { zones.value(end, like: $0) } ?? end
            component.set(property?.with(dateTime: end) ?? end.property(named: name))
        }
    }

    private func rulesWithout(_ start: DateTimeValue) -> [String] {
        guard let master else { return [] }
        return master.all("RRULE").compactMap { property in
            guard let rule = RecurrenceRule(bytes: property.rawBytes), rule.isGregorian else {
                return nil
            }
            var generator = RecurrenceGenerator(
                rule, start: start.civil, isDate: start.isDate, work: 10_000)
            return generator.next() == start.civil.wallSeconds ? nil : property.rawValue
        }
    }
}

extension Component {
    /// DTSTART, and the end that goes with it.
    fileprivate mutating func move(by move: StartMove) {
        var start: DateTimeValue?
        mapProperties { property in
            guard property.isNamed("DTSTART") else { return property }
            let moved = move.moved(single: property)
            start = moved.dateTime
            return moved
        }
        mapProperties { property in
            guard property.isNamed("DTEND") || property.isNamed("DUE") else { return property }
            let moved = move.moved(single: property)
            // A day at least, where DATEs come of times.
            if let start, let end = moved.dateTime, start.isDate, end <= start {
                return moved.with(dateTime: .date(start.civil.date.adding(days: 1)))
            }
            return moved
        }
    }

    fileprivate mutating func moveRecurrence(by move: StartMove) {
        mapProperties { property in
            switch property.name {
            case "RDATE", "EXDATE": move.moved(list: property)
            case "RRULE", "EXRULE": move.moved(rule: property)
            default: property
            }
        }
    }
}

extension StartMove {
    fileprivate func moved(single property: Property) -> Property {
        property.dateTime.map { property.with(dateTime: moved($0)) } ?? property
    }
}

extension ZoneTable {
    /// The same instant in the form of another value; a DATE is the day on the value's own clock.
    fileprivate func value(_ value: DateTimeValue, like model: DateTimeValue) -> DateTimeValue {
        if value.hasForm(of: model) { return value }
        if model.isDate { return .date(value.civil.date) }
        return model.with(civil: zone(of: model).civil(at: instant(of: value)))
    }
}

extension DateTimeValue {
    /// By the clock of each; only values of one form compare.
    fileprivate static func <= (a: DateTimeValue, b: DateTimeValue) -> Bool {
        a.civil.wallSeconds <= b.civil.wallSeconds
    }
}
