import Glibc

/// An object's lines as a feed has them, copied without a look at what they mean.
///
/// Nearly every object is an event or to-do without alarms, in lines as we write them ourselves; a
/// tree of it would say nothing that its lines do not.
struct FeedLines {
    /// Whether to-dos go as they are.
    let takesTodos: Bool

    /// Appends the components of a text.
    ///
    /// - Parameter isDefined: whether a TZID is in the feed already.
    /// - Returns: false, with nothing appended, where the text has to be read: for anything nested,
    ///   a time zone that is not in the feed yet, lines in another form, and whatever is odd.
    func append(
        _ text: UnsafeRawBufferPointer, to buffer: inout [UInt8], isDefined: (String) -> Bool
    ) -> Bool {
        var lines = Lines(text)
        guard let first = lines.next(), first.equals("BEGIN:VCALENDAR") else { return false }
        let before = buffer.count
        guard copyMembers(&lines, to: &buffer, isDefined) else {
            buffer.removeLast(buffer.count - before)
            return false
        }
        return true
    }

    /// Everything up to END:VCALENDAR, with which the text has to end.
    private func copyMembers(
        _ lines: inout Lines, to buffer: inout [UInt8], _ isDefined: (String) -> Bool
    ) -> Bool {
        while let line = lines.next() {
            if line.equals("END:VCALENDAR") { return lines.isAtEnd }
            guard line.starts("BEGIN:") else {
                if line.starts("END:") || !line.isContent { return false }
                continue
            }
            if line.equals("BEGIN:VTIMEZONE") {
                guard skipZone(&lines) else { return false }
            } else if line.equals("BEGIN:VEVENT") {
                guard copy(line, until: "END:VEVENT", &lines, to: &buffer, isDefined) else {
                    return false
                }
            } else if takesTodos, line.equals("BEGIN:VTODO") {
                guard copy(line, until: "END:VTODO", &lines, to: &buffer, isDefined) else {
                    return false
                }
            } else {
                return false
            }
        }
        return false
    }

    private func skipZone(_ lines: inout Lines) -> Bool {
        while let line = lines.next() {
            if line.equals("END:VTIMEZONE") { return true }
        }
        return false
    }

    private func copy(
        _ begin: Line, until end: StaticString, _ lines: inout Lines, to buffer: inout [UInt8],
        _ isDefined: (String) -> Bool
    ) -> Bool {
        var hasUID = false
        var previousIsUID = false
        begin.append(to: &buffer)
        while let line = lines.next() {
            line.append(to: &buffer)
            if line.isFolded {
                // Readers of lines take the first part of a folded UID for all of it.
                if previousIsUID { return false }
                continue
            }
            guard line.isContent else { return false }
            previousIsUID = line.starts("UID")
            if previousIsUID {
                guard line.starts("UID:"), !hasUID else { return false }
                hasUID = true
            }
            if line.starts("BEGIN:") { return false }
            if line.starts("END:") { return hasUID && line.equals(end) }
            switch line.zone {
            case .none: continue
            case .named(let tzid): guard isDefined(tzid) else { return false }
            case .unclear: return false
            }
        }
        return false
    }
}

/// The lines of a text that ends each with CR LF.
private struct Lines {
    private let text: UnsafeRawBufferPointer
    private var index = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    var isAtEnd: Bool { index == text.count }

    /// Nil at the end, and for a line that ends in any other way.
    mutating func next() -> Line? {
        guard let base = text.baseAddress, index < text.count,
            let found = memchr(base + index, 0x0A, text.count - index)
        else { return nil }
        let end = UnsafeRawPointer(found) - base
        let line = UnsafeRawBufferPointer(rebasing: text[index..<end])
        guard line.last == 0x0D, line.dropLast().allSatisfy({ $0 != 0x0D && $0 != 0 }) else {
            return nil
        }
        index = end + 1
        return Line(bytes: UnsafeRawBufferPointer(rebasing: line.dropLast()))
    }
}

/// One line, without its CR LF.
private struct Line {
    let bytes: UnsafeRawBufferPointer

    var isFolded: Bool { bytes.first == 0x20 || bytes.first == 0x09 }

    /// Whether it begins with a name as RFC 5545 §3.1 has it, in capitals, and has a value.
    var isContent: Bool {
        guard let first = bytes.first, (0x41...0x5A).contains(first) else { return false }
        return bytes.contains(UInt8(ascii: ":"))
    }

    func starts(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count >= count, let base = bytes.baseAddress else { return false }
        return memcmp(base, text.utf8Start, count) == 0
    }

    func equals(_ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount && starts(text)
    }

    func append(to buffer: inout [UInt8]) {
        buffer.append(contentsOf: bytes)
        buffer.append(0x0D)
        buffer.append(0x0A)
    }

    enum ZoneName {
        case none
        case named(String)
        /// Folded, quoted, spelled in another way, or of a property that is no time.
        case unclear
    }

    private static let times: [StaticString] = [
        "DTSTART;", "DTEND;", "DUE;", "RDATE;", "EXDATE;", "RECURRENCE-ID;",
    ]

    /// The TZID of its parameters.
    var zone: ZoneName {
        let isTime = Line.times.contains(where: starts)
        guard let end = bytes.firstIndex(of: UInt8(ascii: ":")) else { return .unclear }
        let head = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard head.contains(UInt8(ascii: ";")) else { return .none }
        guard isTime else { return head.mayName("TZID") ? .unclear : .none }
        for parameter in head.split(separator: UInt8(ascii: ";")).dropFirst() {
            let parameter = UnsafeRawBufferPointer(rebasing: parameter)
            guard parameter.mayName("TZID") else { continue }
            let name = "TZID=".utf8
            guard parameter.starts(with: name) else { return .unclear }
            let value = parameter.dropFirst(name.count)
            guard !value.contains(UInt8(ascii: "\"")), !value.contains(UInt8(ascii: "^")) else {
                return .unclear
            }
            return .named(String(decoding: value, as: UTF8.self))
        }
        return .none
    }
}

extension UnsafeRawBufferPointer {
    /// Whether a word stands in it anywhere, in capitals or not.
    fileprivate func mayName(_ word: String) -> Bool {
        let word = Array(word.utf8)
        guard count >= word.count else { return false }
        return (0...(count - word.count)).contains { start in
            word.indices.allSatisfy { self[start + $0] & 0xDF == word[$0] }
        }
    }
}
