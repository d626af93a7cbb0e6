import Testing

@testable import ICalendar

@Suite("Zones by what their clocks show")
struct EquivalentZoneTests {
    private func zone(standard: String, daylight: String?) throws -> Zone {
        var lines = [
            "BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "TZID:Customized Time Zone", "BEGIN:STANDARD",
            "DTSTART:19701025T030000", "TZOFFSETFROM:\(daylight ?? standard)",
            "TZOFFSETTO:\(standard)",
        ]
        if let daylight {
            lines += [
                "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "BEGIN:DAYLIGHT",
                "DTSTART:19700329T020000", "TZOFFSETFROM:\(standard)", "TZOFFSETTO:\(daylight)",
                "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT",
            ]
        } else {
            lines.append("END:STANDARD")
        }
        lines += ["END:VTIMEZONE", "END:VCALENDAR", ""]
        let calendar = try Component.parse(Array(lines.joined(separator: "\r\n").utf8))
        return try #require(Zone(vtimezone: calendar.components[0]))
    }

    @Test func theRulesOfCentralEuropeAreFound() throws {
        let found = try #require(try zone(standard: "+0100", daylight: "+0200").equivalent)
        let berlin = try #require(Zone.named("Europe/Berlin"))
        for instant in [1_767_571_200, 1_782_000_000] as [Int64] {
            #expect(found.offset(at: instant) == berlin.offset(at: instant))
        }
        #expect(found.name != nil)
    }

    @Test func oneWithoutChangesIsFound() throws {
        #expect(try zone(standard: "+0000", daylight: nil).equivalent?.name == "UTC")
        #expect(try zone(standard: "+0900", daylight: nil).equivalent?.name != nil)
    }

    @Test func whatNobodyHasIsNot() throws {
        #expect(try zone(standard: "+0117", daylight: nil).equivalent == nil)
    }
}
