package import ICalendar

/// Reads JSON (RFC 8259) from its start to its end, value after value, and builds no tree: who
/// calls says what has to come next. Nothing is recursive here, so that no depth can hurt.
package struct JSONReader {
    package enum Kind {
        case object, array, string, number, boolean, null
    }

    private let bytes: [UInt8]
    private var index = 0

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        // A byte order mark may be ignored (RFC 8259 §8.1).
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    package func error(_ reason: String) -> ICalendarError {
        let line = 1 + bytes.prefix(index).count { $0 == UInt8(ascii: "\n") }
        return ICalendarError(.syntax, line: line, reason: reason)
    }

    /// What comes next; blanks are left behind.
    package mutating func kind() throws(ICalendarError) -> Kind {
        skipBlanks()
        guard index < bytes.count else { throw error("the JSON text ends too early") }
        switch bytes[index] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), 0x30...0x39: return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw error("no JSON value begins here")
        }
    }

    /// Nothing but blanks may be left.
    package mutating func end() throws(ICalendarError) {
        skipBlanks()
        guard index == bytes.count else { throw error("something follows the JSON text") }
    }

    // MARK: Arrays and objects

    /// Calls `body` before each element, which has to read it.
    package mutating func array(
        _ body: (inout JSONReader) throws(ICalendarError) -> Void
    ) throws(ICalendarError) {
        try begin("[", "an array")
        if skip("]") { return }
        repeat { try body(&self) } while skip(",")
        try begin("]", "a comma or the end of the array")
    }

    /// Calls `body` with each name, before its value, which has to be read there.
    package mutating func object(
        _ body: (inout JSONReader, String) throws(ICalendarError) -> Void
    ) throws(ICalendarError) {
        try begin("{", "an object")
        if skip("}") { return }
        repeat {
            guard try kind() == .string else { throw error("a name should stand here") }
            let name = try string()
            try begin(":", "a colon")
            try body(&self, name)
        } while skip(",")
        try begin("}", "a comma or the end of the object")
    }

    private mutating func begin(
        _ mark: Unicode.Scalar, _ expected: String
    ) throws(ICalendarError) {
        guard skip(mark) else { throw error("\(expected) should stand here") }
    }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard index < bytes.count, bytes[index] == UInt8(ascii: mark) else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while index < bytes.count, isBlank(bytes[index]) { index += 1 }
    }

    private func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }

    // MARK: Single values

    /// A string's text, a number as it is written, `true` or `false`, and nothing for null.
    package mutating func text() throws(ICalendarError) -> String {
        switch try kind() {
        case .string: return try string()
        case .number: return try number()
        case .boolean: return try boolean() ? "true" : "false"
        case .null:
            try word("null")
            return ""
        case .array, .object: throw error("a single value should stand here")
        }
    }

    package mutating func boolean() throws(ICalendarError) -> Bool {
        let isTrue = try kind() == .boolean && bytes[index] == UInt8(ascii: "t")
        try word(isTrue ? "true" : "false")
        return isTrue
    }

    private mutating func word(_ word: String) throws(ICalendarError) {
        guard bytes[index...].starts(with: word.utf8) else { throw error("no JSON value") }
        index += word.utf8.count
    }

    /// RFC 8259 §6.
    package mutating func number() throws(ICalendarError) -> String {
        _ = try kind()
        let start = index
        if peek(UInt8(ascii: "-")) { index += 1 }
        let first = index
        var count = digits()
        if count > 1, bytes[first] == UInt8(ascii: "0") { count = 0 }
        if count > 0, peek(UInt8(ascii: ".")) {
            index += 1
            count = digits()
        }
        if count > 0, peek(UInt8(ascii: "e")) || peek(UInt8(ascii: "E")) {
            index += 1
            if peek(UInt8(ascii: "+")) || peek(UInt8(ascii: "-")) { index += 1 }
            count = digits()
        }
        guard count > 0 else { throw error("no JSON number") }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private func peek(_ byte: UInt8) -> Bool {
        index < bytes.count && bytes[index] == byte
    }

    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
        return index - start
    }

    /// RFC 8259 §7. Half of a surrogate pair becomes U+FFFD.
    private mutating func string() throws(ICalendarError) -> String {
        index += 1
        let start = index
        while index < bytes.count, bytes[index] != UInt8(ascii: "\""),
            bytes[index] != UInt8(ascii: "\\"), bytes[index] >= 0x20
        {
            index += 1
        }
        var text = bytes[start..<index]
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 1
                try escape(to: &text)
            } else {
                guard bytes[index] >= 0x20 else { throw error("a control character") }
                text.append(bytes[index])
                index += 1
            }
        }
        guard index < bytes.count else { throw error("a string does not end") }
        index += 1
        guard let string = String(validating: text, as: UTF8.self) else {
            throw error("a string is not UTF-8")
        }
        return string
    }

    private mutating func escape(to text: inout ArraySlice<UInt8>) throws(ICalendarError) {
        guard index < bytes.count else { throw error("a string does not end") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += Array(String(try scalar()).utf8)
        default: throw error("no escape of JSON")
        }
    }

    private mutating func scalar() throws(ICalendarError) -> Unicode.Scalar {
        let high = try hexadecimal()
        guard high & 0xFC00 == 0xD800 else { return Unicode.Scalar(high) ?? "\u{FFFD}" }
        let after = index
        guard peek(UInt8(ascii: "\\")), index + 1 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "u")
        else { return "\u{FFFD}" }
        index += 2
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00 else {
            index = after
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (high & 0x3FF) << 10 + low & 0x3FF) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(ICalendarError) -> UInt32 {
        guard bytes.count - index >= 4,
            bytes[index..<(index + 4)].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(
                String(decoding: bytes[index..<(index + 4)], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits should stand here") }
        index += 4
        return value
    }
}
