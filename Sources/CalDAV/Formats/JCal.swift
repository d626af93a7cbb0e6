import ICalendar

/// jCal: iCalendar as JSON (RFC 7265). Here is how it is written, `JCal+Reading` reads it.
///
/// A component is `[name, [property…], [component…]]`, a property
/// `[name, {parameters}, type, value…]`; names are in lower case.
enum JCal {
    static func write(_ calendar: Component) -> [UInt8] {
        var bytes: [UInt8] = []
        append(calendar, isFirst: true, to: &bytes)
        return bytes
    }

    static func append(_ component: Component, isFirst: Bool, to buffer: inout [UInt8]) {
        if !isFirst { buffer += ",\n".utf8 }
        begin(component.name, component.properties, to: &buffer)
        for (index, inner) in component.components.enumerated() {
            append(inner, isFirst: index == 0, to: &buffer)
        }
        end(to: &buffer)
    }

    /// Up to the first component inside.
    static func begin(_ name: String, _ properties: [Property], to buffer: inout [UInt8]) {
        buffer += "[".utf8
        JSONText.append(name.lowercased(), to: &buffer)
        buffer += ",[".utf8
        for (index, property) in properties.enumerated() {
            if index > 0 { buffer += ",".utf8 }
            append(property.typed, to: &buffer)
        }
        buffer += "],[".utf8
    }

    static func end(to buffer: inout [UInt8]) {
        buffer += "]]".utf8
    }

    /// RFC 7265 §3.4.
    private static func append(_ property: TypedProperty, to buffer: inout [UInt8]) {
        buffer += "[".utf8
        JSONText.append(property.name.lowercased(), to: &buffer)
        buffer += ",{".utf8
        for (index, parameter) in property.parameters.enumerated() {
            if index > 0 { buffer += ",".utf8 }
            JSONText.append(parameter.name.lowercased(), to: &buffer)
            buffer += ":".utf8
            appendOneOrMore(parameter.values, to: &buffer, JSONText.append)
        }
        buffer += "},".utf8
        JSONText.append(property.typeName, to: &buffer)
        for value in property.values {
            buffer += ",".utf8
            append(value, to: &buffer)
        }
        buffer += "]".utf8
    }

    /// RFC 7265 §3.6.
    private static func append(_ value: TypedValue, to buffer: inout [UInt8]) {
        switch value {
        case .text(let text): JSONText.append(text, to: &buffer)
        case .integer(let number): buffer += "\(number)".utf8
        case .float(let number): buffer += TypedValue.decimal(number).utf8
        case .boolean(let isTrue): buffer += (isTrue ? "true" : "false").utf8
        case .fields(let fields): appendOneOrMore(fields, to: &buffer, append)
        case .period(let start, let end, _):
            appendOneOrMore([start, end], to: &buffer, JSONText.append)
        case .recurrence(let parts):
            buffer += "{".utf8
            for (index, part) in parts.enumerated() {
                if index > 0 { buffer += ",".utf8 }
                JSONText.append(part.name, to: &buffer)
                buffer += ":".utf8
                appendOneOrMore(part.values, to: &buffer, append)
            }
            buffer += "}".utf8
        }
    }

    /// One by itself, several as an array, none as an empty text.
    private static func appendOneOrMore<Item>(
        _ items: [Item], to buffer: inout [UInt8], _ append: (Item, inout [UInt8]) -> Void
    ) {
        guard items.count != 1 else { return append(items[0], &buffer) }
        guard !items.isEmpty else { return JSONText.append("", to: &buffer) }
        buffer += "[".utf8
        for (index, item) in items.enumerated() {
            if index > 0 { buffer += ",".utf8 }
            append(item, &buffer)
        }
        buffer += "]".utf8
    }
}

enum JSONText {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Appends a string with its quotes (RFC 8259 §7).
    static func append(_ text: String, to buffer: inout [UInt8]) {
        buffer.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): buffer += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): buffer += "\\n".utf8
            case UInt8(ascii: "\r"): buffer += "\\r".utf8
            case UInt8(ascii: "\t"): buffer += "\\t".utf8
            case 0..<0x20, 0x7F:
                buffer += "\\u00".utf8
                buffer += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: buffer.append(byte)
            }
        }
        buffer.append(UInt8(ascii: "\""))
    }
}
