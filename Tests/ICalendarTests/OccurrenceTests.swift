import ICalendar
import Testing

@Suite("The current occurrence of a series, changed by itself")
struct OccurrenceTests {
    /// Daily at eight in Berlin, for an hour, from the 1st of July on.
    private static let daily = """
        BEGIN:VCALENDAR
        VERSION:2.0
        PRODID:-//Test//EN
        BEGIN:VTODO
        UID:one@example.org
        DTSTAMP:20260601T080000Z
        DTSTART;TZID=Europe/Berlin:20260701T080000
        DUE;TZID=Europe/Berlin:20260701T090000
        SUMMARY:Water
        RRULE:FREQ=DAILY;COUNT=4
        EXDATE;TZID=Europe/Berlin:20260703T080000
        END:VTODO
        END:VCALENDAR

        """

    private func object() throws -> CalendarObject {
        let text = Self.daily.split(separator: "\n").joined(separator: "\r\n") + "\r\n"
        return try CalendarObject(parsing: Array(text.utf8))
    }

    private func complete(_ object: inout CalendarObject, at time: String) throws -> Bool {
        let present = try #require(DateTimeValue(property: Property("DTSTAMP", raw: time)))
        return object.updateCurrentOccurrence(
            at: Zone.utc.seconds(of: present.civil), floating: .utc
        ) { $0.set(Property("STATUS", raw: "COMPLETED")) }
    }

    private func overridden(_ object: CalendarObject) -> [String] {
        object.overrides.map { $0.first("RECURRENCE-ID")?.rawValue ?? "" }
    }

    @Test func theLastThatHasBegunIsCurrent() throws {
        var object = try object()
        #expect(try complete(&object, at: "20260702T120000Z"))
        let override = try #require(object.overrides.first)
        #expect(object.overrides.count == 1)
        for line in [
            "RECURRENCE-ID;TZID=Europe/Berlin:20260702T080000",
            "DTSTART;TZID=Europe/Berlin:20260702T080000",
            "DUE;TZID=Europe/Berlin:20260702T090000", "STATUS:COMPLETED", "SUMMARY:Water",
        ] {
            #expect(String(decoding: object.serialized(), as: UTF8.self).contains(line))
        }
        #expect(override.first("RRULE") == nil && override.first("EXDATE") == nil)
        #expect(object.master?.first("STATUS") == nil)
        #expect(object.master?.first("RRULE") != nil)
    }

    @Test func whatIsDoneMakesTheNextOneCurrent() throws {
        var object = try object()
        #expect(try complete(&object, at: "20260701T120000Z"))
        #expect(try complete(&object, at: "20260701T120000Z"))
        #expect(overridden(object) == ["20260701T080000", "20260702T080000"])
    }

    @Test func beforeTheFirstTheFirstIsCurrent() throws {
        var object = try object()
        #expect(try complete(&object, at: "20260601T120000Z"))
        #expect(overridden(object) == ["20260701T080000"])
    }

    @Test func theLastOneEndsTheSeries() throws {
        var object = try object()
        let before = object.serialized()
        #expect(try !complete(&object, at: "20260704T120000Z"))
        #expect(object.serialized() == before)
    }

    @Test func anOverrideThatIsThereIsChangedInItsPlace() throws {
        var object = try object()
        #expect(try complete(&object, at: "20260701T120000Z"))
        object.overrides[0].set(Property("STATUS", raw: "NEEDS-ACTION"))
        #expect(try complete(&object, at: "20260701T120000Z"))
        #expect(overridden(object) == ["20260701T080000"])
        #expect(object.overrides[0].first("STATUS")?.rawValue == "COMPLETED")
    }

    @Test func whatDoesNotRecurHasNone() throws {
        let text = Self.daily.split(separator: "\n").filter { !$0.hasPrefix("RRULE") }
        var object = try CalendarObject(
            parsing: Array((text.joined(separator: "\r\n") + "\r\n").utf8))
        #expect(try !complete(&object, at: "20260702T120000Z"))
    }
}
