import Testing

@testable import ICalendar

@Suite("Availability, RFC 7953 §4")
struct AvailabilityTests {
    /// Monday 5 January 2026.
    private let day: Int64 = 1_767_571_200

    private func availability(_ lines: String) throws -> Availability {
        let text =
            "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n\(lines)\nEND:VCALENDAR\n"
        return Availability(try Component.parse(Array(text.replacing("\n", with: "\r\n").utf8)))
    }

    /// Hours of the day that are busy, as `0-9 17-24`.
    private func busy(_ availability: Availability, floating: Zone = .utc) -> String {
        availability.busy(in: day..<(day + 86_400), floating: floating).map { period in
            "\((period.start - day) / 3600)-\((period.end - day) / 3600) \(period.kind.name)"
        }.joined(separator: ", ")
    }

    private let officeHours = """
        BEGIN:VAVAILABILITY
        UID:1
        DTSTAMP:20260101T000000Z
        BEGIN:AVAILABLE
        UID:2
        DTSTAMP:20260101T000000Z
        DTSTART:20260105T090000Z
        DTEND:20260105T170000Z
        RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
        END:AVAILABLE
        END:VAVAILABILITY
        """

    @Test func outsideOfTheHoursNobodyIsThere() throws {
        #expect(
            try busy(availability(officeHours)) == "0-9 BUSY-UNAVAILABLE, 17-24 BUSY-UNAVAILABLE")
    }

    @Test func hoursRecur() throws {
        let week = day..<(day + 7 * 86_400)
        let free = try availability(officeHours).busy(in: week, floating: .utc)
        // Five nights between, and the weekend is one with the nights around it.
        #expect(free.count == 6)
    }

    @Test func aSpanLimitsWhatIsSaid() throws {
        let lines = officeHours.replacing(
            "UID:1\n", with: "UID:1\nDTSTART:20260105T060000Z\nDURATION:PT6H\n")
        #expect(try busy(availability(lines)) == "6-9 BUSY-UNAVAILABLE")
    }

    @Test func theHigherPriorityReplacesTheLower() throws {
        let closed = """
            BEGIN:VAVAILABILITY
            UID:3
            DTSTAMP:20260101T000000Z
            PRIORITY:1
            BUSYTYPE:BUSY
            DTSTART:20260105T100000Z
            DTEND:20260105T120000Z
            END:VAVAILABILITY
            """
        let all = try availability(closed + "\n" + officeHours)
        #expect(busy(all) == "0-9 BUSY-UNAVAILABLE, 10-12 BUSY, 17-24 BUSY-UNAVAILABLE")
        let lower = closed.replacing("PRIORITY:1", with: "PRIORITY:9")
        let office = officeHours.replacing("UID:1\n", with: "UID:1\nPRIORITY:2\n")
        #expect(
            try busy(availability(lower + "\n" + office))
                == "0-9 BUSY-UNAVAILABLE, 17-24 BUSY-UNAVAILABLE")
    }

    @Test func floatingTimesAreOfTheZoneGiven() throws {
        let lines = officeHours.replacing("T090000Z", with: "T090000")
            .replacing("T170000Z", with: "T170000")
        let berlin = try #require(Zone.named("Europe/Berlin"))
        #expect(
            try busy(availability(lines), floating: berlin)
                == "0-8 BUSY-UNAVAILABLE, 16-24 BUSY-UNAVAILABLE")
    }

    @Test func anAvailableHourMayBeMoved() throws {
        let moved = """
            BEGIN:AVAILABLE
            UID:2
            DTSTAMP:20260101T000000Z
            RECURRENCE-ID:20260105T090000Z
            DTSTART:20260105T120000Z
            DTEND:20260105T130000Z
            END:AVAILABLE
            END:VAVAILABILITY
            """
        let lines = officeHours.replacing("END:VAVAILABILITY", with: moved)
        #expect(
            try busy(availability(lines)) == "0-12 BUSY-UNAVAILABLE, 13-24 BUSY-UNAVAILABLE")
    }
}
