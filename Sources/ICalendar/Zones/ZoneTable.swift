import Synchronization

/// The zones of one object, and the zone in which its floating times and DATEs are read.
///
/// A TZID that is an IANA name, bare or behind a vendor's prefix, means that zone whatever the
/// object's VTIMEZONE says: programs write cut-off or outdated definitions under such names. Under
/// any other name the object's VTIMEZONE counts, then what the name means elsewhere (Windows'
/// names), then the zone of floating times.
package struct ZoneTable: Sendable {
    /// The zone of floating times and DATEs.
    package let floating: Zone
    private var zones: [String: Zone] = [:]

    /// - Parameter floating: what the viewer's calendar, or the CRM, is set to.
    package init(calendar: Component, floating: Zone) {
        self.floating = floating
        var work = Zone.work
        for component in calendar.components where component.name == "VTIMEZONE" {
            guard zones.count < 500, let tzid = component.first("TZID")?.text, zones[tzid] == nil
            else { continue }
            zones[tzid] = ZoneNames.iana(tzid) ?? DefinedZones.zone(of: component, &work)
        }
    }

    /// Never fails: an unknown name is the zone of floating times.
    package func zone(for tzid: String) -> Zone {
        zones[tzid] ?? Zone.named(tzid) ?? floating
    }

    /// Whether the object has a VTIMEZONE of that name, which can be read.
    func defines(_ tzid: String) -> Bool {
        zones[tzid] != nil
    }

    /// Whether the name is known, from the object or elsewhere.
    package func knows(_ tzid: String) -> Bool {
        zones[tzid] != nil || Zone.named(tzid) != nil
    }

    /// The zone whose clock a value is written on.
    package func zone(of value: DateTimeValue) -> Zone {
        switch value {
        case .date, .floating: floating
        case .utc: .utc
        case .zoned(_, let tzid): zone(for: tzid)
        }
    }

    /// Seconds since 1970; a DATE is the midnight that begins it.
    package func instant(of value: DateTimeValue) -> Int64 {
        zone(of: value).seconds(of: value.civil)
    }
}

/// Zones made of VTIMEZONEs, kept since thousands of objects repeat the same few.
private enum DefinedZones {
    private static let known = Mutex<[[UInt8]: Zone?]>([:])

    static func zone(of vtimezone: Component, _ work: inout Int) -> Zone? {
        let key = vtimezone.serialized()
        // What nobody else repeats is not worth keeping.
        guard key.count <= 20_000 else { return Zone(vtimezone: vtimezone, work: &work) }
        if let zone = known.withLock({ $0[key] }) { return zone }
        let zone = Zone(vtimezone: vtimezone, work: &work)
        // One that was cut short may be whole in another object.
        guard work > 0 else { return zone }
        known.withLock {
            if $0.count >= 200 { $0.removeAll() }
            $0[key] = .some(zone)
        }
        return zone
    }
}
