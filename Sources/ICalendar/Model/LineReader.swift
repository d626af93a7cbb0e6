/// Finds content lines in bytes, one after another.
///
/// Tolerates what programs write: LF or CR alone, several CR before LF, blank lines, a byte order
/// mark, lines without colon. What is no content line belongs to the next that is one, so that the
/// bytes stay whole.
struct LineReader {
    let bytes: [UInt8]
    private(set) var position = 0
    private let lineBreak: UInt8
    /// Offsets of lines that are none.
    private(set) var unreadable: [Int] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A bare CR ends a line only where nothing else does.
        let hasLF = ASCII.find(ASCII.lf, in: bytes, from: 0) != nil
        lineBreak = hasLF ? ASCII.lf : ASCII.cr
    }

    /// The next content line, or nil at the end.
    mutating func next() -> ContentLine? {
        let start = position
        if position == 0, bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            position = 3
        }
        while position < bytes.count {
            let lineStart = position
            var (end, next) = physicalLine(from: lineStart)
            var isFolded = false
            while next < bytes.count, bytes[next] == ASCII.space || bytes[next] == ASCII.tab {
                (end, next) = physicalLine(from: next)
                isFolded = true
            }
            if end == lineStart {
                position = next
                continue
            }
            guard let parts = parts(from: lineStart, to: end) else {
                if unreadable.count < 100, !isBlank(lineStart, end) { unreadable.append(lineStart) }
                position = next
                continue
            }
            var isQuotedPrintable = false
            if bytes[end - 1] == ASCII.equals, isQuotedPrintableHead(lineStart, parts.valueStart) {
                isQuotedPrintable = true
                while end > lineStart, bytes[end - 1] == ASCII.equals, next < bytes.count {
                    (end, next) = physicalLine(from: next)
                    isFolded = true
                }
            }
            position = next
            return ContentLine(
                start: start, nameStart: lineStart, nameEnd: parts.nameEnd,
                valueStart: parts.valueStart, end: end, next: next, isFolded: isFolded,
                isQuotedPrintable: isQuotedPrintable)
        }
        return nil
    }

    /// End of a line's content, and the start of the following line.
    private func physicalLine(from start: Int) -> (end: Int, next: Int) {
        guard let found = ASCII.find(lineBreak, in: bytes, from: start) else {
            var end = bytes.count
            while end > start, bytes[end - 1] == ASCII.cr { end -= 1 }
            return (end, bytes.count)
        }
        var end = found
        while end > start, bytes[end - 1] == ASCII.cr { end -= 1 }
        return (end, found + 1)
    }

    /// Name and colon; nil where the line has no colon or no name.
    private func parts(from start: Int, to end: Int) -> (nameEnd: Int, valueStart: Int)? {
        var index = start
        while index < end {
            let byte = bytes[index]
            if byte == ASCII.colon {
                return index > start ? (index, index + 1) : nil
            }
            if byte == ASCII.semicolon { break }
            if byte == ASCII.quote { return nil }
            index += 1
        }
        guard index > start, index < end else { return nil }
        let nameEnd = index
        var isQuoted = false
        var firstColon: Int?
        while index < end {
            let byte = bytes[index]
            if byte == ASCII.quote {
                isQuoted.toggle()
            } else if byte == ASCII.colon {
                if !isQuoted { return (nameEnd, index + 1) }
                if firstColon == nil { firstColon = index }
            }
            index += 1
        }
        // A quote that nobody closed.
        return firstColon.map { (nameEnd, $0 + 1) }
    }

    private func isBlank(_ start: Int, _ end: Int) -> Bool {
        bytes[start..<end].allSatisfy { $0 <= ASCII.space }
    }

    private func isQuotedPrintableHead(_ start: Int, _ valueStart: Int) -> Bool {
        let marker = Array("QUOTED-PRINTABLE".utf8)
        guard valueStart - start > marker.count else { return false }
        for from in start..<(valueStart - marker.count) {
            if ASCII.uppercased(bytes[from]) == marker[0],
                ASCII.equalIgnoringCase(bytes, from, from + marker.count, "QUOTED-PRINTABLE")
            {
                return true
            }
        }
        return false
    }
}
