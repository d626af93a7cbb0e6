extension Component {
    /// The bytes of the component, for an object VCALENDAR or a part of one.
    ///
    /// What was read and not changed is written as it was. New lines are folded at 75 octets
    /// (RFC 5545 §3.1), never inside a UTF-8 sequence, and end as the lines of the object do.
    package func serialized() -> [UInt8] {
        var writer = ContentWriter(newline: newline, rewritesForeign: opening == nil)
        if let opening { writer.output.reserveCapacity(Int(opening.bytes.count) + 256) }
        append(to: &writer)
        return writer.output
    }

    /// The line ending: that of the BEGIN line as read, else CRLF.
    private var newline: Newline {
        guard let opening, opening.end > opening.start else { return .crlf }
        let last = Int(opening.end) - 1
        switch opening.bytes[last] {
        case ASCII.cr: return .cr
        case ASCII.lf:
            return last > opening.start && opening.bytes[last - 1] == ASCII.cr ? .crlf : .lf
        default: return .crlf
        }
    }

    func append(to writer: inout ContentWriter) {
        if let opening, !writer.rewrites(opening) {
            writer.append(opening)
        } else {
            writer.append(content: Array("BEGIN:\(name)".utf8))
        }
        var written = 0
        for component in components {
            let before = min(max(written, Int(component.position)), properties.count)
            while written < before {
                writer.append(properties[written])
                written += 1
            }
            component.append(to: &writer)
        }
        while written < properties.count {
            writer.append(properties[written])
            written += 1
        }
        if let closing, !writer.rewrites(closing) {
            writer.append(closing)
        } else {
            writer.append(content: Array("END:\(name)".utf8))
        }
    }
}

extension Property {
    /// The line as it is sent, folded, with CRLF.
    package var serialized: [UInt8] {
        var writer = ContentWriter(newline: .crlf, rewritesForeign: true)
        writer.append(self)
        return writer.output
    }
}

enum Newline {
    case crlf, lf, cr

    var bytes: [UInt8] {
        switch self {
        case .crlf: [ASCII.cr, ASCII.lf]
        case .lf: [ASCII.lf]
        case .cr: [ASCII.cr]
        }
    }
}

/// Collects the bytes of an object.
struct ContentWriter {
    let newline: Newline
    /// The object was made here: lines from elsewhere take its line ending and lose what stands
    /// before them.
    let rewritesForeign: Bool
    var output: [UInt8] = []

    init(newline: Newline, rewritesForeign: Bool) {
        self.newline = newline
        self.rewritesForeign = rewritesForeign
    }

    func rewrites(_ raw: RawLines) -> Bool {
        rewritesForeign
    }

    mutating func append(_ raw: RawLines) {
        endLine()
        output += raw.bytes[Int(raw.start)..<Int(raw.end)]
    }

    mutating func append(_ property: Property) {
        let line = property.line
        if line.isNew {
            append(content: property.bytes)
        } else if rewritesForeign, !isPlain(property) {
            append(content: property.headBytes + [ASCII.colon] + property.rawBytes)
        } else {
            endLine()
            output += property.bytes[Int(line.start)..<Int(line.next)]
        }
    }

    /// Whether the line as read may stand in an object made here: CRLF and nothing before it.
    private func isPlain(_ property: Property) -> Bool {
        let line = property.line
        let bytes = property.bytes
        let next = Int(line.next)
        return line.start == line.nameStart && !line.isFolded && line.end == line.next - 2
            && bytes[next - 1] == ASCII.lf && bytes[next - 2] == ASCII.cr
    }

    /// The last line of a file may lack its ending; what follows must not join it.
    private mutating func endLine() {
        if let last = output.last, last != ASCII.lf, last != ASCII.cr { output += newline.bytes }
    }

    /// Writes an unfolded content line.
    mutating func append(content: [UInt8]) {
        endLine()
        var start = 0
        var room = 75
        while content.count - start > room {
            let end = ContentWriter.fold(content, from: start, room: room)
            output += content[start..<end]
            output += newline.bytes
            output.append(ASCII.space)
            start = end
            room = 74
        }
        output += content[start...]
        output += newline.bytes
    }

    /// Where a line that is too long is folded.
    ///
    /// A UTF-8 sequence stays whole (what is no UTF-8 is cut anywhere), and no line ends in a blank:
    /// mail and readers that trim lines would lose it.
    private static func fold(_ content: [UInt8], from start: Int, room: Int) -> Int {
        let limit = start + room
        var end = limit
        var back = 0
        while back < 4, content[end - back] & 0xC0 == 0x80 { back += 1 }
        if back < 4 { end -= back }
        let whole = end
        while end > start + 1, content[end - 1] == ASCII.space || content[end - 1] == ASCII.tab {
            end -= 1
        }
        // Nothing but blanks: they have to be cut somewhere.
        return end > start + 1 || whole == end ? end : whole
    }
}
