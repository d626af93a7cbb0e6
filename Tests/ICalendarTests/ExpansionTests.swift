import ICalendar
import Testing

private func text(_ calendar: Component) -> [String] {
    String(decoding: calendar.serialized(), as: UTF8.self).split(separator: "\r\n").map(String.init)
}

@Suite("CALDAV:expand and its kin, RFC 4791 §9.6.5 to §9.6.7")
struct ExpansionTests {
    private func weekly() throws -> CalendarObject {
        try object(
            """
            DTSTART;TZID=America/New_York:20240102T120000
            DTEND;TZID=America/New_York:20240102T130000
            RRULE:FREQ=WEEKLY
            SUMMARY:weekly
            """,
            others:
                """
                RECURRENCE-ID;TZID=America/New_York:20240109T120000
                DTSTART;TZID=America/New_York:20240110T140000
                DURATION:PT1H
                SUMMARY:moved
                """,
            """
            RECURRENCE-ID;TZID=America/New_York:20240604T120000
            DTSTART;TZID=America/New_York:20240605T120000
            SUMMARY:June
            """)
    }

    @Test func instancesAreInUTCAndWithoutRules() throws {
        let expanded = try weekly().expanded(
            range("20240102T000000", "20240112T000000"), floating: .utc)
        #expect(
            text(expanded) == [
                "BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "DTSTART:20240102T170000Z",
                "DTEND:20240102T180000Z",
                "SUMMARY:weekly", "RECURRENCE-ID:20240102T170000Z", "END:VEVENT", "BEGIN:VEVENT",
                "UID:1",
                "DTSTART:20240110T190000Z", "DURATION:PT1H", "SUMMARY:moved",
                "RECURRENCE-ID:20240109T170000Z",
                "END:VEVENT", "END:VCALENDAR",
            ])
    }

    @Test func daysAndFloatingTimesStay() throws {
        let day = try object(
            "DTSTART;VALUE=DATE:20240131\nDTEND;VALUE=DATE:20240202\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1"
        )
        let expanded = day.expanded(range("20240301T000000", "20240302T000000"), floating: .utc)
        #expect(
            text(expanded).filter { $0.hasPrefix("D") || $0.hasPrefix("R") } == [
                "DTSTART;VALUE=DATE:20240229", "DTEND;VALUE=DATE:20240302",
                "RECURRENCE-ID;VALUE=DATE:20240229",
            ])
        let floating = try object("DTSTART:20240131T090000")
        #expect(
            text(floating.expanded(range("20240131T000000", "20240201T000000"), floating: .utc))
                .contains("DTSTART:20240131T090000"))
    }

    @Test func toDosThatAreDueAsTheyStart() throws {
        let toDo = try object(
            "DTSTART;VALUE=DATE:20240131\nDUE;VALUE=DATE:20240131\nRRULE:FREQ=DAILY", "VTODO")
        let expanded = toDo.expanded(range("20240205T000000", "20240205T120000"), floating: .utc)
        #expect(
            text(expanded).filter { $0.hasPrefix("D") } == [
                "DTSTART;VALUE=DATE:20240205", "DUE;VALUE=DATE:20240205",
            ])
    }

    @Test func whatDoesNotRecurHasNoRecurrenceID() throws {
        let once = try object(
            "DTSTART;TZID=Europe/Berlin:20240131T090000\nDTEND;TZID=Europe/Berlin:20240131T100000")
        let lines = text(once.expanded(range("20240131T000000", "20240201T000000"), floating: .utc))
        #expect(
            lines.contains("DTEND:20240131T090000Z")
                && !lines.contains { $0.hasPrefix("RECURRENCE-ID") })
    }

    @Test func theLimitHolds() throws {
        let often = try object("DTSTART:20240101T000000Z\nRRULE:FREQ=SECONDLY")
        #expect(
            often.expanded(range("20240101T000000", nil), floating: .utc, limit: 7).components.count
                == 7)
    }

    @Test func onlyOverridesThatMatterAreLeft() throws {
        func summaries(_ from: String, _ to: String) throws -> [String?] {
            try weekly().limitingRecurrenceSet(to: range(from, to), floating: .utc).components
                .map { $0.first("SUMMARY")?.text }
        }
        #expect(try summaries("20240110T190000", "20240110T193000") == ["weekly", "moved"])
        // Where the instance would have been.
        #expect(try summaries("20240109T173000", "20240109T174500") == ["weekly", "moved"])
        #expect(try summaries("20240301T000000", "20240302T000000") == ["weekly"])
    }

    @Test func onlyPeriodsThatMatterAreLeft() throws {
        let object = try object(
            "FREEBUSY:20240101T000000Z/PT1H,20240102T000000Z/PT1H\nFREEBUSY:20240105T000000Z/PT1H",
            "VFREEBUSY")
        let limited = object.limitingFreeBusySet(
            to: range("20240102T000000", "20240103T000000"), floating: .utc)
        #expect(limited.components[0].all("FREEBUSY").map(\.rawValue) == ["20240102T000000Z/PT1H"])
    }

    @Test("CALDAV:comp and CALDAV:prop, RFC 4791 §9.6.1 to §9.6.4")
    func selection() throws {
        let selection = ComponentSelection(
            name: "vcalendar", properties: .named([:]),
            components: .named([
                ComponentSelection(
                    name: "VEVENT", properties: .named(["SUMMARY": true, "DTSTART": false]),
                    components: .named([]))
            ]))
        let object = try object(
            "SUMMARY:a\nDTSTART:20240101T000000Z\nLOCATION:b\nBEGIN:VALARM\nEND:VALARM")
        #expect(
            text(object.calendar.selecting(selection)) == [
                "BEGIN:VCALENDAR", "BEGIN:VEVENT", "SUMMARY:a", "DTSTART:", "END:VEVENT",
                "END:VCALENDAR",
            ])
    }
}

