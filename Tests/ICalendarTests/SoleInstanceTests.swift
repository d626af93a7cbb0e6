import ICalendar
import Testing

@Suite("An event that has one instance at an absolute time")
struct SoleInstanceTests {
    private func instance(_ lines: String...) throws -> SoleInstance? {
        let text = [
            ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", "BEGIN:VEVENT", "UID:1"], lines,
            ["END:VEVENT", "END:VCALENDAR", ""],
        ].joined().joined(separator: "\r\n")
        return try CalendarObject(parsing: Array(text.utf8)).soleInstance
    }

    private let january: Int64 = 1_767_261_600  // 2026-01-01 10:00 UTC

    @Test func startsAndEndsWhereItsTimesSay() throws {
        let found = try instance("DTSTART:20260101T100000Z", "DTEND:20260101T103000Z")
        #expect(found?.start == january)
        #expect(found?.end == january + 1800)
        #expect(found?.busy == .busy)
    }

    @Test func mayBeInAZoneThatIsKnown() throws {
        let found = try instance(
            "DTSTART;TZID=Europe/Berlin:20260101T110000", "DURATION:PT30M")
        #expect(found?.start == january)
        #expect(found?.end == january + 1800)
    }

    @Test func withoutAnEndTakesNoTime() throws {
        let found = try #require(try instance("DTSTART:20260101T100000Z"))
        #expect(found.end == january)
        #expect(found.overlaps(january..<january + 1))
        #expect(!found.overlaps(january - 10..<january))
        #expect(!found.overlaps(january + 1..<january + 10))
    }

    @Test func overlapsAsTheTableOfRFC4791Says() throws {
        let found = try #require(
            try instance("DTSTART:20260101T100000Z", "DTEND:20260101T103000Z"))
        #expect(!found.overlaps(january + 1800..<january + 3600), "its end is not of it")
        #expect(!found.overlaps(january - 60..<january), "nor is a range's end of the range")
        #expect(found.overlaps(january + 1799..<january + 1800))
        #expect(found.overlaps(january - 60..<january + 1))
    }

    @Test(arguments: [
        ["DTSTART:20260101T100000"],
        ["DTSTART;VALUE=DATE:20260101"],
        ["DTSTART;TZID=Nowhere/Else:20260101T100000"],
        ["DTSTART:20260101T100000Z", "DTEND:20260101T103000"],
        ["DTSTART:20260101T100000Z", "DTEND:yesterday"],
        ["DTSTART:20260101T100000Z", "RRULE:FREQ=DAILY;COUNT=1"],
        ["DTSTART:20260101T100000Z", "RDATE:20260102T100000Z"],
        ["DTSTART:20260101T100000Z", "EXDATE:20260101T100000Z"],
        ["DTSTART:20260101T100000Z", "RECURRENCE-ID:20260101T100000Z"],
        ["SUMMARY:no date"],
    ])
    func isNoneThatDependsOnMoreThanItsTimes(lines: [String]) throws {
        let text = lines.joined(separator: "\r\n")
        #expect(try instance(text) == nil)
    }

    @Test(
        arguments: [
            ("STATUS:TENTATIVE", FreeBusy.Kind.tentative), ("STATUS:CONFIRMED", .busy),
            ("STATUS:CANCELLED", nil), ("TRANSP:TRANSPARENT", nil),
        ] as [(String, FreeBusy.Kind?)])
    func isBusyAsStatusAndTransparencySay(line: String, kind: FreeBusy.Kind?) throws {
        let found = try #require(try instance("DTSTART:20260101T100000Z", line))
        #expect(found.busy == kind)
    }

    @Test func knowsWhoCertainlyDoesNotAttend() throws {
        let found = try #require(
            try instance("DTSTART:20260101T100000Z", "ATTENDEE:MAILTO:Anna@crm.example"))
        #expect(found.attendees.mayMeet(AddressSet(["mailto:anna@crm.example"])))
        #expect(!found.attendees.mayMeet(AddressSet([])))
        // Of 64 bits one is taken: most others are told apart.
        let others = (0..<100).filter {
            found.attendees.mayMeet(AddressSet(["mailto:person\($0)@crm.example"]))
        }
        #expect(others.count < 10)
    }
}

@Suite("What SoleInstance says is what the text says")
struct SoleInstanceAgreementTests {
    @Test func forEveryFileOfTheCorpus() throws {
        for file in Corpus.files() {
            guard let object = try? CalendarObject(parsing: Corpus.bytes(file)),
                let sole = object.soleInstance
            else { continue }
            for (from, to) in [
                (sole.start - 10, sole.start), (sole.start, sole.start + 1),
                (sole.end - 1, sole.end), (sole.end, sole.end + 10), (sole.start - 5, sole.end + 5),
            ] where from < to {
                #expect(
                    sole.overlaps(from..<to) == object.overlaps(from..<to, floating: .utc),
                    "\(file) \(from - sole.start) \(to - sole.start)")
            }
            let range = sole.start - 86_400..<sole.end + 86_400
            var read = FreeBusy(in: range)
            read.add(object, floating: .utc)
            var known = FreeBusy(in: range)
            if let kind = sole.busy { known.add(sole.start, sole.end, kind) }
            #expect(known.merged == read.merged, "\(file)")
        }
    }
}
