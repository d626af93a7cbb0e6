/// Collects what is tolerated.
struct Validator {
    private static let most = 300

    private(set) var findings: [Finding] = []
    private let zones: ZoneTable
    private var lines = LineCounter()

    init(_ calendar: Component) {
        zones = ZoneTable(calendar: calendar, floating: .utc)
    }

    mutating func visit(_ component: Component) {
        checkLines(component)
        if let rule = ComponentRule.all[component.name] { check(component, rule) }
        if let closing = component.closing, !component.isEnded(by: closing) {
            findings.append(
                Finding(
                    tolerated: "END has another name than BEGIN",
                    line: lines.line(of: Int(closing.line), in: closing.bytes),
                    property: component.name, section: "3.6"))
        }
        for property in component.properties where findings.count < Validator.most {
            check(property)
        }
        checkTimes(component)
        for inner in component.components where findings.count < Validator.most { visit(inner) }
    }

    private mutating func add(
        _ reason: String, _ property: Property, section: String
    ) {
        findings.append(
            Finding(
                tolerated: reason,
                line: property.line.isNew
                    ? 0 : lines.line(of: Int(property.line.nameStart), in: property.bytes),
                property: property.name, section: section))
    }

    private mutating func add(_ reason: String, _ component: Component, section: String) {
        findings.append(
            Finding(
                tolerated: reason,
                line: component.opening.map { lines.line(of: Int($0.line), in: $0.bytes) } ?? 0,
                property: component.name, section: section))
    }

    // MARK: Lines

    /// Lines that are none hide before the next that is one.
    private mutating func checkLines(_ component: Component) {
        for raw in [component.opening, component.closing].compactMap({ $0 }) {
            checkSkipped(raw.bytes, Int(raw.start), Int(raw.line))
        }
        for property in component.properties where findings.count < Validator.most {
            let line = property.line
            checkSkipped(property.bytes, Int(line.start), Int(line.nameStart))
            if line.isQuotedPrintable {
                add("quoted-printable is no encoding of iCalendar", property, section: "3.1.3")
            }
            if let length = property.longestLine, length > 75 {
                add("a line of \(length) octets, 75 are allowed", property, section: "3.1")
            }
            let text = property.rawBytes
            if String(validating: text, as: UTF8.self) == nil {
                add("not UTF-8", property, section: "3.1.4")
            }
            if text.contains(where: { $0 < 0x20 && $0 != ASCII.tab || $0 == 0x7F }) {
                add("a control character", property, section: "3.1")
            }
        }
    }

    private mutating func checkSkipped(_ bytes: [UInt8], _ from: Int, _ to: Int) {
        guard from < to, to <= bytes.count else { return }
        var skipped = bytes[from..<to]
        if skipped.starts(with: [0xEF, 0xBB, 0xBF]) { skipped = skipped.dropFirst(3) }
        guard !skipped.isEmpty else { return }
        let content = skipped.firstIndex { $0 > ASCII.space }
        findings.append(
            Finding(
                tolerated: content == nil ? "an empty line" : "a line that is no content line",
                line: lines.line(of: content ?? skipped.startIndex, in: bytes), property: nil,
                section: "3.1"))
    }

    // MARK: Components

    private mutating func check(_ component: Component, _ rule: ComponentRule) {
        for name in rule.required {
            let count = component.properties.count { $0.isNamed(name) }
            if count == 0 { add("\(name) is missing", component, section: rule.section) }
            if count > 1 { add("\(name) more than once", component, section: rule.section) }
        }
        for name in rule.single where component.all(name).count > 1 {
            add("\(name) more than once", component, section: rule.section)
        }
        for (a, b) in rule.exclusive where component.has(a) && component.has(b) {
            add("both \(a) and \(b)", component, section: rule.section)
        }
        for (a, b) in rule.dependent where component.has(a) && !component.has(b) {
            add("\(a) without \(b)", component, section: rule.section)
        }
        if component.name == "VEVENT", !component.has("DTSTART") {
            add("DTSTART is missing", component, section: rule.section)
        }
        if component.name == "VTIMEZONE",
            !component.components.contains(where: { $0.name == "STANDARD" || $0.name == "DAYLIGHT" }
            )
        {
            add("neither STANDARD nor DAYLIGHT", component, section: rule.section)
        }
    }

    /// DTEND or DUE lies after DTSTART, and is of its type; UNTIL is of the type of DTSTART.
    private mutating func checkTimes(_ component: Component) {
        guard let start = component.first("DTSTART")?.dateTime else { return }
        for name in ["DTEND", "DUE"] {
            guard let property = component.first(name), let end = property.dateTime else {
                continue
            }
            let section = name == "DUE" ? "3.8.2.3" : "3.8.2.2"
            if start.isDate != end.isDate {
                add("of another value type than DTSTART", property, section: section)
            } else if component.name != "VTODO", component.name != "VFREEBUSY",
                zones.instant(of: end) <= zones.instant(of: start)
            {
                add("not later than DTSTART", property, section: section)
            }
        }
        for property in component.all("RRULE") {
            guard let until = RecurrenceRule(bytes: property.rawBytes)?.until else { continue }
            let isUTCWanted = start.isUTC || start.tzid != nil
            if until.isDate != start.isDate || !until.isDate && until.isUTC != isUTCWanted,
                component.name != "STANDARD", component.name != "DAYLIGHT"
            {
                add("UNTIL is not of the form that DTSTART asks for", property, section: "3.3.10")
            }
        }
    }

