import ICalendar
import Testing

/// The lines of the object that begin with one of the names.
private func lines(_ object: CalendarObject, _ names: String...) -> [String] {
    object.calendar.components.flatMap(\.properties)
        .filter { names.contains($0.name) }
        .map { String(decoding: $0.serialized.dropLast(2), as: UTF8.self) }
}

private func zoned(_ basic: String, _ tzid: String = "Europe/Berlin") throws -> DateTimeValue {
    .zoned(try #require(CivilDateTime(basic: basic)), tzid: tzid)
}

@Suite("Moving an object to another start")
struct MoveTests {
    @Test func everyDateFollowsByTheWallClock() throws {
        var object = try object(
            """
            DTSTART;TZID=Europe/Berlin:20240326T090000
            DTEND;TZID=Europe/Berlin:20240326T100000
            RRULE:FREQ=DAILY;UNTIL=20240402T070000Z;X-KEEP=1
            EXDATE;TZID=Europe/Berlin:20240328T090000,20240401T090000
            RDATE;TZID=Europe/Berlin:20240410T090000
            """,
            others:
                """
                RECURRENCE-ID;TZID=Europe/Berlin:20240331T090000
                DTSTART;TZID=Europe/Berlin:20240331T113000
                DTEND;TZID=Europe/Berlin:20240331T120000
                """)
        #expect(object.moveStart(to: try zoned("20240326T140000"), floating: .utc).isEmpty)
        #expect(
            lines(object, "DTSTART", "DTEND", "RRULE", "EXDATE", "RDATE", "RECURRENCE-ID") == [
                "DTSTART;TZID=Europe/Berlin:20240326T140000",
                "DTEND;TZID=Europe/Berlin:20240326T150000",
                // Nine in the morning of summer time was seven in UTC.
                "RRULE:FREQ=DAILY;UNTIL=20240402T120000Z;X-KEEP=1",
                "EXDATE;TZID=Europe/Berlin:20240328T140000,20240401T140000",
                "RDATE;TZID=Europe/Berlin:20240410T140000",
                "RECURRENCE-ID;TZID=Europe/Berlin:20240331T140000",
                "DTSTART;TZID=Europe/Berlin:20240331T163000",
                "DTEND;TZID=Europe/Berlin:20240331T170000",
            ])
    }

    @Test func theInstancesMoveAsOne() throws {
        let before = try object(
            """
            DTSTART;TZID=Europe/Berlin:20240108T090000
            DURATION:PT1H
            RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=20
            EXDATE;TZID=Europe/Berlin:20240115T090000
            """,
            others:
                "RECURRENCE-ID;TZID=Europe/Berlin:20240122T090000\nDTSTART;TZID=Europe/Berlin:20240123T100000"
        )
        var after = before
        after.moveStart(to: try zoned("20240109T103000"), floating: .utc)
        #expect(lines(after, "RRULE") == ["RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=20"])
        let old = starts(before, "20240101T000000", "20250101T000000")
        let new = starts(after, "20240101T000000", "20250101T000000")
        #expect(old.count == 19)
        #expect(
            zip(old, new).allSatisfy {
                utc(String($1.dropLast())) - utc(String($0.dropLast())) == 86_400 + 5400
            })
    }

    @Test(
        arguments: [
            ("FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TH", true),
            ("FREQ=WEEKLY;BYDAY=TU,WE", "FREQ=WEEKLY;BYDAY=TU,WE", false),
            ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO", false),
            ("FREQ=MONTHLY;BYDAY=2TU", "FREQ=MONTHLY;BYDAY=3TH", true),
            ("FREQ=MONTHLY;BYDAY=-4TU", "FREQ=MONTHLY;BYDAY=-2TH", true),
            ("FREQ=MONTHLY;BYMONTHDAY=9", "FREQ=MONTHLY;BYMONTHDAY=18", true),
            ("FREQ=MONTHLY;BYMONTHDAY=-23", "FREQ=MONTHLY;BYMONTHDAY=-14", true),
            ("FREQ=MONTHLY;BYMONTHDAY=9,18", "FREQ=MONTHLY;BYMONTHDAY=9,18", true),
            ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=9", "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=18", true),
            ("FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;BYHOUR=10", true),
            ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "FREQ=MONTHLY;BYDAY=TH;BYSETPOS=2", false),
        ] as [(String, String, Bool)])
    func rulesThatRepeatTheStart(rule: String, moved: String, isMet: Bool) throws {
        // From Tuesday, the second, to Thursday, the third of its kind in January.
        var object = try object("DTSTART;TZID=Europe/Berlin:20240109T090000\nRRULE:\(rule)")
        let left = object.moveStart(to: try zoned("20240118T100000"), floating: .utc)
        #expect(lines(object, "RRULE") == ["RRULE:\(moved)"])
        #expect(left.isEmpty == isMet)
    }

    @Test func toAnotherMonth() throws {
        var object = try object(
            "DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1\nEXDATE;VALUE=DATE:20250228"
        )
        let left = object.moveStart(
            to: .date(try #require(CivilDate(basic: "20240331"))), floating: .utc)
        #expect(
            lines(object, "DTSTART", "RRULE", "EXDATE") == [
                "DTSTART;VALUE=DATE:20240331", "RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=-1",
                "EXDATE;VALUE=DATE:20250331",
            ])
        #expect(left.isEmpty)
    }

    @Test func fromADayToATime() throws {
        var object = try object(
            """
            DTSTART;VALUE=DATE:20240301
            DTEND;VALUE=DATE:20240302
            RRULE:FREQ=DAILY;UNTIL=20240305
            EXDATE;VALUE=DATE:20240303
            """,
            others: "RECURRENCE-ID;VALUE=DATE:20240302\nDTSTART;VALUE=DATE:20240304")
        object.moveStart(to: try zoned("20240302T100000"), floating: .utc)
        #expect(
            lines(object, "DTSTART", "DTEND", "RRULE", "EXDATE", "RECURRENCE-ID") == [
                "DTSTART;TZID=Europe/Berlin:20240302T100000",
                "DTEND;TZID=Europe/Berlin:20240303T100000",
                "RRULE:FREQ=DAILY;UNTIL=20240306T090000Z",
                "EXDATE;TZID=Europe/Berlin:20240304T100000",
                "RECURRENCE-ID;TZID=Europe/Berlin:20240303T100000",
                "DTSTART;TZID=Europe/Berlin:20240305T100000",
            ])
    }

    @Test func fromATimeToADay() throws {
        var object = try object(
            """
            DTSTART;TZID=Europe/Berlin:20240301T220000
            DTEND;TZID=Europe/Berlin:20240301T233000
            RRULE:FREQ=DAILY;UNTIL=20240305T210000Z
            EXDATE;TZID=Europe/Berlin:20240303T220000
            """)
        object.moveStart(to: .date(try #require(CivilDate(basic: "20240301"))), floating: .utc)
        #expect(
            lines(object, "DTSTART", "DTEND", "RRULE", "EXDATE") == [
                "DTSTART;VALUE=DATE:20240301", "DTEND;VALUE=DATE:20240302",
                "RRULE:FREQ=DAILY;UNTIL=20240305",
                "EXDATE;VALUE=DATE:20240303",
            ])
    }

    @Test func anEndInUTCKeepsTheLength() throws {
        var object = try object(
            "DTSTART;TZID=Europe/Berlin:20240330T120000\nDTEND:20240330T120000Z")
        object.moveStart(to: try zoned("20240331T120000"), floating: .utc)
        #expect(lines(object, "DTEND") == ["DTEND:20240331T110000Z"])
    }

    @Test func withoutMasterOnlyTheEarliestOverrideMoves() throws {
        var object = try object(
            "RECURRENCE-ID:20240102T090000Z\nDTSTART:20240102T090000Z\nDTEND:20240102T100000Z",
            others: "RECURRENCE-ID:20240103T090000Z\nDTSTART:20240103T090000Z")
        object.moveStart(
            to: .utc(try #require(CivilDateTime(basic: "20240102T120000"))), floating: .utc)
        #expect(
            lines(object, "RECURRENCE-ID", "DTSTART", "DTEND") == [
                "RECURRENCE-ID:20240102T090000Z", "DTSTART:20240102T120000Z",
                "DTEND:20240102T130000Z",
                "RECURRENCE-ID:20240103T090000Z", "DTSTART:20240103T090000Z",
            ])
    }

    @Test(
        arguments: [
            (
                "DTEND;TZID=Europe/Berlin:20240301T100000",
                "DTEND;TZID=Europe/Berlin:20240301T113000"
            ),
            (
                "DTEND;TZID=America/New_York:20240301T040000",
                "DTEND;TZID=America/New_York:20240301T053000"
            ),
            ("DTEND:20240301T100000Z", "DTEND:20240301T103000Z"),
            ("DTEND;VALUE=DATE:20240302", "DTEND;TZID=Europe/Berlin:20240301T113000"),
            ("DURATION:PT1H", "DURATION:PT2H30M"),
            ("SUMMARY:none", "DTEND;TZID=Europe/Berlin:20240301T113000"),
        ] as [(String, String)])
    func theEndIsSetAsItIsWritten(line: String, expected: String) throws {
        var object = try object("DTSTART;TZID=Europe/Berlin:20240301T090000\n\(line)")
        object.moveEnd(to: try zoned("20240301T113000"), floating: .utc)
        #expect(lines(object, "DTEND", "DURATION") == [expected])
    }

    @Test func nothingElseChanges() throws {
        let text = bytes(
            """
            BEGIN:VCALENDAR
            X-WR-CALNAME:a
            BEGIN:VEVENT
            uid:1
            X-UNKNOWN;X=\"y\":folded
              here
            DTSTART;X-P=1:20240301T090000Z
            BEGIN:VALARM
            TRIGGER:-PT5M
            END:VALARM
            END:VEVENT
            END:VCALENDAR

            """)
        var object = try CalendarObject(parsing: text)
        object.moveStart(
            to: .utc(try #require(CivilDateTime(basic: "20240301T100000"))), floating: .utc)
        let expected = String(decoding: text, as: UTF8.self).split(
            separator: "T090000Z", omittingEmptySubsequences: false
        )
        .joined(separator: "T100000Z")
        #expect(object.serialized() == Array(expected.utf8))
    }

    @Test func aChangeIsMarked() throws {
        var object = try object("SEQUENCE:4\nDTSTAMP:20200101T000000Z")
        object.markChanged(at: utc("20240301T090000"))
        #expect(
            lines(object, "SEQUENCE", "DTSTAMP", "LAST-MODIFIED") == [
                "SEQUENCE:5", "DTSTAMP:20240301T090000Z", "LAST-MODIFIED:20240301T090000Z",
            ])
        object.markChanged(at: utc("20240302T090000"), raisesSequence: false)
        #expect(lines(object, "SEQUENCE") == ["SEQUENCE:5"])
    }

    @Test func timezonesFollowTheirUse() throws {
        var object = try object("DTSTART;TZID=Europe/Berlin:20240301T090000")
        object.completeTimezones()
        #expect(object.calendar.components.map(\.name) == ["VTIMEZONE", "VEVENT"])
        object.moveStart(
            to: .utc(try #require(CivilDateTime(basic: "20240301T100000"))), floating: .utc)
        object.completeTimezones()
        #expect(object.calendar.components.map(\.name) == ["VEVENT"])
    }

    @Test func anObjectIsMadeOfValues() throws {
        let made = CalendarObject(
            kind: .vtodo, uid: "a,b", product: "-//x//EN", stamp: utc("20240301T090000"),
            properties: [Property("SUMMARY", text: "call; now")])
        let again = try CalendarObject(parsing: made.serialized())
        #expect(again.uid == "a,b" && again.kind == .vtodo && again.findings.isEmpty)
        #expect(again.master?.first("SUMMARY")?.text == "call; now")
    }
}
