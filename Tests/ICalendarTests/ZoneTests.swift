import ICalendar
import Testing

@Suite("Local times, RFC 5545 §3.3.5")
struct LocalTimeTests {
    @Test(
        arguments: [
            // New York: at two the clocks go to three, and back from two to one.
            ("America/New_York", "20070311T023000", "20070311T073000"),
            ("America/New_York", "20071104T013000", "20071104T053000"),
            ("America/New_York", "20070311T015959", "20070311T065959"),
            ("America/New_York", "20070311T030000", "20070311T070000"),
            ("America/New_York", "20071104T020000", "20071104T070000"),
            ("Europe/Berlin", "20240331T023000", "20240331T013000"),
            ("Europe/Berlin", "20241027T023000", "20241027T003000"),
            // Half an hour of summer time.
            ("Australia/Lord_Howe", "20241006T021500", "20241005T154500"),
            // A day that Samoa never had.
            ("Pacific/Apia", "20111230T120000", "20111230T220000"),
            ("UTC", "20240101T000000", "20240101T000000"),
            // Beyond the table of changes.
            ("Europe/Berlin", "22000701T120000", "22000701T100000"),
            ("Europe/Berlin", "22000101T120000", "22000101T110000"),
            ("America/New_York", "99990701T120000", "99990701T160000"),
        ] as [(String, String, String)])
    func instants(name: String, local: String, expected: String) throws {
        let civil = try #require(CivilDateTime(basic: local))
        #expect(Zone.utc.civil(at: try zone(name).seconds(of: civil)).basic == expected)
    }

    @Test func everyHourOfSomeYearsComesBack() throws {
        for name in ["Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Africa/Casablanca"] {
            let zone = try zone(name)
            for instant in stride(
                from: utc("20200101T000000"), to: utc("20220101T000000"), by: 3600)
            {
                let again = zone.seconds(of: zone.civil(at: instant))
                // The second of two equal times reads as the first.
                #expect(again == instant || instant - again == 3600)
            }
        }
    }

    @Test func extremesDoNotOverflow() throws {
        let berlin = try zone("Europe/Berlin")
        #expect(berlin.civil(at: .max).basic == "99991231T235959")
        #expect(berlin.civil(at: .min).basic == "00000101T000000")
        #expect(berlin.seconds(ofWall: .min) == .min)
        #expect(berlin.seconds(ofWall: .max) > 1 << 60)
    }
}

@Suite("Names of zones")
struct ZoneNameTests {
    @Test(
        arguments: [
            ("Europe/Berlin", "Europe/Berlin"),
            ("W. Europe Standard Time", "Europe/Berlin"),
            ("w. europe standard time", "Europe/Berlin"),
            ("Eastern Standard Time", "America/New_York"), ("China Standard Time", "Asia/Shanghai"),
            ("/freeassociation.sourceforge.net/Europe/Berlin", "Europe/Berlin"),
            ("/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"),
            ("/softwarestudio.org/Olson_20011030_5/America/New_York", "America/New_York"),
            ("/citadel.org/20240101_1/America/Argentina/Salta", "America/Argentina/Salta"),
            ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"),
            ("(GMT-05:00) Eastern Time (US & Canada)", "America/New_York"),
            ("tzone://Microsoft/Utc", "Etc/UTC"), ("Etc/UTC", "UTC"),
            ("\"Europe/Paris\"", "Europe/Paris"),
            ("europe/berlin", "Europe/Berlin"), ("America/New York", "America/New_York"),
            (" Europe/Berlin ", "Europe/Berlin"),
        ] as [(String, String)])
    func known(name: String, iana: String) throws {
        #expect(try zone(name).name == iana)
    }

    @Test(
        arguments: [
            ("UTC+02:00", 7200), ("GMT-0330", -12_600), ("(UTC+05:45) Nowhere", 20_700), ("GMT", 0),
        ] as [(String, Int32)])
    func offsets(name: String, seconds: Int32) throws {
        #expect(try zone(name).offset(at: 0) == seconds)
    }

