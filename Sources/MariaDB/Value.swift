/// A parameter of a statement.
package enum Value: Sendable, Equatable {
    case null
    case int(Int64)
    case uint(UInt64)
    case double(Double)
    /// Sent as utf8mb4.
    case text(String)
    /// Sent as binary: no character set, compared byte by byte.
    case bytes([UInt8])
}

extension Value {
    /// `.null` for nil.
    package init(_ text: String?) { self = text.map(Value.text) ?? .null }
    /// `.null` for nil.
    package init(_ number: Int64?) { self = number.map(Value.int) ?? .null }
    /// `.null` for nil.
    package init(_ bytes: [UInt8]?) { self = bytes.map(Value.bytes) ?? .null }

    package init(_ number: Int) { self = .int(Int64(number)) }
    /// 1 or 0.
    package static func bool(_ truth: Bool) -> Value { .int(truth ? 1 : 0) }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(stringLiteral value: String) { self = .text(value) }
    package init(nilLiteral: ()) { self = .null }
}
