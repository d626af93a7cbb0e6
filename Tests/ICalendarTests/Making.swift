import ICalendar

/// A VCALENDAR of some lines, with CRLF.
func bytes(_ lines: String) -> [UInt8] {
    Array(
        lines.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\r\n").utf8)
}

/// An object of one VEVENT (or what `name` says) with UID, and further components.
func object(
    _ properties: String, _ name: String = "VEVENT", others: String...
) throws -> CalendarObject {
    let all = ([properties] + others).map { "BEGIN:\(name)\nUID:1\n\($0)\nEND:\(name)\n" }.joined()
    return try CalendarObject(parsing: bytes("BEGIN:VCALENDAR\n\(all)END:VCALENDAR\n"))
}

/// UTC seconds of `20240131T093000`, read in UTC.
func utc(_ basic: String) -> Int64 {
    guard let civil = CivilDateTime(basic: basic) else { return .min }
    return Zone.utc.seconds(of: civil)
}

/// Two such, or none for a side that is open.
func range(_ from: String?, _ to: String?) -> Range<Int64> {
    (from.map(utc) ?? .min)..<(to.map(utc) ?? .max)
}

func zone(_ name: String) throws -> Zone {
    struct NoZone: Error { let name: String }
    guard let zone = Zone.named(name) else { throw NoZone(name: name) }
    return zone
}

/// The starts of all instances in a range, as `20240131T093000Z`.
func starts(
    _ object: CalendarObject, _ from: String, _ to: String, floating: Zone = .utc
) -> [String] {
    InstanceSet(object, floating: floating).instances(in: range(from, to), limit: 1000)
        .map { Zone.utc.civil(at: $0.start).basic + "Z" }
}
