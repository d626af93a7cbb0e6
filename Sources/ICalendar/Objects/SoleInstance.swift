/// The one instance of an event that has but one, at a time that no zone setting can move.
///
/// Most objects are such: kept beside an object's text, this answers time ranges and free/busy
/// without the text.
package struct SoleInstance: Equatable, Sendable {
    /// UTC seconds.
    package let start: Int64
    /// UTC seconds, exclusive; the start itself where the event takes no time.
    package let end: Int64
    /// Nil where it leaves everybody free, whoever attends.
    package let busy: FreeBusy.Kind?
    /// Whose attendance decides what it is to them.
    package let attendees: AddressSet

    package init(start: Int64, end: Int64, busy: FreeBusy.Kind?, attendees: AddressSet) {
        self.start = start
        self.end = end
        self.busy = busy
        self.attendees = attendees
    }

    /// RFC 4791 §9.9, for VEVENT.
    package func overlaps(_ range: Range<Int64>) -> Bool {
        TimeRange.overlaps(event: start, end, range)
    }
}

extension CalendarObject {
    /// Nil for everything but a single event whose times are UTC or of a known zone.
    package var soleInstance: SoleInstance? {
        guard kind == .vevent, let event = master else { return nil }
        let isRepeated = ["RRULE", "RDATE", "EXRULE", "EXDATE"].contains(where: event.has)
        guard !isRepeated, calendar.components.count(where: { $0.name == "VEVENT" }) == 1 else {
            return nil
        }
        let zones = ZoneTable(calendar: calendar, floating: .utc)
        for name in ["DTSTART", "DTEND"] {
            switch event.first(name)?.dateTime {
            case .utc: break
            case .zoned(_, let tzid) where zones.knows(tzid): break
            case nil where !event.has(name) && name == "DTEND": break
            default: return nil
            }
        }
        guard let timing = Timing(event, zones) else { return nil }
        let start = zones.instant(of: timing.start)
        let span = span(floating: .utc)
        guard span.first == start, span.last >= start else { return nil }
        let attendees = event.all("ATTENDEE").map { $0.rawValue.lowercased() }
        return SoleInstance(
            start: start, end: span.last, busy: FreeBusy.kind(of: event, []),
            attendees: AddressSet(attendees))
    }
}

/// Calendar user addresses as 64 bits: who is not found in it is certainly not in it.
package struct AddressSet: Equatable, Sendable {
    package let bits: UInt64

    package init(bits: UInt64) { self.bits = bits }

    /// - Parameter addresses: lower case, as `mailto:a@example.org`.
    package init(_ addresses: some Sequence<String>) {
        bits = addresses.reduce(into: 0) { bits, address in
            var hash = FNV1a()
            hash.add(address)
            // Of the product the upper bits depend on every byte.
            bits |= 1 << (hash.value >> 58)
        }
    }

    package func mayMeet(_ other: AddressSet) -> Bool { bits & other.bits != 0 }
}
