/// How every date of a recurring object follows its DTSTART to another time.
///
/// The shift is one of the wall clock that DTSTART is written on: an event at nine stays at nine on
/// both sides of a change to summer time.
struct StartMove: Sendable {
    let old: DateTimeValue
    let new: DateTimeValue
    let zones: ZoneTable

    private var shift: Int64 { new.civil.wallSeconds - old.civil.wallSeconds }
    private var dayShift: Int { new.civil.date.days - old.civil.date.days }
    private var keepsForm: Bool { old.hasForm(of: new) }

    /// Where a value of the object goes.
    func moved(_ value: DateTimeValue) -> DateTimeValue {
        if value.isDate, !old.isDate, !new.isDate {
            return .date(value.civil.date.adding(days: dayShift))
        }
        if old.isDate || new.isDate {
            return movedBetweenDays(value)
        }
        let wall = wallSeconds(value).addingClamped(shift)
        if value.hasForm(of: old) { return new.with(civil: CivilDateTime(wallSeconds: wall)) }
        let instant = zones.zone(of: new).seconds(ofWall: wall)
        return value.with(civil: zones.zone(of: value).civil(at: instant))
    }

    /// DTSTART is a DATE now, or was one.
    private func movedBetweenDays(_ value: DateTimeValue) -> DateTimeValue {
        let wall = CivilDateTime(wallSeconds: wallSeconds(value))
        if new.isDate { return .date(wall.date.adding(days: dayShift)) }
        return new.with(
            civil: CivilDateTime(date: wall.date.adding(days: dayShift), time: new.civil.time))
    }

    /// UNTIL, in the form that the new DTSTART asks for (RFC 5545 §3.3.10); a form that was wrong
    /// before stays.
    func moved(until: DateTimeValue) -> DateTimeValue {
        if keepsForm, until.isDate || !until.isUTC { return moved(until) }
        let wall = CivilDateTime(
            wallSeconds: old.isDate ? until.civil.wallSeconds : wallSeconds(until))
        let date = wall.date.adding(days: dayShift)
        switch new {
        case .date: return .date(date)
        case .floating:
            return .floating(
                old.isDate
                    ? CivilDateTime(date: date, time: new.civil.time)
                    : wall.adding(seconds: Int(clamping: shift)))
        case .utc, .zoned:
            let moved =
                old.isDate
                ? CivilDateTime(date: date, time: new.civil.time)
                : wall.adding(seconds: Int(clamping: shift))
            return .utc(Zone.utc.civil(at: zones.zone(of: new).seconds(of: moved)))
        }
    }

    /// On the clock of the old DTSTART.
    private func wallSeconds(_ value: DateTimeValue) -> Int64 {
        if value.hasForm(of: old) || value.isDate || old.isDate { return value.civil.wallSeconds }
        return zones.zone(of: old).wall(at: zones.instant(of: value))
    }
}

extension DateTimeValue {
    /// Whether both are written alike: DATE, floating, UTC, or of one TZID.
    func hasForm(of other: DateTimeValue) -> Bool {
        isDate == other.isDate && isUTC == other.isUTC && tzid == other.tzid
    }
}

extension StartMove {
    /// Changes the values of a list (RDATE, EXDATE), periods too; what cannot be read stays.
    func moved(list property: Property) -> Property {
        let tzid = property.parameter("TZID")
        let bytes = property.rawBytes
        var values: [DateTimeValue] = []
        let items = ASCII.split(bytes[...], at: ASCII.comma).map { item in
            item.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
                part in
                guard let value = DateTimeValue(bytes: ASCII.trim(Array(part)), tzid: { tzid })
                else { return ASCII.decode(part) }
                let moved = moved(value)
                values.append(moved)
                return moved.basic
            }.joined(separator: "/")
        }
        var changed = property.with(raw: items.joined(separator: ","))
        guard let first = values.first else { return property }
        // One parameter speaks for all values of the line.
        if first.isDate != (property.parameter("VALUE")?.uppercased() == "DATE"),
            property.parameter("VALUE")?.uppercased() != "PERIOD"
        {
            changed.setParameter("VALUE", to: first.isDate ? "DATE" : nil)
        }
        if changed.parameter("TZID") != first.tzid { changed.setParameter("TZID", to: first.tzid) }
        return changed
    }

    /// Changes a rule by its parts, which otherwise stay as they were written.
    func moved(rule property: Property) -> Property {
        guard let rule = RecurrenceRule(bytes: property.rawBytes) else { return property }
        let derived = DerivedParts(rule, from: old.civil, to: new.civil)
        let parts = property.rawValue.split(separator: ";", omittingEmptySubsequences: false).map {
            part -> String in
            let name = part.prefix { $0 != "=" }
            switch name.uppercased() {
            case "UNTIL":
                return rule.until.map { "\(name)=\(moved(until: $0).basic)" } ?? String(part)
            case let upper:
                return derived.values[upper].map { "\(name)=\($0)" } ?? String(part)
            }
        }
        let text = parts.joined(separator: ";")
        return text == property.rawValue ? property : property.with(raw: text)
    }
}

/// Parts of a rule that only repeat what DTSTART says, derived from its new value.
struct DerivedParts: Sendable {
    /// By the part's name.
    private(set) var values: [String: String] = [:]

    init(_ rule: RecurrenceRule, from old: CivilDateTime, to new: CivilDateTime) {
        if let day = rule.byDay.first, rule.byDay.count == 1,
            day.weekday == old.date.weekday - 1
        {
            if let ordinal = day.ordinal {
                let isInYear = rule.frequency == .yearly && rule.byMonth.isEmpty
                if !isInYear, DerivedParts.ordinals(old.date).contains(ordinal) {
                    values["BYDAY"] = DerivedParts.day(new.date, like: ordinal).text
                }
            } else {
                values["BYDAY"] =
                    RecurrenceRule.DayOfWeek(weekday: new.date.weekday - 1).text
            }
        }
        let length = CivilDate.days(inMonth: old.date.month, of: old.date.year)
        if rule.byMonthDay == [old.date.day] {
            values["BYMONTHDAY"] = String(new.date.day)
        } else if rule.byMonthDay == [old.date.day - length - 1] {
            let newLength = CivilDate.days(inMonth: new.date.month, of: new.date.year)
            values["BYMONTHDAY"] = String(new.date.day - newLength - 1)
        }
        if rule.byMonth == [old.date.month] { values["BYMONTH"] = String(new.date.month) }
        if rule.byHour == [old.time.hour] { values["BYHOUR"] = String(new.time.hour) }
        if rule.byMinute == [old.time.minute] { values["BYMINUTE"] = String(new.time.minute) }
        if rule.bySecond == [old.time.second] { values["BYSECOND"] = String(new.time.second) }
    }

    /// The nth of the month, and from its end.
    private static func ordinals(_ date: CivilDate) -> [Int] {
        let length = CivilDate.days(inMonth: date.month, of: date.year)
        return [(date.day - 1) / 7 + 1, -((length - date.day) / 7 + 1)]
    }

    /// Counted from the same end; a fifth, which few months have, is the last.
    private static func day(_ date: CivilDate, like ordinal: Int) -> RecurrenceRule.DayOfWeek {
        let ordinals = ordinals(date)
        let derived = ordinal > 0 && ordinals[0] < 5 ? ordinals[0] : ordinals[1]
        return .init(derived, weekday: date.weekday - 1)
    }
}
