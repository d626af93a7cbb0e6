extension CalendarObject {
    /// Makes an object of one component.
    /// - Parameters:
    ///   - product: PRODID, as `-//Example//Calendar//EN`.
    ///   - stamp: DTSTAMP, UTC seconds.
    ///   - properties: of the component, UID and DTSTAMP aside.
    package init(
        kind: Kind, uid: String, product: String, stamp: Int64, properties: [Property]
    ) {
        let component = Component(
            name: kind.name,
            properties: [
                Property("UID", text: uid),
                DateTimeValue.utc(Zone.utc.civil(at: stamp)).property(named: "DTSTAMP"),
            ] + properties)
        let calendar = Component(
            name: "VCALENDAR",
            properties: [Property("VERSION", raw: "2.0"), Property("PRODID", text: product)],
            components: [component])
        self.init(unchecked: calendar, uid: uid, kind: kind)
    }

    /// Says in `principalComponent` that it was changed: DTSTAMP, LAST-MODIFIED, and SEQUENCE one
    /// higher.
    /// - Parameters:
    ///   - instant: UTC seconds.
    ///   - raisesSequence: not where somebody else is the ORGANIZER, who alone counts.
    package mutating func markChanged(at instant: Int64, raisesSequence: Bool = true) {
        let now = DateTimeValue.utc(Zone.utc.civil(at: instant))
        updateMaster { component in
            component.set(now.property(named: "DTSTAMP"))
            component.set(now.property(named: "LAST-MODIFIED"))
            guard raisesSequence else { return }
            let sequence = max(0, component.first("SEQUENCE")?.integer ?? 0)
            let next = sequence < Int(Int32.max) ? sequence + 1 : sequence
            component.set(Property("SEQUENCE", raw: String(next)))
        }
    }

    /// Adds a VTIMEZONE for each TZID that the object names and does not define (RFC 5545 §3.2.19),
    /// where the name is known; removes those that nothing names any more.
    package mutating func completeTimezones() {
        let used = Set(calendar.components.filter { $0.name != "VTIMEZONE" }.flatMap(\.tzids))
        calendar.components.removeAll { component in
            component.name == "VTIMEZONE"
                && !(component.first("TZID").map { used.contains($0.text) } ?? true)
        }
        let defined = Set(
            calendar.components(named: "VTIMEZONE").compactMap { $0.first("TZID")?.text })
        let missing = used.subtracting(defined).sorted()
        guard !missing.isEmpty else { return }
        let span = span(floating: .utc)
        for tzid in missing.reversed() {
            guard let zone = Zone.named(tzid) else { continue }
            let timezone = zone.vtimezone(
                tzid: tzid, from: max(span.first, 0), through: span.last)
            calendar.components.insert(timezone, at: 0)
        }
    }
}
