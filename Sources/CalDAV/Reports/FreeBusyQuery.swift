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
        let range = try TimeRangeElement.range(ranges[0], in: .elsewhere)
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
        let stored = try context.properties.storedProperties(of: calendar, viewer: calendar.owner)
        if Transparency.isTransparent(stored.elements(of: calendar)) { return }
        try add([calendar])
    }

    /// All that may be known of, and when the owner cannot be met at all (RFC 7953 §4).
    mutating func add(homeOf person: Person) throws {
        let owner = person.user.name
        let calendars = try context.calendars(ofHomeOf: person, with: .readFreeBusy)
        let stored = try context.properties.storedProperties(ofCalendarsOf: owner, viewer: owner)
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
        let owners = calendars.map { Owner(of: $0, email: email, context) }
        let mattering = AddressSet(owners.flatMap(\.addresses))
        let objects = try context.objects.listing(
            calendars, .busy(TimeRangeElement.widened(range), mattering), content: true)
        while let row = try objects.next() {
            guard let owner = owners.first(where: { row.isIn($0.calendar) }) else { continue }
            if let instance = row.soleInstance, !instance.attendees.mayMeet(mattering) {
                if let kind = instance.busy { busy.add(instance.start, instance.end, kind) }
            } else if let object = try? CalendarObject(parsing: Array(row.content)) {
                let floating = zone ?? Zone.named(owner.calendar.timeZone) ?? .utc
                busy.add(object, floating: floating, owner: owner.addresses)
            }
        }
    }

    /// Whose time the events of a calendar take.
    private struct Owner {
        let calendar: CalendarRecord
        /// As `FreeBusy.add` takes them.
        let addresses: Set<String>

        /// - Parameter email: the owner's, where neither the calendar nor the request says it.
        init(of calendar: CalendarRecord, email: String?, _ context: Context) {
            self.calendar = calendar
            let own =
                context.isOwner(of: calendar) ? context.user.email : calendar.ownerEmail ?? email
            addresses = Set(own.map { ["mailto:" + $0.lowercased()] } ?? [])
        }
    }
}
