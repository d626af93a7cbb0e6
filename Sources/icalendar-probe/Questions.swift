import Glibc
import ICalendar

enum Questions {
    /// The first instances of a rule: wall-clock time and UTC seconds of each.
    static func rule(zone name: String, start: String, rule text: String, count: Int) -> String {
        guard let rule = RecurrenceRule(text), let zone = Zone.named(name) else {
            return "error: no rule or no zone"
        }
        let date = CivilDate(basic: start)
        let civil = date.map { CivilDateTime(date: $0, time: .midnight) }
        guard let civil = civil ?? CivilDateTime(basic: start) else { return "error: no start" }
        var generator = RecurrenceGenerator(rule, start: civil, isDate: date != nil)
        let until: Int64
        switch rule.until {
        case nil: until = .max
        case .utc(let civil)?: until = Zone.utc.seconds(of: civil)
        case let value?: until = zone.seconds(of: value.civil)
        }
        var instances: [String] = []
        while instances.count < count, let wall = generator.next() {
            let instant = zone.seconds(ofWall: wall)
            guard instant <= until else { break }
            let civil = CivilDateTime(wallSeconds: wall)
            instances.append("\(date == nil ? civil.basic : civil.date.basic)=\(instant)")
        }
        return instances.joined(separator: " ")
    }

    /// Every change of the offset from 1970 to 2037.
    static func changes(ofZone name: String) -> String {
        Zone.named(name).map(changes) ?? "error: no zone"
    }

    /// The same, of the zone read back from the VTIMEZONE that we write of it.
    static func changes(ofWritten name: String) -> String {
        guard let zone = Zone.named(name) else { return "error: no zone" }
        let written = zone.vtimezone(tzid: name, from: span.lowerBound, through: span.upperBound)
        let calendar = Component(name: "VCALENDAR", properties: [], components: [written])
        guard let read = try? Component.parse(calendar.serialized()),
            let vtimezone = read.components.first, let again = Zone(vtimezone: vtimezone)
        else { return "error: not read back" }
        return changes(again)
    }

    /// The VTIMEZONE that we write of a zone for a span in UTC seconds; its lines with `|` between.
    static func vtimezone(ofZone name: String, from: Int64, through: Int64) -> String {
        guard let zone = Zone.named(name) else { return "error: no zone" }
        let written = zone.vtimezone(tzid: name, from: from, through: through)
        let lines = String(decoding: written.serialized(), as: UTF8.self)
        return lines.split(whereSeparator: \.isNewline).joined(separator: "|")
    }

    /// 1970-01-01 up to 2038-01-01.
    private static let span: Range<Int64> = 0..<2_145_916_800

    private static func changes(_ zone: Zone) -> String {
        var offset = zone.offset(at: span.lowerBound)
        var changes = ["\(offset)"]
        var time = span.lowerBound
        // Nothing changes twice within six hours; each change is then found to the second.
        let step: Int64 = 6 * 3600
        while time < span.upperBound {
            let next = min(time + step, span.upperBound)
            let after = zone.offset(at: next)
            if after != offset {
                var (low, high) = (time, next)
                while high - low > 1 {
                    let middle = (low + high) / 2
                    if zone.offset(at: middle) == offset { low = middle } else { high = middle }
                }
                changes.append("\(high):\(after)")
                offset = after
            }
            time = next
        }
        return changes.joined(separator: " ")
    }

    /// Instances of a whole file that overlap a range: start, end and summary of each, sorted.
    static func instances(path: String, from: Int64, to: Int64) -> String {
        guard from < to, let bytes = contents(of: path),
            let calendars = try? Component.parseStream(bytes)
        else { return "error: no calendar" }
        var lines: [String] = []
        for calendar in calendars {
            for object in CalendarObject.objects(of: calendar) {
                let set = InstanceSet(object, floating: .utc)
                for instance in set.instances(in: from..<to, limit: 100_000) {
                    let uid = instance.component.first("UID")?.text ?? ""
                    lines.append("\(instance.start)/\(instance.end)/\(object.kind.name)/\(uid)")
                }
            }
        }
        return lines.sorted().joined(separator: "\u{1F}")
    }

    static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }
}
