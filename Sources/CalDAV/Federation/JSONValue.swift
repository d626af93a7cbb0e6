import ICalendar

/// A small JSON text (RFC 8259) as a tree: what servers tell each other.
package indirect enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// As written.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Of several members of one name, the last.
    case object([String: JSONValue])

    /// Nil for anything that is no JSON, or nested deeper than 32.
    package init?(parsing bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        do throws(ICalendarError) {
            let value = try JSONValue.read(&reader, depth: 0)
            try reader.end()
            self = value
        } catch {
            return nil
        }
    }

    private static func read(
        _ reader: inout JSONReader, depth: Int
    ) throws(ICalendarError) -> JSONValue {
        guard depth < 32 else { throw reader.error("nested too deep") }
        switch try reader.kind() {
        case .object:
            var members: [String: JSONValue] = [:]
            try reader.object { (reader, name) throws(ICalendarError) in
                members[name] = try read(&reader, depth: depth + 1)
            }
            return .object(members)
        case .array:
            var values: [JSONValue] = []
            try reader.array { reader throws(ICalendarError) in
                values.append(try read(&reader, depth: depth + 1))
            }
            return .array(values)
        case .string: return .string(try reader.text())
        case .number: return .number(try reader.number())
        case .boolean: return .bool(try reader.boolean())
        case .null:
            _ = try reader.text()
            return .null
        }
    }

    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    package var boolean: Bool? {
        guard case .bool(let truth) = self else { return nil }
        return truth
    }

    /// The elements of an array; none of anything else.
    package var elements: [JSONValue] {
        guard case .array(let values) = self else { return [] }
        return values
    }

    /// As it is sent; the members of an object by their names.
    package var text: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    private func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let truth): bytes += (truth ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): JSONText.append(text, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, name) in members.keys.sorted().enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                (members[name] ?? .null).append(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }
    package init(integerLiteral number: Int) { self = .number(String(number)) }
    package init(booleanLiteral truth: Bool) { self = .bool(truth) }
    package init(arrayLiteral values: JSONValue...) { self = .array(values) }
    /// Of several members of one name, the last.
    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(members, uniquingKeysWith: { $1 }))
    }
}
