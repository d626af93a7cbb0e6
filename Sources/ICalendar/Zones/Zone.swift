/// A time zone: what its clocks show at any instant.
///
/// Either an IANA zone from the system's zone files or the rules of a VTIMEZONE. Cheap to copy.
package struct Zone: Sendable {
    let rules: ZoneRules

    init(rules: ZoneRules) {
        self.rules = rules
    }

    package static let utc = Zone(
        rules: ZoneRules(
            name: "UTC", types: [.init(offset: 0, isDaylight: false, abbreviation: "UTC")],
            changes: [], repeats: false))

    /// A zone that is always `seconds` east of UTC.
    package init(fixedOffset seconds: Int) {
        let offset = Int32(clamping: min(max(seconds, -86_400), 86_400))
        rules = ZoneRules(
            name: nil,
            types: [.init(offset: offset, isDaylight: false, abbreviation: "")], changes: [],
            repeats: false)
    }

    /// The IANA name it was found under, or nil.
    package var name: String? { rules.name }

    /// Seconds since 1970 of a local time.
    ///
    /// A time that does not exist is read with the offset before the gap, one that exists twice is
    /// the first of the two (RFC 5545 §3.3.5).
    package func seconds(of civil: CivilDateTime) -> Int64 {
        seconds(ofWall: civil.wallSeconds)
    }

    /// Seconds since 1970 of a time on the zone's clocks, given as `CivilDateTime.wallSeconds`.
    package func seconds(ofWall wall: Int64) -> Int64 {
        wall.addingClamped(-Int64(rules.offset(atWall: wall)))
    }

    /// What the zone's clocks show; kept within the years 0 to 9999.
    package func civil(at seconds: Int64) -> CivilDateTime {
        CivilDateTime(wallSeconds: wall(at: seconds))
    }

    func wall(at seconds: Int64) -> Int64 {
        seconds.addingClamped(Int64(rules.offset(at: seconds)))
    }

    /// Seconds that the zone's clocks are ahead of UTC at an instant.
    package func offset(at seconds: Int64) -> Int32 {
        rules.offset(at: seconds)
    }
}

/// The changes of a zone's offset, in order.
final class ZoneRules: Sendable {
    struct LocalType: Hashable, Sendable {
        /// Seconds ahead of UTC.
        let offset: Int32
        let isDaylight: Bool
        let abbreviation: String
    }

    struct Change: Sendable {
        /// Seconds since 1970.
        let instant: Int64
        /// Index of the type from then on.
        let type: Int
    }

    let name: String?
    /// The first holds before the first change.
    let types: [LocalType]
    let changes: [Change]
    /// After the last year of the table the years of the same shape in it hold.
    let repeats: Bool

    private let instants: [Int64]
    /// Wall-clock time from which the offset after a change counts: the later of what the clocks
    /// show before and after it, which gives gaps and overlaps the reading of RFC 5545 §3.3.5.
    private let walls: [Int64]
    private let offsets: [Int32]

    init(name: String?, types: [LocalType], changes: [Change], repeats: Bool) {
        let none = LocalType(offset: 0, isDaylight: false, abbreviation: "UTC")
        let types = types.isEmpty ? [none] : types
        let valid = changes.filter { types.indices.contains($0.type) }
        self.name = name
        self.types = types
        self.changes = valid
        self.repeats = repeats
        var instants: [Int64] = []
        var walls: [Int64] = []
        var offsets = [types[0].offset]
        for change in valid {
            let offset = types[change.type].offset
            let before = offsets[offsets.count - 1]
            instants.append(change.instant)
            let wall = change.instant.addingClamped(Int64(max(before, offset)))
            walls.append(max(wall, walls.last ?? wall))
            offsets.append(offset)
        }
        self.instants = instants
        self.walls = walls
        self.offsets = offsets
    }

    func offset(at instant: Int64) -> Int32 {
        offsets[ZoneRules.count(in: instants, upTo: Repetition.place(instant, repeats))]
    }

    func offset(atWall wall: Int64) -> Int32 {
        offsets[ZoneRules.count(in: walls, upTo: Repetition.place(wall, repeats))]
    }

    /// Index into `types` at an instant.
    func type(at instant: Int64) -> Int {
        let count = ZoneRules.count(in: instants, upTo: Repetition.place(instant, repeats))
        return count == 0 ? 0 : changes[count - 1].type
    }

    /// How many are not above `value`.
    private static func count(in sorted: [Int64], upTo value: Int64) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// How years beyond the tables of changes are found in them: every shape of a year, by its length
/// and first weekday, occurs among the 28 years before 2100.
enum Repetition {
    /// The first year that no table covers.
    static let year = 2100
    static let start = Int64(CivilDate.day(year: year, month: 1, day: 1)) * 86_400

    /// The same time of a year of the same shape.
    static func place(_ seconds: Int64, _ repeats: Bool) -> Int64 {
        guard repeats, seconds >= start else { return seconds }
        let year = CivilDateTime(wallSeconds: seconds).date.year
        let newYear = CivilDate.day(year: year, month: 1, day: 1)
        let shape = CivilDate.weekday(ofDay: newYear) + (CivilDate.isLeap(year) ? 7 : 0)
        return seconds.addingClamped(-Int64(newYear - newYears[shape]) * 86_400)
    }

    /// New Year's day of a year of each shape: by weekday, leap years after the others.
    private static let newYears: [Int] = {
        var days = [Int](repeating: 0, count: 14)
        for year in (Repetition.year - 28)..<Repetition.year {
            let day = CivilDate.day(year: year, month: 1, day: 1)
            days[CivilDate.weekday(ofDay: day) + (CivilDate.isLeap(year) ? 7 : 0)] = day
        }
        return days
    }()
}
