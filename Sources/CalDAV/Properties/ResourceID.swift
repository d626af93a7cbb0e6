import ICalendar

/// DAV:resource-id (RFC 5842 §3.1): the same for as long as the resource lives, whatever its address, and
/// never that of another one.
enum ResourceID {
    static func text(of subject: Subject) throws -> String {
        let instance = try subject.context.installation.instanceName()
        let own: String
        switch (subject.kind, subject.calendar, subject.person) {
        case (.calendar, let calendar?, _): own = "calendar/\(calendar.id)"
        case (.home, _, let person?): own = "home/\(person.user.name)"
        default: own = "principal/\(subject.person?.user.name ?? "")"
        }
        return uuid(of: "\(instance)/\(own)")
    }

    /// A UUID of one's own making (RFC 9562 §5.8).
    private static func uuid(of text: String) -> String {
        var (forward, backward) = (FNV1a(), FNV1a())
        forward.add(text)
        backward.add(text.utf8.reversed())
        var digits = Array((padded(forward.text) + padded(backward.text)).utf8)
        digits[12] = UInt8(ascii: "8")
        digits[16] = UInt8(ascii: "a")
        var uuid = "urn:uuid:"
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { uuid += "-" }
            uuid.unicodeScalars.append(Unicode.Scalar(digit))
        }
        return uuid
    }

    /// 16 digits.
    private static func padded(_ text: String) -> String {
        String(repeating: "0", count: max(0, 16 - text.utf8.count)) + text
    }
}
