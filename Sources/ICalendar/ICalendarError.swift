/// Why bytes are not an iCalendar object that can be kept, and where.
package struct ICalendarError: Error, Equatable, Sendable {
    /// What a CalDAV server has to say about it (RFC 4791 §5.3.2.1).
    package enum Kind: Sendable {
        /// Not iCalendar at all: `valid-calendar-data`.
        case syntax
        /// Components of more than one kind, VTIMEZONE aside (RFC 4791 §4.1).
        case severalKinds
        /// Components with different UIDs (RFC 4791 §4.1).
        case severalUIDs
        /// A component without UID (RFC 4791 §4.1).
        case missingUID
        /// METHOD makes it a scheduling message (RFC 4791 §4.1).
        case hasMethod
        /// Nothing but VTIMEZONE inside.
        case noComponent
        /// Beyond `ParseLimits`: `max-resource-size`.
        case tooLarge
    }

    package let kind: Kind
    /// Physical line, counted from 1; 0 where no line is to blame.
    package let line: Int
    /// Name of the property or component concerned, upper case.
    package let property: String?
    /// A sentence for a log or an answer.
    package let reason: String

    package init(_ kind: Kind, line: Int = 0, property: String? = nil, reason: String) {
        self.kind = kind
        self.line = line
        self.property = property
        self.reason = reason
    }
}

extension ICalendarError: CustomStringConvertible {
    package var description: String {
        var text = line > 0 ? "line \(line): " : ""
        if let property { text += "\(property): " }
        return text + reason
    }
}
