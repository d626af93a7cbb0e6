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
        let calendars: [CalendarRecord]
        switch resource {
        case .calendar(let calendar): calendars = [calendar]
        case .home(let person):
            calendars = try context.calendars(ofHomeOf: person, with: .readFreeBusy)
        default: throw RequestError(.supportedReport)
        }
        var busy = FreeBusy(in: range)
        for calendar in calendars { try add(calendar, range, to: &busy, context) }
        var answer = Component(name: "VCALENDAR")
        answer.append(Property("VERSION", raw: "2.0"))
        answer.append(Property("PRODID", text: context.settings.productID))
        answer.components = [busy.component(stamp: Clock.now)]
        return Response(
            .ok, fields: [("Content-Type", "text/calendar; charset=utf-8")],
            body: .bytes(answer.serialized()))
    }

    private static func add(
        _ calendar: CalendarRecord, _ range: Range<Int64>, to busy: inout FreeBusy,
        _ context: Context
    ) throws {
        let floating = Zone.named(calendar.timeZone) ?? .utc
        let email = context.isOwner(of: calendar) ? context.user.email : calendar.ownerEmail
        let addresses = email.map { ["mailto:" + $0.lowercased()] } ?? []
        for component in ["VEVENT", "VFREEBUSY"] where calendar.components.contains(component) {
            let objects = try context.store.objects(
                in: calendar, .overlapping(TimeRangeElement.widened(range), component: component),
                content: true)
            while let row = try objects.next() {
                guard let object = try? CalendarObject(parsing: Array(row.content)) else {
                    continue
                }
                busy.add(object, floating: floating, owner: Set(addresses))
            }
        }
    }
}
