import ICalendar
import WebDAV

/// A calendar object that a client wants to store, checked (RFC 4791 §5.3.2.1).
///
/// Only what no server could keep is refused: an error for one event stops a whole calendar of some
/// clients, so odd properties and values pass and are kept.
struct IncomingObject {
    let object: CalendarObject
    /// What is stored.
    let text: [UInt8]
    /// Whether that is byte for byte what was sent.
    private let isVerbatim: Bool

    /// Reads the body of a PUT or POST.
    /// - Parameter isNew: whether it replaces nothing.
    init(
        of context: Context, for calendar: CalendarRecord, isNew: Bool
    ) throws(RequestError) {
        let fields = context.request.fields
        try IncomingObject.checkCoding(fields)
        let mediaType = try ObjectMediaType.read(fields["content-type"])
        let body = try context.request.readAll(limit: context.settings.maxResourceSize) { limit in
            RequestError(.maxResourceSize, "An object may have \(limit) bytes at most.")
        }
        let text = try mediaType.text(of: body)
        guard text.count <= context.settings.maxResourceSize else {
            throw RequestError(.maxResourceSize, "The object is too large as iCalendar.")
        }
        try self.init(
            text, isVerbatim: mediaType.isVerbatim, for: calendar, context.settings)
        let habits = ClientHabits(userAgent: fields["user-agent"] ?? "")
        if !habits.contains(.bareBackslashes) { try checkEscapes() }
        // Of a series that is there already programs leave overrides behind when its rule changes.
        if isNew, !habits.contains(.strayOverrides) { try checkOverrides(in: calendar) }
    }

    /// The strong ETag of PUT's answer, where the stored bytes are those that were sent
    /// (RFC 4791 §5.3.4): then always, since Nextcloud's federation takes no answer without.
    func etagField(_ etag: String) -> [(name: String, value: String)] {
        isVerbatim ? [("ETag", "\"\(etag)\"")] : []
    }

    /// A part of an object, or a compressed one, would be stored as if it were the whole
    /// (RFC 9110 §8.4 and §14.5).
    private static func checkCoding(_ fields: HeaderFields) throws(RequestError) {
        if let coding = fields["content-encoding"]?.lowercased(), coding != "identity",
            !coding.isEmpty
        {
            throw RequestError(
                .unsupportedMediaType, "Send the object without content coding.",
                fields: [("Accept-Encoding", "identity")])
        }
        guard fields["content-range"] == nil else {
            throw RequestError(.badRequest, "Send the object as a whole.")
        }
    }

    private init(
        _ text: [UInt8], isVerbatim: Bool, for calendar: CalendarRecord,
        _ settings: ServerSettings
    ) throws(RequestError) {
        guard !text.contains(where: IncomingObject.isForbidden) else {
            throw RequestError(.validCalendarData, "The text has control characters.")
        }
        do {
            var limits = ParseLimits.standard
            limits.bytes = max(text.count, 1)
            object = try CalendarObject(parsing: text, limits: limits)
        } catch {
            throw IncomingObject.refusal(error)
        }
        self.text = text
        self.isVerbatim = isVerbatim
        try checkVersion()
        let component = object.kind.name
        guard calendar.components.contains(component) else {
            throw RequestError(
                .supportedCalendarComponent, "The calendar takes no \(component).")
        }
        for component in object.calendar.components {
            try IncomingObject.check(component, settings)
            if component.name != "VTIMEZONE" { try checkTimes(component) }
        }
    }

    private func checkEscapes() throws(RequestError) {
        guard let property = object.calendar.brokenEscape else { return }
        throw RequestError(
            .validCalendarData,
            "line \(property.lineNumber): \(property.name): a backslash that escapes nothing")
    }

    private func checkOverrides(in calendar: CalendarRecord) throws(RequestError) {
        let floating = Zone.named(calendar.timeZone) ?? .utc
        guard let property = object.strayOverride(floating: floating) else { return }
        throw RequestError(
            .validCalendarData,
            "line \(property.lineNumber): RECURRENCE-ID: there is no such instance")
    }

    /// An event without a start has no place in a calendar, and neither it nor a date that is none can
    /// be told to the CRM (RFC 5545 §3.6.1).
    private func checkTimes(_ component: Component) throws(RequestError) {
        if component.name == "VEVENT", !component.has("DTSTART") {
            throw RequestError(.validCalendarData, "A VEVENT needs a DTSTART.")
        }
        for name in ["DTSTART", "DTEND", "DUE", "RECURRENCE-ID"] {
            guard let property = component.first(name) else { continue }
            guard let value = property.dateTime else {
                throw RequestError(
                    .validCalendarData, "\(name) is no date or time: \(property.rawValue)")
            }
            try DateLimits.check(value, of: name, in: object.calendar)
        }
        guard component.all("RECURRENCE-ID").count <= 1 else {
            throw RequestError(.validCalendarData, "\(component.name) has two RECURRENCE-IDs.")
        }
    }

    /// Control characters but tabs and line ends (RFC 5545 §3.1); XML could not carry them.
    private static func isForbidden(_ byte: UInt8) -> Bool {
        byte < 32 && byte != 9 && byte != 10 && byte != 13 || byte == 127
    }

    private func checkVersion() throws(RequestError) {
        if let version = object.calendar.first("VERSION")?.text, version != "2.0" {
            throw RequestError(.supportedCalendarData, "The version has to be 2.0.")
        }
    }

    private static func check(
        _ component: Component, _ settings: ServerSettings
    ) throws(RequestError) {
        let attendees = component.properties.count { $0.isNamed("ATTENDEE") }
        guard attendees <= settings.maxAttendeesPerInstance else {
            throw RequestError(
                .maxAttendeesPerInstance,
                "There may be \(settings.maxAttendeesPerInstance) attendees at most.")
        }
        let dates = component.all("RDATE").map { $0.rawBytes.count { $0 == UInt8(ascii: ",") } + 1 }
        guard dates.reduce(0, +) < settings.maxInstances else {
            throw RequestError(
                .maxInstances, "There may be \(settings.maxInstances) instances at most.")
        }
        for rule in component.all("RRULE") {
            guard let count = count(of: rule), count > settings.maxInstances else { continue }
            throw RequestError(
                .maxInstances, "There may be \(settings.maxInstances) instances at most.")
        }
    }

    private static func count(of rule: Property) -> Int? {
        for part in rule.rawValue.uppercased().split(separator: ";") {
            guard part.hasPrefix("COUNT=") else { continue }
            let digits = part.dropFirst(6)
            // Too long for an Int is too many.
            return Int(digits) ?? (digits.allSatisfy(\.isNumber) ? .max : nil)
        }
        return nil
    }

    /// Which precondition a fault of the text is (RFC 4791 §4.1 and §5.3.2.1).
    private static func refusal(_ error: ICalendarError) -> RequestError {
        switch error.kind {
        // Too many components or too deep: the bytes are counted before.
        case .syntax, .tooLarge: RequestError(.validCalendarData, "\(error)")
        case .severalKinds, .severalUIDs, .missingUID, .hasMethod, .noComponent:
            RequestError(.validCalendarObjectResource, "\(error)")
        }
    }
}