    // MARK: Properties

    private mutating func check(_ property: Property) {
        if let tzid = property.parameter("TZID"), !zones.defines(tzid) {
            let meaning = zones.knows(tzid) ? "read by its name" : "of no meaning"
            add("no VTIMEZONE for \(tzid), \(meaning)", property, section: "3.2.19")
        }
        guard let rule = ValueRule.all[property.name] else { return }
        if let reason = Validator.defect(of: property, rule.form) {
            add(reason, property, section: rule.section)
        }
    }

    private static func defect(of property: Property, _ form: ValueRule.Form) -> String? {
        switch form {
        case .dateTime:
            guard let value = property.dateTime else { return "no DATE or DATE-TIME" }
            return defect(of: property, isDate: value.isDate)
        case .dateTimes:
            return defect(ofList: property, count: property.dateTimes.count)
        case .periods:
            return defect(ofList: property, count: property.periods.count)
        case .utc:
            return property.dateTime?.isUTC == true ? nil : "no DATE-TIME in UTC"
        case .duration:
            return property.duration == nil ? "no DURATION" : nil
        case .trigger:
            return property.duration == nil && property.dateTime == nil
                ? "neither DURATION nor DATE-TIME" : nil
        case .utcOffset:
            return property.utcOffset == nil ? "no UTC-OFFSET" : nil
        case .recurrence:
            guard let rule = RecurrenceRule(bytes: property.rawBytes) else { return "no RECUR" }
            return rule.defects.first.map { "not understood: \($0)" } ?? rule.misuse
        case .geo:
            let isPlain = !property.rawBytes.contains { $0 == ASCII.comma || $0 == ASCII.backslash }
            return property.geo == nil || !isPlain ? "no plain pair of coordinates" : nil
        case .integer(let range):
            guard let value = property.integer else { return "no INTEGER" }
            return range.contains(value)
                ? nil : "not from \(range.lowerBound) to \(range.upperBound)"
        case .oneOf(let names):
            let text = property.rawValue.uppercased()
            return names.contains(text) || text.hasPrefix("X-") ? nil : "\(text) is unknown"
        }
    }

    private static func defect(of property: Property, isDate: Bool) -> String? {
        let type = property.parameter("VALUE")?.uppercased()
        if isDate, type != "DATE" { return "a DATE without VALUE=DATE" }
        if !isDate, type == "DATE" { return "a DATE-TIME with VALUE=DATE" }
        return nil
    }

    private static func defect(ofList property: Property, count: Int) -> String? {
        let items = property.rawBytes.count { $0 == ASCII.comma } + 1
        return count < items ? "a value that cannot be read" : nil
    }
}

/// Numbers of lines that are mostly asked for in rising order.
private struct LineCounter {
    private var offset = 0
    private var line = 1

    mutating func line(of target: Int, in bytes: [UInt8]) -> Int {
        if target < offset { (offset, line) = (0, 1) }
        while offset < min(target, bytes.count) {
            if bytes[offset] == ASCII.lf { line += 1 }
            offset += 1
        }
        return line
    }
}

extension Component {
    fileprivate func isEnded(by closing: RawLines) -> Bool {
        let line = closing.bytes[Int(closing.line)..<Int(closing.end)]
        let text = ASCII.uppercasedString(line.filter { $0 > ASCII.space })
        return text.hasPrefix("END:\(name)")
    }
}

extension RecurrenceRule {
    /// A part that the table of RFC 5545 §3.3.10 forbids with this FREQ, though it can be read.
    var misuse: String? {
        if until != nil, count != nil { return "both UNTIL and COUNT" }
        if !byWeekNumber.isEmpty, frequency != .yearly { return "BYWEEKNO without FREQ=YEARLY" }
        if !byYearDay.isEmpty, [.daily, .weekly, .monthly].contains(frequency) {
            return "BYYEARDAY with FREQ=\(frequency.name)"
        }
        if !byMonthDay.isEmpty, frequency == .weekly { return "BYMONTHDAY with FREQ=WEEKLY" }
        let isNumbered = byDay.contains { $0.ordinal != nil }
        if isNumbered, frequency < .monthly || !byWeekNumber.isEmpty {
            return "a number in BYDAY"
        }
        return nil
    }
}

extension Property {
    /// Octets of the longest physical line; nil for a property made here.
    var longestLine: Int? {
        guard !line.isNew else { return nil }
        var longest = 0
        var length = 0
        for byte in bytes[Int(line.nameStart)..<Int(line.end)] {
            if byte == ASCII.lf {
                longest = max(longest, length)
                length = 0
            } else if byte != ASCII.cr {
                length += 1
            }
        }
        return max(longest, length)
    }
}
