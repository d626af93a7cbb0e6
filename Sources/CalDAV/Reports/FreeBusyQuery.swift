import ICalendar
import WebDAV
import XML

/// REPORT free-busy-query (RFC 4791 §7.10), on a calendar or on all of a home.
enum FreeBusyQuery {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let ranges = root.all(.caldav("time-range"))
        guard ranges.count == 1 else {
            throw RequestError(.badRequest, "The report has one CALDAV:time-range.")
        }
        let range = try TimeRangeElement.range(ranges[0])
        let zone = try TimezoneElement.zone(of: root)
        var query = BusyTimes(in: range, zone: zone, context)
        switch resource {
        case .calendar(let calendar): try query.add(calendar)
        case .home(let person): try query.add(homeOf: person)
        default: throw RequestError(.supportedReport)
        }
        var answer = Component(name: "VCALENDAR")
        answer.append(Property("VERSION", raw: "2.0"))
        answer.append(Property("PRODID", text: context.settings.productID))
        answer.components = [query.busy.component(stamp: Clock.now)]
        let format = CalendarFormat.preferred(in: context.request)
        return Response(
            .ok, fields: [("Content-Type", format.contentType), ("Vary", "Accept")],
            body: .bytes(format.write(answer)))
    }
}

/// When the owner of some calendars is busy.
private struct BusyTimes {
    let range: Range<Int64>
    /// Of floating times and days; nil for each calendar's own.
    let zone: Zone?
    let context: Context
    var busy: FreeBusy

    init(in range: Range<Int64>, zone: Zone?, _ context: Context) {
        self.range = range
        self.zone = zone
        self.context = context
        busy = FreeBusy(in: range)
    }

    /// What is in a calendar that is transparent takes none of its owner's time (RFC 6638 §9.1).
    mutating func add(_ calendar: CalendarRecord) throws {
        let stored = try context.store.storedProperties(of: calendar, viewer: calendar.owner)
        if Transparency.isTransparent(stored.elements(of: calendar)) { return }
        try add([calendar])
    }

    /// All that may be known of, and when the owner cannot be met at all (RFC 7953 §4).
    mutating func add(homeOf person: Person) throws {
        let owner = person.user.name
        let calendars = try context.calendars(ofHomeOf: person, with: .readFreeBusy)
        let stored = try context.store.storedProperties(ofCalendarsOf: owner, viewer: owner)
        try add(
            calendars.filter { !Transparency.isTransparent(stored.elements(of: $0)) },
            email: person.user.email)
        let inbox = try StoredInHome(owner, context).elements(at: .inbox)
        if let availability = AvailabilityProperty.read(inbox) {
            let own = calendars.first(where: \.isProtected).flatMap { Zone.named($0.timeZone) }
            busy.add(availability, floating: zone ?? own ?? .utc)
        }
    }

    private mutating func add(_ calendars: [CalendarRecord], email: String? = nil) throws {
        guard !calendars.isEmpty else { return }
        let objects = try context.store.listing(
            calendars, .overlapping(TimeRangeElement.widened(range), component: nil),
            content: true)
        var current: (calendar: CalendarRecord, floating: Zone, addresses: Set<String>)?
        while let row = try objects.next() {
            guard FreeBusy.counts(component: row.component) else { continue }
            if current.map({ row.isIn($0.calendar) }) != true {
                current = row.calendar(of: calendars).map { calendar in
                    let email =
                        context.isOwner(of: calendar)
                        ? context.user.email : calendar.ownerEmail ?? email
                    return (
                        calendar, zone ?? Zone.named(calendar.timeZone) ?? .utc,
                        Set(email.map { ["mailto:" + $0.lowercased()] } ?? [])
                    )
                }
            }
            guard let current, let object = try? CalendarObject(parsing: Array(row.content))
            else { continue }
            busy.add(object, floating: current.floating, owner: current.addresses)
        }
    }
}

extension FreeBusy {
    /// Whether components of a kind can take time.
    fileprivate static func counts(component: UnsafeRawBufferPointer) -> Bool {
        component.elementsEqual("VEVENT".utf8) || component.elementsEqual("VFREEBUSY".utf8)
    }
}
