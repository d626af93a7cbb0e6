/// A value by its type, in the form that jCal (RFC 7265) and xCal (RFC 6321) share.
package enum TypedValue: Hashable, Sendable {
    /// Text unescaped; dates, times and offsets in their extended form (`2024-01-31T09:30:00Z`).
    case text(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// The fields of GEO and REQUEST-STATUS.
    case fields([TypedValue])
    /// Start, and end or duration.
    case period(start: String, end: String, isDuration: Bool)
    /// Parts of a rule in their order, names in lower case.
    case recurrence([RecurrencePart])

    package struct RecurrencePart: Hashable, Sendable {
        package let name: String
        package let values: [TypedValue]

        package init(name: String, values: [TypedValue]) {
            self.name = name
            self.values = values
        }
    }

    /// A period by its parts; a duration begins with P, whatever its sign.
    package init(periodFrom start: String, to end: String) {
        let isDuration = end.utf8.prefix(2).contains { ASCII.uppercased($0) == UInt8(ascii: "P") }
        self = .period(start: start, end: end, isDuration: isDuration)
    }
}
