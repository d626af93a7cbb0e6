// What is done with bytes that may be anything. Compiled together with Sources/ICalendar (and what
// FormatTargets needs) as one module, so that inner parts can be reached too; a trap is a finding.

enum FuzzTarget: String {
    case parser, recurrence, zone, editor, jcal, xcal

    func run(_ bytes: [UInt8]) {
        switch self {
        case .parser: FuzzTarget.parse(bytes)
        case .recurrence: FuzzTarget.recur(bytes)
        case .zone: FuzzTarget.zone(bytes)
        case .editor: FuzzTarget.edit(bytes)
        case .jcal: CalendarFormat.jCal.fuzz(bytes)
        case .xcal: CalendarFormat.xCal.fuzz(bytes)
        }
    }

    /// Whatever is read is written unchanged, and every value can be asked for.
    private static func parse(_ bytes: [UInt8]) {
        guard let calendars = try? Component.parseStream(bytes, limits: .standard) else {
            precondition(!Finding.all(in: bytes).isEmpty)
            return
        }
        precondition(calendars.flatMap { $0.serialized() } == bytes)
        for calendar in calendars {
            calendar.visit { component in
                for property in component.properties {
                    _ = (property.text, property.textList, property.fields, property.parameters)
                    _ = (property.dateTime, property.dateTimes, property.periods, property.duration)
                    _ = (property.integer, property.geo, property.binary, property.utcOffset)
                    // What is made anew of its parts has the same parts.
                    var again = property.with(raw: property.rawValue)
                    again.setParameter("X-A", to: "b\"\n^c;:,")
                    precondition(again.parameter("X-A") == "b\"\n^c;:,")
                    precondition(again.name == property.name || property.name.isEmpty == false)
                    _ = again.serialized
                }
            }
            _ = Finding.tolerated(in: calendar)
            // An object made of the parts reads as the same parts.
            let copy = Component(
                name: calendar.name, properties: calendar.properties,
                components: calendar.components)
            _ = try? Component.parse(copy.serialized())
        }
    }

    /// The first line is a start, the rest a rule.
    private static func recur(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: ASCII.lf, maxSplits: 1)
        guard lines.count == 2, let rule = RecurrenceRule(bytes: Array(lines[1])),
            let start = DateTimeValue(bytes: ASCII.trim(Array(lines[0])), tzid: { nil })
        else { return }
        var same = RecurrenceRule(rule.text)
        same?.defects = rule.defects
        precondition(same == rule)
        // A tenth of the work that is allowed: rules that are never met would leave no time for others.
        var generator = RecurrenceGenerator(
            rule, start: start.civil, isDate: start.isDate, work: 100_000)
        var found: [Int64] = []
        while found.count < 100, let next = generator.next() {
            precondition(next > found.last ?? .min && next >= start.civil.wallSeconds)
            found.append(next)
        }
        guard let middle = found.dropFirst(found.count / 2).first else { return }
        var late = RecurrenceGenerator(
            rule, start: start.civil, isDate: start.isDate, work: 100_000)
        late.seek(to: middle)
        let next = late.next()
        precondition(next == middle || late.isExhausted)
        let end = DerivedParts(
            rule, from: start.civil, to: start.civil.adding(days: 40, seconds: 7))
        _ = end.values
    }

    /// A zone file, a POSIX zone, a VTIMEZONE: whichever it is.
    private static func zone(_ bytes: [UInt8]) {
        if let rules = TZif(bytes)?.rules(name: nil) { use(Zone(rules: rules)) }
        if let posix = PosixZone(ASCII.decode(bytes[...])), let daylight = posix.daylight {
            for year in [0, 1970, 2024, 9999] {
                _ = daylight.start.wallSeconds(in: year) + daylight.end.wallSeconds(in: year)
            }
        }
        if bytes.count < 200 { _ = Zone.named(ASCII.decode(bytes[...])) }
        guard let calendar = try? Component.parse(bytes) else { return }
        for component in calendar.components {
            if let zone = Zone(vtimezone: component) { use(zone) }
        }
    }

    private static func use(_ zone: Zone) {
        for seconds in [Int64.min, -1 << 40, 0, 1_700_000_000, 1 << 33, 1 << 50, .max] {
            _ = zone.civil(at: seconds)
            _ = zone.seconds(ofWall: seconds)
        }
        let written = zone.vtimezone(tzid: "X", from: 1_600_000_000, through: 1_900_000_000)
        precondition(Zone(vtimezone: written) != nil)
    }

    /// Everything that is asked of an object, and every change of it.
    private static func edit(_ bytes: [UInt8]) {
        guard let calendar = try? Component.parse(bytes) else { return }
        let berlin = Zone.named("Europe/Berlin") ?? .utc
        let range: Range<Int64> = 1_600_000_000..<1_640_000_000
        var busy = FreeBusy(in: range)
        for object in CalendarObject.objects(of: calendar).prefix(20) {
            let span = object.span(floating: berlin)
            let overlaps = object.overlaps(range, floating: berlin)
            if overlaps, object.kind == .vevent {
                precondition(span.last >= range.lowerBound && span.first < range.upperBound)
            }
            _ = object.overlaps(.min..<(.max), floating: .utc)
            _ = object.hasAlarm(in: range, floating: berlin)
            let expanded = object.expanded(range, floating: berlin, limit: 50)
            precondition((try? Component.parse(expanded.serialized())) != nil)
            _ = object.limitingRecurrenceSet(to: range, floating: berlin)
            _ = object.limitingFreeBusySet(to: range, floating: berlin)
            busy.add(object, floating: berlin)
            change(object, to: bytes.count, berlin)
        }
        var end = Int64.min
        for period in busy.merged {
            precondition(period.start >= end && period.start < period.end)
            end = period.end
        }
        _ = busy.component(stamp: 0).serialized()
    }

    /// - Parameter number: which form of start is tried; the input says so.
    private static func change(_ object: CalendarObject, to number: Int, _ berlin: Zone) {
        let civil = CivilDateTime(wallSeconds: 1_620_030_600)
        let starts: [DateTimeValue] = [
            .date(civil.date), .floating(civil), .utc(civil), .zoned(civil, tzid: "Europe/Berlin"),
        ]
        let start = starts[number % starts.count]
        var moved = object
        moved.moveStart(to: start, floating: berlin)
        moved.moveEnd(to: start.with(civil: civil.adding(days: 1)), floating: berlin)
        moved.markChanged(at: 1_620_000_000)
        moved.completeTimezones()
        guard let again = try? Component.parse(moved.serialized()) else {
            preconditionFailure("what was written cannot be read")
        }
        precondition(
            CalendarObject.objects(of: again).first?.principalComponent.first("DTSTART")?
                .dateTime == start || object.master == nil)
    }
}