    @Test(arguments: [
        "", "Nowhere/Land", "../../../etc/passwd", "Europe", "Europe/", "tzdata.zi", "zone.tab",
        "Europe/\u{0}Berlin", "UTC+99", String(repeating: "A/", count: 300),
    ])
    func unknown(name: String) {
        #expect(Zone.named(name) == nil)
    }
}

@Suite("VTIMEZONE, RFC 5545 §3.6.5")
struct VTimezoneTests {
    /// The United States from 1967 to 2007, as the RFC writes them.
    private let newYork = """
        BEGIN:VTIMEZONE
        TZID:Own New York
        BEGIN:DAYLIGHT
        DTSTART:19670430T020000
        RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19730429T070000Z
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        TZNAME:EDT
        END:DAYLIGHT
        BEGIN:STANDARD
        DTSTART:19671029T020000
        RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20061029T060000Z
        TZOFFSETFROM:-0400
        TZOFFSETTO:-0500
        TZNAME:EST
        END:STANDARD
        BEGIN:DAYLIGHT
        DTSTART:19740106T020000
        RDATE:19750223T020000
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        TZNAME:EDT
        END:DAYLIGHT
        BEGIN:DAYLIGHT
        DTSTART:19760425T020000
        RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=-1SU;UNTIL=19860427T070000Z
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        TZNAME:EDT
        END:DAYLIGHT
        BEGIN:DAYLIGHT
        DTSTART:19870405T020000
        RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        TZNAME:EDT
        END:DAYLIGHT
        BEGIN:DAYLIGHT
        DTSTART:20070311T020000
        RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
        TZOFFSETFROM:-0500
        TZOFFSETTO:-0400
        TZNAME:EDT
        END:DAYLIGHT
        BEGIN:STANDARD
        DTSTART:20071104T020000
        RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
        TZOFFSETFROM:-0400
        TZOFFSETTO:-0500
        TZNAME:EST
        END:STANDARD
        END:VTIMEZONE

        """

    @Test func ownRulesAgreeWithTheZoneFile() throws {
        let calendar = try Component.parse(bytes("BEGIN:VCALENDAR\n\(newYork)END:VCALENDAR\n"))
        let own = try #require(Zone(vtimezone: calendar.components[0]))
        let file = try zone("America/New_York")
        for instant in stride(
            from: utc("19680101T000000"), to: utc("21500101T000000"), by: 43_200 * 3)
        {
            #expect(own.offset(at: instant) == file.offset(at: instant))
        }
    }

