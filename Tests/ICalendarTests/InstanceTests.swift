import ICalendar
import Testing

@Suite("The recurrence set, RFC 5545 §3.8.5")
struct RecurrenceSetTests {
    @Test func dtstartCountsThoughTheRuleDoesNotGiveIt() throws {
        let object = try object("DTSTART:20240101T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3")
        #expect(
            starts(object, "20240101T000000", "20250101T000000") == [
                "20240101T090000Z", "20240102T090000Z", "20240109T090000Z",
            ])
    }

    @Test func rdateAndExdate() throws {
        let object = try object(
            """
            DTSTART;TZID=Europe/Berlin:20240330T090000
            DURATION:PT1H
            RRULE:FREQ=DAILY;COUNT=3
            RDATE:20240410T070000Z,20240411T070000Z
            RDATE;VALUE=PERIOD:20240420T070000Z/PT3H
            EXDATE;TZID=Europe/Berlin:20240331T090000
            EXDATE:20240411T070000Z
            """)
        #expect(
            starts(object, "20240101T000000", "20250101T000000")
                == ["20240330T080000Z", "20240401T070000Z", "20240410T070000Z", "20240420T070000Z"])
        let last = InstanceSet(object, floating: .utc)
            .instances(in: range("20240415T000000", nil), limit: 10).last
        #expect(last.map { $0.end - $0.start } == 10_800)
    }

    @Test func anExdateOfADayTakesOutItsTimes() throws {
        let object = try object(
            "DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20240102")
        #expect(
            starts(object, "20240101T000000", "20250101T000000") == [
                "20240101T090000Z", "20240103T090000Z",
            ])
    }

    @Test("EXRULE, RFC 2445")
    func exrule() throws {
        let object = try object(
            """
            DTSTART:19980102T090000Z
            RRULE:FREQ=MONTHLY;BYDAY=FR
            EXRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13
            """)
        let days = starts(object, "19980201T000000", "19980401T000000").map { $0.prefix(8) }
        #expect(days == ["19980206", "19980220", "19980227", "19980306", "19980320", "19980327"])
    }

    @Test func untilIsAnInstant() throws {
        let object = try object(
            "DTSTART;TZID=America/New_York:20240101T200000\nRRULE:FREQ=DAILY;UNTIL=20240103T010000Z"
        )
        #expect(
            starts(object, "20240101T000000", "20250101T000000") == [
                "20240102T010000Z", "20240103T010000Z",
            ])
    }

    @Test func untilOfADayTakesInTheDay() throws {
        let object = try object("DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;UNTIL=20240102")
        #expect(starts(object, "20240101T000000", "20250101T000000").count == 2)
    }

    @Test func untilBeforeDtstartLeavesNothing() throws {
        let object = try object("DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;UNTIL=20231231T000000Z")
        #expect(starts(object, "20230101T000000", "20250101T000000").isEmpty)
    }

    @Test func overridesTakeThePlaceOfTheirInstance() throws {
        let object = try object(
            "DTSTART:20240101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3",
            others: "RECURRENCE-ID:20240102T090000Z\nDTSTART:20240301T120000Z\nSUMMARY:moved")
        #expect(
            starts(object, "20240101T000000", "20250101T000000")
                == ["20240101T090000Z", "20240103T090000Z", "20240301T120000Z"])
        let moved = InstanceSet(object, floating: .utc).instances(
            in: range("20240201T000000", nil), limit: 9)
        #expect(
            moved.map(\.recurrenceID) == [
                .utc(try #require(CivilDateTime(basic: "20240102T090000")))
            ])
        #expect(moved.first?.component.first("SUMMARY")?.text == "moved")
    }

    @Test("RANGE=THISANDFUTURE, RFC 5545 §3.2.13")
    func thisAndFuture() throws {
        let object = try object(
            "DTSTART;TZID=Europe/Berlin:20240328T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5",
            others:
                "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20240330T090000\nDTSTART;TZID=Europe/Berlin:20240330T110000\nDURATION:PT3H"
        )
        let instances = InstanceSet(object, floating: .utc).instances(
            in: range("20240101T000000", nil), limit: 9)
        #expect(
            instances.map { Zone.utc.civil(at: $0.start).basic }
                == [
                    "20240328T080000", "20240329T080000", "20240330T100000", "20240331T090000",
                    "20240401T090000",
                ])
        #expect(instances.map { $0.end - $0.start } == [3600, 3600, 10_800, 10_800, 10_800])
        #expect(instances.last?.recurrenceID?.basic == "20240401T090000")
    }

    @Test func dtendIsExactAndDurationNominal() throws {
        let exact = try object(
            "DTSTART;TZID=Europe/Berlin:20240329T120000\nDTEND;TZID=Europe/Berlin:20240330T120000\nRRULE:FREQ=DAILY;COUNT=2"
        )
        let nominal = try object(
            "DTSTART;TZID=Europe/Berlin:20240329T120000\nDURATION:P1D\nRRULE:FREQ=DAILY;COUNT=2")
        func lengths(_ object: CalendarObject) -> [Int64] {
            InstanceSet(object, floating: .utc).instances(
                in: range("20240101T000000", nil), limit: 9
            )
            .map { ($0.end - $0.start) / 3600 }
        }
        #expect(lengths(exact) == [24, 24])
        #expect(lengths(nominal) == [24, 23])
    }

    @Test func anOlderOverrideOfWhatIsNoInstanceAnyMoreIsPassedOver() throws {
        let object = try object(
            "SEQUENCE:2\nDTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20240102T090000Z",
            others: "SEQUENCE:1\nRECURRENCE-ID:20240102T090000Z\nDTSTART:20240102T100000Z",
            "SEQUENCE:1\nRECURRENCE-ID:20240103T090000Z\nDTSTART:20240103T100000Z")
        #expect(
            starts(object, "20240101T000000", "20250101T000000") == [
                "20240101T090000Z", "20240103T100000Z",
            ])
    }

    @Test func floatingTimesAreOfTheCalendarsZone() throws {
        let object = try object("DTSTART:20240701T090000\nRRULE:FREQ=DAILY;COUNT=1")
        #expect(
            starts(
                object, "20240101T000000", "20250101T000000", floating: try zone("Europe/Berlin"))
                == ["20240701T070000Z"])
    }

    @Test func aRuleOfAnotherCalendarIsUnbounded() throws {
        let object = try object("DTSTART;VALUE=DATE:20240210\nRRULE:RSCALE=CHINESE;FREQ=YEARLY")
        #expect(object.span(floating: .utc).last == CalendarObject.farFuture)
        #expect(object.overlaps(range("20300101T000000", "20300102T000000"), floating: .utc))
        #expect(!object.overlaps(range("20200101T000000", "20200102T000000"), floating: .utc))
    }
}

