import CalDAV
import ICalendar

/// A small JSON text (RFC 8259) as a tree: what servers answer about sign-in.
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
}