    @Test func theObjectsOwnDefinitionCountsUnlessTheNameIsOfIANA() throws {
        func table(_ tzid: String) throws -> ZoneTable {
            let text = newYork.split(separator: "\n").map {
                $0 == "TZID:Own New York" ? "TZID:\(tzid)" : $0
            }
            .joined(separator: "\n")
            let calendar = try Component.parse(bytes("BEGIN:VCALENDAR\n\(text)\nEND:VCALENDAR\n"))
            return ZoneTable(calendar: calendar, floating: .utc)
        }
        let summer = utc("20240701T000000")
        #expect(
            try table("Tokyo Standard Time").zone(for: "Tokyo Standard Time").offset(at: summer)
                == -14_400)
        #expect(try table("Asia/Tokyo").zone(for: "Asia/Tokyo").offset(at: summer) == 32_400)
        #expect(try table("x").zone(for: "Tokyo Standard Time").offset(at: summer) == 32_400)
        #expect(try table("x").zone(for: "unknown").offset(at: summer) == 0)
    }

    @Test func aCompactOneIsWritten() throws {
        let written = try zone("Europe/Berlin").vtimezone(
            tzid: "Europe/Berlin", from: utc("20240101T000000"), through: CalendarObject.farFuture)
        #expect(
            String(decoding: written.serialized(), as: UTF8.self).split(separator: "\r\n").joined(
                separator: "\n")
                    == """
                    BEGIN:VTIMEZONE
                    TZID:Europe/Berlin
                    BEGIN:DAYLIGHT
                    DTSTART:20230326T020000
                    TZOFFSETFROM:+0100
                    TZOFFSETTO:+0200
                    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
                    TZNAME:CEST
                    END:DAYLIGHT
                    BEGIN:STANDARD
                    DTSTART:20231029T030000
                    TZOFFSETFROM:+0200
                    TZOFFSETTO:+0100
                    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
                    TZNAME:CET
                    END:STANDARD
                    END:VTIMEZONE
                    """)
    }

    @Test(
        "Outlook and Exchange want STANDARD and DAYLIGHT, whatever the season",
        arguments: [
            "Europe/Berlin", "America/New_York", "Australia/Sydney", "Europe/Dublin",
            "Australia/Lord_Howe", "America/St_Johns",
        ], ["20260115T090000", "20260715T090000"])
    func thePairIsWritten(name: String, day: String) throws {
        let written = try zone(name).vtimezone(
            tzid: name, from: utc(day), through: utc(day) + 3600)
        #expect(Set(written.components.map(\.name)) == ["STANDARD", "DAYLIGHT"])
        #expect(written.components.count == 2)
        for part in written.components {
            #expect(part.all("RRULE").count == 1 && !part.has("RDATE"))
        }
    }

    @Test(
        "a zone whose clocks do not change any more has one STANDARD",
        arguments: [
            "Asia/Kolkata", "Europe/Istanbul", "Africa/Windhoek", "America/Sao_Paulo", "UTC",
        ])
    func fixedZones(name: String) throws {
        let written = try zone(name).vtimezone(
            tzid: name, from: utc("20260715T090000"), through: utc("20260715T100000"))
        #expect(written.components.map(\.name) == ["STANDARD"])
    }

    @Test("several pairs are written only where the rules change within the span")
    func changedRules() throws {
        let zone = try zone("America/New_York")
        func parts(_ from: String, _ through: String) -> Int {
            zone.vtimezone(tzid: "x", from: utc(from), through: utc(through)).components.count
        }
        #expect(parts("20060601T000000", "20060601T010000") == 2)
        #expect(parts("20060601T000000", "20100601T000000") == 4)
    }

    @Test(arguments: [
        "Europe/Berlin", "Africa/Casablanca", "Asia/Tehran", "America/Sao_Paulo", "Asia/Kolkata",
        "UTC",
    ])
    func whatIsWrittenReadsTheSame(name: String) throws {
        let zone = try zone(name)
        let (from, through) = (utc("19700101T000000"), utc("20380101T000000"))
        let written = zone.vtimezone(tzid: name, from: from, through: through)
        let again = try #require(Zone(vtimezone: written))
        for instant in stride(from: from, to: through, by: 6 * 3600) {
            #expect(zone.offset(at: instant) == again.offset(at: instant))
        }
    }

    @Test(arguments: [
        "", "BEGIN:STANDARD\nEND:STANDARD",
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0100\nEND:STANDARD",
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:x\nTZOFFSETTO:+9900\nEND:STANDARD",
    ])
    func noZone(inside: String) throws {
        let calendar = try Component.parse(
            bytes(
                "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:x\n\(inside)\nEND:VTIMEZONE\nEND:VCALENDAR\n"
            ))
        #expect(Zone(vtimezone: calendar.components[0]) == nil)
    }

    @Test func anOnsetForEverySecondIsBounded() throws {
        let text = """
            BEGIN:VCALENDAR
            BEGIN:VTIMEZONE
            TZID:x
            BEGIN:STANDARD
            DTSTART:00010101T000000
            RRULE:FREQ=SECONDLY
            TZOFFSETFROM:+0000
            TZOFFSETTO:+0100
            END:STANDARD
            END:VTIMEZONE
            END:VCALENDAR

            """
        let calendar = try Component.parse(bytes(text))
        #expect(Zone(vtimezone: calendar.components[0])?.offset(at: 0) == 3600)
    }
}