@Suite("First and last instance")
struct SpanTests {
    @Test(
        arguments: [
            (
                "DTSTART:20240101T090000Z\nDTEND:20240101T100000Z", "20240101T090000",
                "20240101T100000"
            ),
            ("DTSTART;VALUE=DATE:20240101", "20240101T000000", "20240102T000000"),
            ("DTSTART:20240101T090000Z", "20240101T090000", "20240101T090000"),
            (
                "DTSTART:20240101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=10",
                "20240101T090000", "20240110T100000"
            ),
            (
                "DTSTART:20240101T090000Z\nDURATION:PT1H\nRRULE:FREQ=MONTHLY;UNTIL=20241215T000000Z",
                "20240101T090000",
                "20241201T100000"
            ),
            (
                "DTSTART:20240101T000000Z\nRRULE:FREQ=SECONDLY;UNTIL=20991231T235959Z",
                "20240101T000000", "20991231T235959"
            ),
            (
                "DTSTART:20240101T090000Z\nRDATE:20240601T090000Z", "20240101T090000",
                "20240601T090000"
            ),
        ] as [(String, String, String)])
    func bounded(lines: String, first: String, last: String) throws {
        let span = try object(lines).span(floating: .utc)
        #expect(Zone.utc.civil(at: span.first).basic == first)
        #expect(Zone.utc.civil(at: span.last).basic == last)
    }

    @Test(arguments: [
        "DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY",
        "DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=YEARLY",
        "DTSTART:20240101T090000Z\nRRULE:FREQ=SECONDLY;COUNT=999999999",
    ])
    func unbounded(lines: String) throws {
        #expect(try object(lines).span(floating: .utc).last == CalendarObject.farFuture)
    }

    @Test func overridesWidenIt() throws {
        let span = try object(
            "DTSTART:20240101T090000Z\nRRULE:FREQ=DAILY;COUNT=2",
            others:
                "RECURRENCE-ID:20240102T090000Z\nDTSTART:20200101T090000Z\nDTEND:20300101T000000Z"
        ).span(floating: .utc)
        #expect(span == (utc("20200101T090000"), utc("20300101T000000")))
    }

    @Test func toDosWithoutDatesAreEverywhereJournalsNowhere() throws {
        #expect(
            try object("SUMMARY:x", "VTODO").span(floating: .utc) == (
                CalendarObject.farPast, CalendarObject.farFuture
            ))
        let journal = try object("SUMMARY:x", "VJOURNAL").span(floating: .utc)
        #expect(journal.first > journal.last)
    }
}
