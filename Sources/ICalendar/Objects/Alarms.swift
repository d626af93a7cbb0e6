extension CalendarObject {
    /// Whether an alarm of any instance goes off in a range (RFC 4791 §9.9), repetitions included.
    /// - Parameters:
    ///   - range: UTC seconds.
    ///   - fits: which VALARMs are asked for.
    package func hasAlarm(
        in range: Range<Int64>, floating: Zone, where fits: (Component) -> Bool = { _ in true }
    ) -> Bool {
        let set = InstanceSet(self, floating: floating)
        let components = calendar.components(named: kind.name)
        let alarms = components.flatMap(\.alarms).filter { fits($0.component) }
        if alarms.contains(where: { $0.goesOff(in: range, set.zones) }) { return true }
        guard let reach = alarms.compactMap(\.reach).max() else { return false }
        let from = range.lowerBound.addingClamped(-reach)
        let near = from..<max(from, range.upperBound.addingClamped(reach))
        // Most instances are of one component, whose alarms are read once.
        var known: [ObjectIdentifier: [Alarm]] = [:]
        var isFound = false
        var work = 100_000
        set.forEach(near: near) { instance in
            let source = ObjectIdentifier(instance.source)
            let own = known[source] ?? instance.component.alarms.filter { fits($0.component) }
            known[source] = own
            work -= own.count + 1
            // Alarms by the hundred thousand: some will be in the range.
            isFound = work < 0 || own.contains { $0.goesOff(in: range, instance, set.zones) }
            return !isFound
        }
        return isFound
    }
}

extension Component {
    fileprivate var alarms: [Alarm] {
        components.prefix(100).filter { $0.name == "VALARM" }.compactMap(Alarm.init)
    }
}

/// A VALARM that can be placed in time (RFC 5545 §3.8.6.3).
private struct Alarm {
    enum Trigger {
        case absolute(DateTimeValue)
        case relative(CalendarDuration, toEnd: Bool)
    }

    let component: Component
    let trigger: Trigger
    let repetitions: Int
    /// Seconds between two of them.
    let pause: Int64

    init?(_ component: Component) {
        guard let property = component.first("TRIGGER") else { return nil }
        if let duration = property.duration {
            let isEnd = property.parameter("RELATED")?.uppercased() == "END"
            trigger = .relative(duration, toEnd: isEnd)
        } else if let value = property.dateTime {
            trigger = .absolute(value)
        } else {
            return nil
        }
        self.component = component
        pause = max(0, component.first("DURATION")?.duration?.nominalSeconds ?? 0)
        repetitions = pause > 0 ? min(max(0, component.first("REPEAT")?.integer ?? 0), 1 << 20) : 0
    }

    /// How far from its instance the alarm may be, at most; nil where it has a time of its own.
    ///
    /// Repetitions beyond ten years are not looked for.
    var reach: Int64? {
        guard case .relative(let duration, _) = trigger else { return nil }
        let decade: Int64 = 3660 * 86_400
        let (whole, overflow) = pause.multipliedReportingOverflow(by: Int64(repetitions))
        let repeated = overflow ? decade : min(whole, decade)
        return repeated + abs(duration.nominalSeconds) + 2 * 86_400
    }

    /// Whether an alarm with a time of its own goes off in a range.
    func goesOff(in range: Range<Int64>, _ zones: ZoneTable) -> Bool {
        guard case .absolute(let value) = trigger else { return false }
        return goesOff(in: range, first: zones.instant(of: value))
    }

    func goesOff(in range: Range<Int64>, _ instance: Instance, _ zones: ZoneTable) -> Bool {
        guard case .relative(let duration, let toEnd) = trigger else { return false }
        let zone = zones.zone(of: instance.startValue)
        let anchor = toEnd ? instance.end : instance.start
        let wall = zone.wall(at: anchor).addingClamped(Int64(duration.days) * 86_400)
        let first = zone.seconds(ofWall: wall).addingClamped(Int64(duration.seconds))
        return goesOff(in: range, first: first)
    }

    private func goesOff(in range: Range<Int64>, first: Int64) -> Bool {
        if TimeRange.overlaps(instant: first, range) { return true }
        guard repetitions > 0, first < range.lowerBound else { return false }
        // The first repetition at or after the start of the range.
        let distance = range.lowerBound.addingClamped(-first)
        let number = distance / pause + (distance % pause == 0 ? 0 : 1)
        guard number <= Int64(repetitions) else { return false }
        let later = number.multipliedReportingOverflow(by: pause).partialValue
        return first.addingClamped(later) < range.upperBound
    }
}
