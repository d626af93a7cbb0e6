/// A property parameter (RFC 5545 §3.2), its values without quotes and decoded by RFC 6868.
package struct Parameter: Equatable, Sendable {
    /// Upper case.
    package let name: String
    package let values: [String]

    package init(_ name: String, _ values: String...) {
        self.init(name, values: values)
    }

    package init(_ name: String, values: [String]) {
        self.name = ASCII.uppercasedString(Array(name.utf8))
        self.values = values
    }

    /// Writes `;NAME=value,"value"`.
    func append(to head: inout [UInt8]) {
        head.append(ASCII.semicolon)
        head += ASCII.uppercasedName(name)
        head.append(ASCII.equals)
        for (index, value) in values.enumerated() {
            if index > 0 { head.append(ASCII.comma) }
            Parameter.append(value: value, to: &head)
        }
    }

    /// RFC 6868 §3: a line break is `^n`, a caret `^^`, a quotation mark `^'`.
    private static func append(value: String, to head: inout [UInt8]) {
        let needsQuotes = value.utf8.contains {
            $0 == ASCII.colon || $0 == ASCII.semicolon || $0 == ASCII.comma
        }
        if needsQuotes { head.append(ASCII.quote) }
        var previousWasCR = false
        for byte in value.utf8 {
            switch byte {
            case ASCII.caret: head += [ASCII.caret, ASCII.caret]
            case ASCII.quote: head += [ASCII.caret, ASCII.apostrophe]
            case ASCII.lf where previousWasCR: break
            case ASCII.lf, ASCII.cr: head += [ASCII.caret, UInt8(ascii: "n")]
            case 0..<0x20 where byte != ASCII.tab, 0x7F: break
            default: head.append(byte)
            }
            previousWasCR = byte == ASCII.cr
        }
        if needsQuotes { head.append(ASCII.quote) }
    }

    /// Undoes RFC 6868; a caret before anything else stands for itself.
    static func decode(_ value: ArraySlice<UInt8>) -> String {
        guard value.contains(ASCII.caret) else { return ASCII.decode(value) }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(value.count)
        var index = value.startIndex
        while index < value.endIndex {
            let byte = value[index]
            let following = index + 1 < value.endIndex ? value[index + 1] : 0
            switch (byte, following) {
            case (ASCII.caret, UInt8(ascii: "n")), (ASCII.caret, UInt8(ascii: "N")):
                decoded.append(ASCII.lf)
                index += 2
            case (ASCII.caret, ASCII.caret):
                decoded.append(ASCII.caret)
                index += 2
            case (ASCII.caret, ASCII.apostrophe):
                decoded.append(ASCII.quote)
                index += 2
            default:
                decoded.append(byte)
                index += 1
            }
        }
        return ASCII.decode(decoded[...])
    }
}

extension Property {
    /// All parameters in their order; of a line that has more the first ten thousand.
    package var parameters: [Parameter] {
        parameterSegments.prefix(10_000).map { segment in
            let head = Parameter.name(of: segment)
            return Parameter(
                ASCII.decode(segment[segment.startIndex..<head]),
                values: Parameter.values(of: segment))
        }
    }

    /// First value of the first parameter of that name, given in upper case.
    package func parameter(_ name: String) -> String? {
        guard line.nameEnd + 1 < line.valueStart else { return nil }
        var rest = head
        while let segment = ASCII.next(of: &rest, until: ASCII.semicolon) {
            let end = Parameter.name(of: segment)
            guard ASCII.equalIgnoringCase(segment, segment.startIndex, end, name) else { continue }
            var values = segment[end...].dropFirst()
            return Parameter.value(of: ASCII.next(of: &values, until: ASCII.comma) ?? [])
        }
        return nil
    }

    /// Sets a parameter in its place, or appends it; nil removes it. Others keep their bytes.
    package mutating func setParameter(_ name: String, to value: String?) {
        setParameter(name, toValues: value.map { [$0] } ?? [])
    }

    /// Sets a parameter to several values; none removes it.
    package mutating func setParameter(_ name: String, toValues values: [String]) {
        let name = ASCII.uppercasedString(Array(name.utf8))
        var head = unfolded(Int(line.nameStart), Int(line.nameEnd))
        var isWritten = values.isEmpty
        for segment in parameterSegments.flatMap(Property.closed) {
            let end = Parameter.name(of: segment)
            if ASCII.equalIgnoringCase(segment, segment.startIndex, end, name) {
                if !isWritten { Parameter(name, values: values).append(to: &head) }
                isWritten = true
            } else {
                head.append(ASCII.semicolon)
                head += segment
            }
        }
        if !isWritten { Parameter(name, values: values).append(to: &head) }
        self = Property(head: head, value: rawBytes)
    }

    /// A quote that nobody closed swallows what follows: without it there may be more parameters.
    private static func closed(_ segment: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        guard segment.count(where: { $0 == ASCII.quote }) % 2 == 1 else { return [segment] }
        return ASCII.split(segment.filter { $0 != ASCII.quote }[...], at: ASCII.semicolon)
            .filter { !$0.isEmpty }
    }

    /// The parameters as they stand in the line, between semicolons outside quotes.
    var parameterSegments: [ArraySlice<UInt8>] {
        ASCII.split(head, at: ASCII.semicolon).filter { !$0.isEmpty }
    }

    /// All parameters, without the first semicolon.
    private var head: ArraySlice<UInt8> {
        slice(Int(line.nameEnd), Int(line.valueStart) - 1).dropFirst()
    }
}

extension Parameter {
    /// End of the name in `NAME=value,"value"`.
    static func name(of segment: ArraySlice<UInt8>) -> Int {
        segment.firstIndex(of: ASCII.equals) ?? segment.endIndex
    }

    static func values(of segment: ArraySlice<UInt8>) -> [String] {
        guard let equals = segment.firstIndex(of: ASCII.equals) else { return [] }
        return ASCII.split(segment[(equals + 1)...], at: ASCII.comma).map(value)
    }

    /// A value without its quotes.
    static func value(of written: ArraySlice<UInt8>) -> String {
        var value = written
        if value.count >= 2, value.first == ASCII.quote, value.last == ASCII.quote {
            value = value.dropFirst().dropLast()
        }
        return Parameter.decode(value)
    }
}
