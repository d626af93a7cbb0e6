extension CalendarObject {
    /// Whether an alarm of any instance goes off in a range (RFC 4791 §9.9), repetitions included.
    /// - Parameters:
    ///   - range: UTC seconds.
    ///   - fits: which VALARMs are asked for.
    package func hasAlarm(
        in range: Range<Int64>, floating: Zone, where fits: (Component) -> Bool = { _ in true }
    ) -> Bool {
        let set = InstanceSet(self, floating: floating)
        let reach = calendar.components(named: kind.name).flatMap(\.alarms)
            .map { $0.reach }.max()
        guard let reach else { return false }
        let near =
            range.lowerBound.addingClamped(
                -reach)..<max(
                range.lowerBound.addingClamped(-reach), range.upperBound.addingClamped(reach))
        var isFound = false
        set.forEach(near: near) { instance in
            isFound = instance.component.alarms.contains { alarm in
                fits(alarm.component) && alarm.goesOff(in: range, instance, set.zones)
            }
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

    /// How far from its instance the alarm may be, at most.
    var reach: Int64 {
        let (whole, overflow) = pause.multipliedReportingOverflow(by: Int64(repetitions))
        let repeated = overflow ? Int64.max / 4 : min(whole, Int64.max / 4)
        switch trigger {
        case .absolute: return CalendarObject.farFuture
        case .relative(let duration, _):
            return repeated + abs(duration.nominalSeconds) + 2 * 86_400
        }
    }

    func goesOff(in range: Range<Int64>, _ instance: Instance, _ zones: ZoneTable) -> Bool {
        let first: Int64
        switch trigger {
        case .absolute(let value): first = zones.instant(of: value)
        case .relative(let duration, let toEnd):
            let anchor = toEnd ? instance.end : instance.start
            let zone = zones.zone(of: instance.startValue)
            let wall = zone.wall(at: anchor).addingClamped(Int64(duration.days) * 86_400)
            first = zone.seconds(ofWall: wall).addingClamped(Int64(duration.seconds))
        }
        if TimeRange.overlaps(instant: first, range) { return true }
        guard repetitions > 0, first < range.lowerBound else { return false }
        // The first repetition at or after the start of the range.
        let distance = range.lowerBound.addingClamped(-first)
        let number = distance / pause + (distance % pause == 0 ? 0 : 1)
        guard number <= Int64(repetitions) else { return false }
        return first.addingClamped(number.multipliedReportingOverflow(by: pause).partialValue)
            < range.upperBound
    }
}
