/// Something in an object that is not as the RFC wants it.
package struct Finding: Hashable, Sendable {
    package enum Severity: Hashable, Sendable {
        /// No calendar object resource (RFC 4791 §4.1), or no iCalendar at all.
        case fatal
        /// Kept as it is.
        case tolerated
    }

    package let severity: Severity
    /// Physical line, counted from 1; 0 where no line is to blame.
    package let line: Int
    /// Name of the property or component, upper case.
    package let property: String?
    /// As `RFC 5545 §3.6.1`.
    package let section: String
    package let reason: String

    /// All findings in bytes that may be anything.
    package static func all(
        in bytes: [UInt8], limits: ParseLimits = .standard
    ) -> [Finding] {
        do {
            let calendar = try Component.parse(bytes, limits: limits)
            return fatal(in: calendar) + tolerated(in: calendar)
        } catch {
            return [Finding(error)]
        }
    }

    init(_ error: ICalendarError) {
        severity = .fatal
        line = error.line
        property = error.property
        section = error.kind == .syntax ? "RFC 5545 §3.4" : "RFC 4791 §4.1"
        reason = error.reason
    }

    init(tolerated reason: String, line: Int, property: String?, section: String) {
        severity = .tolerated
        self.line = line
        self.property = property
        self.section = "RFC 5545 §\(section)"
        self.reason = reason
    }

    /// What keeps a calendar from being one object.
    private static func fatal(in calendar: Component) -> [Finding] {
        do {
            _ = try CalendarObject(calendar)
            return []
        } catch {
            return [Finding(error)]
        }
    }

    /// At most some hundred: a broken file repeats itself.
    static func tolerated(in calendar: Component) -> [Finding] {
        var validator = Validator(calendar)
        validator.visit(calendar)
        return validator.findings
    }
}

extension CalendarObject {
    /// What is tolerated in the object; what is not, `init` threw.
    package var findings: [Finding] {
        Finding.tolerated(in: calendar)
    }
}