@Suite("Free/busy, RFC 4791 §7.10")
struct FreeBusyTests {
    private func busy(_ lines: [String], owner: Set<String> = []) throws -> [String] {
        var busy = FreeBusy(in: range("20240102T000000", "20240103T000000"))
        for line in lines { busy.add(try object(line), floating: .utc, owner: owner) }
        return busy.merged.map {
            let (start, end) = (
                Zone.utc.civil(at: $0.start).time.basic.prefix(4),
                Zone.utc.civil(at: $0.end).time.basic.prefix(4)
            )
            return "\(start)-\(end) \($0.kind)"
        }
    }

    private func event(_ from: String, _ to: String, _ more: String = "") -> String {
        "DTSTART:20240102T\(from)00Z\nDTEND:20240102T\(to)00Z\(more.isEmpty ? "" : "\n")\(more)"
    }

    @Test func whatOverlapsOrTouchesIsOne() throws {
        #expect(
            try busy([
                event("1000", "1100"), event("1030", "1200"), event("1200", "1300"),
                event("1400", "1500"),
            ])
                == ["1000-1300 busy", "1400-1500 busy"])
    }

    @Test func theWeightierCounts() throws {
        #expect(
            try busy([event("1000", "1400", "STATUS:TENTATIVE"), event("1100", "1200")])
                == ["1000-1100 tentative", "1100-1200 busy", "1200-1400 tentative"])
    }

    @Test func transparentAndCancelledAreFree() throws {
        #expect(
            try busy([
                event("1000", "1100", "TRANSP:TRANSPARENT"),
                event("1200", "1300", "STATUS:CANCELLED"),
            ]) == [])
    }

    @Test func theOwnersAnswerCounts() throws {
        func attendee(_ status: String) -> String {
            event("1000", "1100", "ATTENDEE;PARTSTAT=\(status):MAILTO:me@example.org")
        }
        let me: Set<String> = ["mailto:me@example.org"]
        #expect(try busy([attendee("DECLINED")], owner: me) == [])
        #expect(try busy([attendee("NEEDS-ACTION")], owner: me) == ["1000-1100 tentative"])
        #expect(try busy([attendee("ACCEPTED")], owner: me) == ["1000-1100 busy"])
        #expect(try busy([attendee("DECLINED")]) == ["1000-1100 busy"])
    }

    @Test func periodsAreCutToTheRange() throws {
        #expect(
            try busy(["DTSTART:20240101T220000Z\nDURATION:PT4H\nRRULE:FREQ=DAILY"]) == [
                "0000-0200 busy", "2200-0000 busy",
            ])
    }

    @Test func itIsWrittenAsAVFREEBUSY() throws {
        var busy = FreeBusy(in: range("20240102T000000", "20240103T000000"))
        busy.add(try object(event("1000", "1100")), floating: .utc)
        busy.add(
            try object("FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20240102T200000Z/PT1H", "VFREEBUSY"),
            floating: .utc)
        busy.add(
            try object("FREEBUSY;FBTYPE=FREE:20240102T210000Z/PT1H", "VFREEBUSY"), floating: .utc)
        let written = busy.component(
            stamp: utc("20240101T000000"), properties: [Property("UID", text: "f")])
        #expect(
            text(written) == [
                "BEGIN:VFREEBUSY", "DTSTAMP:20240101T000000Z", "DTSTART:20240102T000000Z",
                "DTEND:20240103T000000Z",
                "UID:f", "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20240102T200000Z/20240102T210000Z",
                "FREEBUSY;FBTYPE=BUSY:20240102T100000Z/20240102T110000Z", "END:VFREEBUSY",
            ])
    }
}
