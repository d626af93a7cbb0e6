/// How much of a body is read.
package struct ParseLimits: Sendable {
    /// Octets of the whole object.
    package var bytes: Int
    /// Components of any kind.
    package var components: Int
    /// Properties of all components together.
    package var properties: Int
    /// Components inside components; VCALENDAR is the first.
    package var depth: Int

    package init(bytes: Int, components: Int, properties: Int, depth: Int) {
        self.bytes = bytes
        self.components = components
        self.properties = properties
        self.depth = depth
    }

    /// What one calendar object may be: 10 MB, as many clients attach pictures; and a daily event of
    /// ten years of which every instance was changed, which takes no more than a tenth of a
    /// second of work.
    package static let standard = ParseLimits(
        bytes: 10 << 20, components: 4_000, properties: 200_000, depth: 16)

    /// What a whole calendar may be, read from a feed or for an import.
    package static let feed = ParseLimits(
        bytes: 256 << 20, components: 2_000_000, properties: 40_000_000, depth: 16)
}

extension Component {
    /// Reads one VCALENDAR.
    /// - Throws: `.syntax` where there is none, more than one, or an END is missing; `.tooLarge`
    ///   beyond the limits.
    package static func parse(
        _ bytes: [UInt8], limits: ParseLimits = .standard
    ) throws(ICalendarError) -> Component {
        var parser = Parser(bytes, limits: limits)
        let calendars = try parser.run()
        guard calendars.count == 1, let calendar = calendars.first else {
            throw ICalendarError(
                .syntax, line: calendars[1].lineNumber, property: "VCALENDAR",
                reason: "a second VCALENDAR follows the first")
        }
        return calendar
    }

    /// Reads one or more VCALENDARs, one after another.
    package static func parseStream(
        _ bytes: [UInt8], limits: ParseLimits = .feed
    ) throws(ICalendarError) -> [Component] {
        var parser = Parser(bytes, limits: limits)
        return try parser.run()
    }
}

/// Builds components of the lines that `LineReader` finds.
struct Parser {
    private var lines: LineReader
    private let limits: ParseLimits
    private var finished: [Component] = []
    private var open: [Component] = []
    private var componentCount = 0
    private var propertyCount = 0

    init(_ bytes: [UInt8], limits: ParseLimits) {
        lines = LineReader(bytes)
        self.limits = limits
    }

    mutating func run() throws(ICalendarError) -> [Component] {
        let size = lines.bytes.count
        guard size <= limits.bytes, size < Int(Int32.max) else {
            throw ICalendarError(.tooLarge, reason: "\(size) octets, \(limits.bytes) allowed")
        }
        while let line = lines.next() {
            if isNamed("BEGIN", line) {
                try begin(line)
            } else if isNamed("END", line) {
                try end(line)
            } else if open.isEmpty {
                throw error(line, "stands outside of any component")
            } else {
                propertyCount += 1
                guard propertyCount <= limits.properties else {
                    throw tooLarge(line, "more than \(limits.properties) properties")
                }
                open[open.count - 1].properties.append(Property(bytes: lines.bytes, line: line))
            }
        }
        if let last = open.last {
            throw ICalendarError(
                .syntax, line: last.lineNumber, property: last.name, reason: "END is missing")
        }
        guard !finished.isEmpty else {
            throw ICalendarError(.syntax, line: 1, reason: "there is no VCALENDAR")
        }
        keepTail()
        return finished
    }

    private mutating func begin(_ line: ContentLine) throws(ICalendarError) {
        componentCount += 1
        guard componentCount <= limits.components else {
            throw tooLarge(line, "more than \(limits.components) components")
        }
        guard open.count < limits.depth else {
            throw tooLarge(line, "more than \(limits.depth) components inside each other")
        }
        let name = ASCII.uppercasedString(value(of: line))
        guard !name.isEmpty else { throw error(line, "the component has no name") }
        guard !open.isEmpty || name == "VCALENDAR" else {
            throw error(line, "\(name) where VCALENDAR should begin")
        }
        var component = Component(reading: name)
        component.opening = raw(line)
        if let parent = open.last { component.position = Int32(clamping: parent.properties.count) }
        open.append(component)
    }

    private mutating func end(_ line: ContentLine) throws(ICalendarError) {
        guard var component = open.popLast() else { throw error(line, "nothing to end") }
        let name = value(of: line)
        // A misspelt END ends what is open; the END of something further out does not.
        guard isNamed(component, name) || !open.contains(where: { isNamed($0, name) }) else {
            throw error(line, "\(component.name) should end here")
        }
        component.closing = raw(line)
        // Components after all properties stay there when properties are added.
        let count = component.properties.count
        for index in component.components.indices.reversed() {
            guard component.components[index].position >= count else { break }
            component.components[index].position = .max
        }
        if open.isEmpty {
            finished.append(component)
        } else {
            open[open.count - 1].components.append(component)
        }
    }

    private func isNamed(_ component: Component, _ name: ArraySlice<UInt8>) -> Bool {
        ASCII.equalIgnoringCase(name, name.startIndex, name.endIndex, component.name)
    }

    /// What follows the last END belongs to it.
    private mutating func keepTail() {
        guard let last = finished.indices.last, let closing = finished[last].closing else { return }
        finished[last].closing = RawLines(
            bytes: closing.bytes, start: closing.start, end: Int32(clamping: lines.bytes.count),
            line: closing.line)
    }

    private func isNamed(_ name: String, _ line: ContentLine) -> Bool {
        let from = Int(line.nameStart)
        let to = Int(line.nameEnd)
        let first = lines.bytes[from] & 0xDF
        guard first == UInt8(ascii: "B") || first == UInt8(ascii: "E") else { return false }
        return ASCII.equalIgnoringCase(lines.bytes, from, to, name)
    }

    /// Without blanks around it.
    private func value(of line: ContentLine) -> ArraySlice<UInt8> {
        guard line.isFolded else {
            return ASCII.trim(lines.bytes[Int(line.valueStart)..<Int(line.end)])
        }
        return ASCII.trim(Property(bytes: lines.bytes, line: line).rawBytes)
    }

    private func raw(_ line: ContentLine) -> RawLines {
        RawLines(bytes: lines.bytes, start: line.start, end: line.next, line: line.nameStart)
    }

    private func error(_ line: ContentLine, _ reason: String) -> ICalendarError {
        let property = Property(bytes: lines.bytes, line: line)
        return ICalendarError(
            .syntax, line: property.lineNumber, property: property.name, reason: reason)
    }

    private func tooLarge(_ line: ContentLine, _ reason: String) -> ICalendarError {
        let property = Property(bytes: lines.bytes, line: line)
        return ICalendarError(
            .tooLarge, line: property.lineNumber, property: property.name, reason: reason)
    }
}

extension Component {
    /// A component as read: its name is kept as it is, in upper case.
    fileprivate init(reading name: String) {
        self.name = name
        self.properties = []
        self.components = []
    }
}
