extension Zone {
    /// The zone that a VTIMEZONE describes (RFC 5545 §3.6.5), by its own rules alone.
    ///
    /// Before its first change the offset is the TZOFFSETFROM of that change. Nil without any
    /// STANDARD or DAYLIGHT that can be read.
    package init?(vtimezone: Component) {
        var work = Zone.work
        self.init(vtimezone: vtimezone, work: &work)
    }

    /// Steps for the rules of all VTIMEZONEs of an object; a plain one takes some
    /// thousand, and none when it is known from another object.
    static let work = 100_000

    /// - Parameter work: steps that may be taken; what is left of them.
    init?(vtimezone: Component, work: inout Int) {
        guard let rules = ObservanceReader.rules(of: vtimezone, &work) else { return nil }
        self.init(rules: rules)
    }
}

/// Turns STANDARD and DAYLIGHT into a table of changes.
private enum ObservanceReader {
    struct Onset {
        let instant: Int64
        let from: Int32
        let type: ZoneRules.LocalType
    }

    static let maximumOnsets = 20_000

    static func rules(of vtimezone: Component, _ work: inout Int) -> ZoneRules? {
        var onsets: [Onset] = []
        var repeats = false
        for observance in vtimezone.components.prefix(500)
        where observance.name == "STANDARD" || observance.name == "DAYLIGHT" {
            let isEndless = append(observance, to: &onsets, &work)
            repeats = repeats || isEndless
            if onsets.count > maximumOnsets { break }
        }
        // Of two at the same instant the later in the file counts.
        let ordered = onsets.enumerated().sorted {
            ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset)
        }.map(\.element)
        guard let first = ordered.first else { return nil }
        var types = [
            ZoneRules.LocalType(offset: first.from, isDaylight: false, abbreviation: "")
        ]
        var places: [ZoneRules.LocalType: Int] = [:]
        var changes: [ZoneRules.Change] = []
        for onset in ordered {
            let type = places[onset.type] ?? types.count
            if type == types.count {
                types.append(onset.type)
                places[onset.type] = type
            }
            if changes.last?.instant == onset.instant { changes.removeLast() }
            changes.append(.init(instant: onset.instant, type: type))
        }
        let name = vtimezone.first("TZID")?.text
        return ZoneRules(name: name, types: types, changes: changes, repeats: repeats)
    }

    /// - Returns: whether a rule goes on beyond the table.
    private static func append(
        _ observance: Component, to onsets: inout [Onset], _ work: inout Int
    ) -> Bool {
        guard let start = observance.first("DTSTART")?.dateTime,
            let from = observance.first("TZOFFSETFROM")?.utcOffset,
            let to = observance.first("TZOFFSETTO")?.utcOffset
        else { return false }
        let type = ZoneRules.LocalType(
            offset: to, isDaylight: observance.name == "DAYLIGHT",
            abbreviation: observance.first("TZNAME")?.text ?? "")
        func add(wall: Int64) {
            onsets.append(Onset(instant: wall - Int64(from), from: from, type: type))
        }
        add(wall: start.civil.wallSeconds)
        for property in observance.all("RDATE").prefix(1000) {
            for value in property.dateTimes.prefix(1000) {
                if case .utc(let civil) = value {
                    add(wall: civil.wallSeconds + Int64(from))
                } else {
                    add(wall: value.civil.wallSeconds)
                }
                if onsets.count > maximumOnsets { return false }
            }
        }
        var isEndless = false
        for property in observance.all("RRULE").prefix(10) {
            guard let rule = RecurrenceRule(bytes: property.rawBytes) else { continue }
            var generator = RecurrenceGenerator(
                rule, start: start.civil, isDate: false, work: max(0, work))
            // Definitions that begin in the year 1 or 1601 would fill the table before 1970.
            generator.seek(to: Int64(CivilDate.day(year: 1900, month: 1, day: 1)) * 86_400)
            let until = rule.until.map { value in
                if case .utc(let civil) = value { return civil.wallSeconds + Int64(from) }
                return value.civil.wallSeconds
            }
            var count = 0
            while let wall = generator.next(), wall < Repetition.start, wall <= until ?? .max {
                add(wall: wall)
                count += 1
                if count > 2000 { break }
            }
            work = generator.workLeft
            isEndless = isEndless || rule.isUnbounded
        }
        return isEndless
    }
}

extension Property {
    /// The value as UTC-OFFSET in seconds (RFC 5545 §3.3.14), below a day; a colon inside is
    /// tolerated.
    package var utcOffset: Int32? { UTCOffset.seconds(ASCII.trim(rawBytes)) }

    /// All values of a list of DATE or DATE-TIME (EXDATE, RDATE); of a PERIOD its start. What
    /// cannot be read is left out.
    package var dateTimes: [DateTimeValue] {
        let tzid = parameter("TZID")
        let bytes = rawBytes
        return ASCII.split(bytes[...], at: ASCII.comma).compactMap { item in
            let item = ASCII.trim(Array(item))
            let start = item.prefix { $0 != UInt8(ascii: "/") }
            return DateTimeValue(bytes: ASCII.trim(Array(start)), tzid: { tzid })
        }
    }
}

/// UTC-OFFSET values.
enum UTCOffset {
    static func seconds(_ bytes: ArraySlice<UInt8>) -> Int32? {
        let digits = Array(bytes.dropFirst().filter { $0 != ASCII.colon })
        guard let sign = bytes.first, sign == ASCII.hyphen || sign == UInt8(ascii: "+"),
            digits.count == 4 || digits.count == 6,
            let hours = ASCII.number(digits[..<2]), let minutes = ASCII.number(digits[2..<4]),
            let seconds = digits.count == 6 ? ASCII.number(digits[4...]) : 0, hours < 24,
            minutes < 60, seconds < 60
        else { return nil }
        let offset = Int32(hours * 3600 + minutes * 60 + seconds)
        return sign == ASCII.hyphen ? -offset : offset
    }
}
