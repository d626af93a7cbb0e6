/// A content line: name, parameters and value (RFC 5545 §3.1).
///
/// Holds the bytes it was read from, with blank or unreadable lines before it, and writes them
/// again unchanged. It shares the buffer of the whole object; nothing is decoded before it is asked
/// for.
package struct Property: Sendable {
    /// The buffer that the line stands in: the object as read, or the line alone, unfolded and
    /// without line ending, when it was made here (`isNew`).
    let bytes: [UInt8]
    let line: ContentLine

    init(bytes: [UInt8], line: ContentLine) {
        self.bytes = bytes
        self.line = line
    }

    /// Makes a property of a TEXT value (RFC 5545 §3.3.11), which is escaped here.
    package init(_ name: String, text: String, parameters: [Parameter] = []) {
        self.init(name, raw: TextValue.escape(text), parameters: parameters)
    }

    /// Makes a property of several TEXT values, each escaped, separated by commas.
    package init(_ name: String, texts: [String], parameters: [Parameter] = []) {
        self.init(
            name, raw: texts.map(TextValue.escape).joined(separator: ","), parameters: parameters)
    }

    /// Makes a property of a value that already is as iCalendar writes it.
    ///
    /// Line breaks and other controls in `raw` become spaces: they would start a line of their own.
    package init(_ name: String, raw: String, parameters: [Parameter] = []) {
        var head = ASCII.uppercasedName(name)
        for parameter in parameters { parameter.append(to: &head) }
        self.init(head: head, value: Array(raw.utf8))
    }

    /// - Parameter head: name and parameters, unfolded, without the colon.
    init(head: [UInt8], value: [UInt8]) {
        var bytes = head
        bytes.reserveCapacity(head.count + value.count + 1)
        bytes.append(ASCII.colon)
        for byte in value {
            bytes.append(byte < 0x20 && byte != ASCII.tab || byte == 0x7F ? ASCII.space : byte)
        }
        let nameEnd = head.firstIndex(of: ASCII.semicolon) ?? head.count
        self.init(
            bytes: bytes,
            line: ContentLine(
                start: 0, nameStart: 0, nameEnd: nameEnd, valueStart: head.count + 1,
                end: bytes.count, next: bytes.count, isNew: true))
    }

    /// Upper case.
    package var name: String {
        ASCII.uppercasedString(nameBytes)
    }

    /// Whether this is `name`, given in upper case; quicker than comparing names.
    package func isNamed(_ name: String) -> Bool {
        guard line.isFolded else {
            return ASCII.equalIgnoringCase(
                bytes, Int(line.nameStart), Int(line.nameEnd), name)
        }
        return self.name == name
    }

    /// The value, unfolded, as it stands in the line; nothing is unescaped.
    ///
    /// Bytes that are no UTF-8 read as Windows-1252, which is what they mostly are.
    package var rawValue: String {
        ASCII.decode(rawBytes[...])
    }

    /// The value's bytes, unfolded.
    package var rawBytes: [UInt8] {
        unfolded(Int(line.valueStart), Int(line.end))
    }

    /// The same without a copy, where the line is not folded.
    var rawSlice: ArraySlice<UInt8> {
        slice(Int(line.valueStart), Int(line.end))
    }

    /// Line in the object, counted from 1, that the property starts on; 0 when it was made here.
    package var lineNumber: Int {
        line.isNew ? 0 : ASCII.lineNumber(of: Int(line.nameStart), in: bytes)
    }

    /// The same property with another TEXT value; parameters stay as they are, but for an ENCODING
    /// of vCalendar, which the new value does not have.
    package func with(text: String) -> Property {
        var property = with(raw: TextValue.escape(text))
        if isQuotedPrintable { property.setParameter("ENCODING", to: nil) }
        return property
    }

    /// The same property with another value, as iCalendar writes it; parameters stay.
    package func with(raw: String) -> Property {
        Property(head: headBytes, value: Array(raw.utf8))
    }

    /// Name and parameters, unfolded.
    var headBytes: [UInt8] {
        unfolded(Int(line.nameStart), Int(line.valueStart) - 1)
    }

    private var nameBytes: [UInt8] {
        unfolded(Int(line.nameStart), Int(line.nameEnd))
    }

    /// A range without the line breaks of folding, in place where there are none.
    func slice(_ from: Int, _ to: Int) -> ArraySlice<UInt8> {
        guard !line.isFolded, from < to, from >= 0, to <= bytes.count else {
            return unfolded(from, to)[...]
        }
        return bytes[from..<to]
    }

    /// Copies a range without the line breaks of folding.
    func unfolded(_ from: Int, _ to: Int) -> [UInt8] {
        guard from < to, from >= 0, to <= bytes.count else { return [] }
        guard line.isFolded else { return Array(bytes[from..<to]) }
        return ASCII.unfold(bytes, from, to, quotedPrintable: line.isQuotedPrintable)
    }
}

extension Property: Equatable {
    /// Equal content, however it is folded.
    package static func == (a: Property, b: Property) -> Bool {
        a.isSame(as: b) || a.headBytes == b.headBytes && a.rawBytes == b.rawBytes
    }

    /// Whether both are one line of one buffer: a quick answer for what nobody changed.
    private func isSame(as other: Property) -> Bool {
        line.nameStart == other.line.nameStart && line.end == other.line.end
            && line.valueStart == other.line.valueStart
            && bytes.withUnsafeBufferPointer { own in
                other.bytes.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
            }
    }
}

/// Where the parts of a content line stand in their buffer.
struct ContentLine: Sendable {
    /// Start of what belongs to this line: blank and unreadable lines before it included.
    let start: Int32
    let nameStart: Int32
    let nameEnd: Int32
    /// First byte after the colon.
    let valueStart: Int32
    /// End of the value, before the line ending.
    let end: Int32
    /// First byte after the line ending.
    let next: Int32
    /// Made here: the buffer holds this line alone, unfolded.
    let isNew: Bool
    /// Contains line breaks that are no part of name, parameters or value.
    let isFolded: Bool
    /// Continues over soft line breaks of quoted-printable, a leftover of vCalendar 1.0.
    let isQuotedPrintable: Bool

    init(
        start: Int, nameStart: Int, nameEnd: Int, valueStart: Int, end: Int, next: Int,
        isNew: Bool = false, isFolded: Bool = false, isQuotedPrintable: Bool = false
    ) {
        self.start = Int32(clamping: start)
        self.nameStart = Int32(clamping: nameStart)
        self.nameEnd = Int32(clamping: nameEnd)
        self.valueStart = Int32(clamping: valueStart)
        self.end = Int32(clamping: end)
        self.next = Int32(clamping: next)
        self.isNew = isNew
        self.isFolded = isFolded
        self.isQuotedPrintable = isQuotedPrintable
    }
}
