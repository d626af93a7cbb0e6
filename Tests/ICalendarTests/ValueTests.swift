import ICalendar
import Testing

@Suite("TEXT, RFC 5545 §3.3.11")
struct TextTests {
    @Test(
        arguments: [
            ("a, b; c\\d", #"a\, b\; c\\d"#), ("one\ntwo", #"one\ntwo"#),
            ("one\r\ntwo", #"one\ntwo"#),
            ("\"q\": x", "\"q\": x"), ("tab\there", "tab\there"), ("ümläut 🗓", "ümläut 🗓"),
        ] as [(String, String)])
    func escaped(text: String, raw: String) {
        let property = Property("X", text: text)
        #expect(property.rawValue == raw)
        #expect(property.text == text.split(separator: "\r\n").joined(separator: "\n"))
    }

    @Test func controlsAreLeftOut() {
        #expect(Property("X", text: "a\u{0}b\u{7F}c\u{1B}").rawValue == "abc")
        #expect(Property("X", raw: "a\r\nB:c").rawValue == "a  B:c")
    }

    @Test(
        arguments: [
            (#"a\Nb"#, "a\nb"), (#"C:\temp"#, #"C:\temp"#), (#"a\:b"#, "a:b"), (#"end\"#, #"end\"#),
        ] as [(String, String)])
    func unescaped(raw: String, text: String) {
        #expect(Property("X", raw: raw).text == text)
    }

    @Test func lists() {
        #expect(Property("CATEGORIES", raw: #"A,B\,C,,D\;E"#).textList == ["A", "B,C", "", "D;E"])
        #expect(Property("CATEGORIES", texts: ["A,1", "B"]).rawValue == #"A\,1,B"#)
        #expect(Property("GEO", raw: "37.386013;-122.082932").geo?.latitude == 37.386013)
    }
}

@Suite("Parameters, RFC 5545 §3.2 and RFC 6868")
struct ParameterTests {
    @Test(
        arguments: [
            ("plain", "plain"), ("a, b", "\"a, b\""), ("say \"hi\"", "say ^'hi^'"),
            ("up^2", "up^^2"), ("one\ntwo: x", "\"one^ntwo: x\""),
        ] as [(String, String)])
    func encoded(value: String, raw: String) {
        let property = Property("X", raw: "1", parameters: [Parameter("CN", value)])
        #expect(property.serialized == Array("X;CN=\(raw):1\r\n".utf8))
        #expect(property.parameter("CN") == value)
    }

    @Test func aCaretBeforeAnythingElseStands() throws {
        let calendar = try Component.parse(
            bytes("BEGIN:VCALENDAR\nX;CN=a^b^^c^;B=\"x\",y:1\nEND:VCALENDAR\n"))
        let property = try #require(calendar.first("X"))
        #expect(property.parameter("CN") == "a^b^c^")
        #expect(property.parameters == [Parameter("CN", "a^b^c^"), Parameter("B", "x", "y")])
    }

    @Test func othersKeepTheirBytes() throws {
        let calendar = try Component.parse(
            bytes(
                "BEGIN:VCALENDAR\nATTENDEE;cn=\"A\";ROLE=CHAIR;X-Y=\"z\":mailto:a@b\nEND:VCALENDAR\n"
            ))
        var property = try #require(calendar.first("ATTENDEE"))
        property.setParameter("ROLE", to: "OPT-PARTICIPANT")
        #expect(
            property.serialized
                == Array("ATTENDEE;cn=\"A\";ROLE=OPT-PARTICIPANT;X-Y=\"z\":mailto:a@b\r\n".utf8))
        property.setParameter("CN", to: nil)
        #expect(property.parameters.map(\.name) == ["ROLE", "X-Y"])
    }
}

@Suite("DATE, DATE-TIME and DURATION, RFC 5545 §3.3.4 to §3.3.6")
struct DateTests {
    @Test(
        arguments: [
            ("19970714", "DTSTART;VALUE=DATE:19970714"),
            ("19970714T083000", "DTSTART:19970714T083000"),
            ("19970714T083000Z", "DTSTART:19970714T083000Z"),
        ] as [(String, String)])
    func forms(raw: String, line: String) throws {
        let value = try #require(Property("DTSTART", raw: raw).dateTime)
        #expect(value.property(named: "DTSTART").serialized == Array("\(line)\r\n".utf8))
    }

    @Test func zoned() throws {
        let property = Property(
            "DTSTART", raw: "19970714T083000", parameters: [Parameter("TZID", "Europe/Berlin")])
        #expect(property.dateTime?.tzid == "Europe/Berlin")
        let changed = property.with(dateTime: .date(try #require(CivilDate(basic: "20240229"))))
        #expect(changed.serialized == Array("DTSTART;VALUE=DATE:20240229\r\n".utf8))
    }

    @Test(arguments: [
        "", "1997", "19970230", "19971301", "19970714T", "19970714T250000", "19970714T083061",
        "19970714T083000X", "abcdefgh", "-9970714", "19970714T083",
    ])
    func refused(raw: String) {
        #expect(Property("DTSTART", raw: raw).dateTime == nil)
    }

    @Test func secondSixtyIsFiftyNine() {
        #expect(CivilDateTime(basic: "19970630T235960")?.basic == "19970630T235959")
        #expect(CivilDateTime(basic: "19970630T240000")?.basic == "19970701T000000")
    }

    @Test func daysAreCountedThroughLeapYears() {
        for year in [0, 1600, 1900, 1970, 2000, 2024, 2100, 9999] {
            for month in 1...12 {
                for day in [1, 28, CivilDate.days(inMonth: month, of: year)] {
                    let date = CivilDate(year: year, month: month, day: day)
                    #expect(date.map { CivilDate(days: $0.days) } == date)
                }
            }
        }
        #expect(CivilDate(basic: "20240131")?.weekday == 3)
        #expect(CivilDate(basic: "19000228")?.adding(days: 1).basic == "19000301")
    }

    @Test func arithmeticStopsAtTheEndOfTime() throws {
        let date = try #require(CivilDateTime(basic: "20240131T093000"))
        #expect(date.adding(days: .max, seconds: .max).basic == "99991231T235959")
        #expect(date.adding(days: .min, seconds: .min).basic == "00000101T000000")
        #expect(date.date.adding(days: .max).basic == "99991231")
        #expect(date.adding(seconds: -34_201).basic == "20240130T235959")
    }

    @Test(
        arguments: [
            ("P15DT5H0M20S", 15, 18_020, "P15DT5H0M20S"), ("P7W", 49, 0, "P7W"),
            ("-PT15M", 0, -900, "-PT15M"),
            ("+P1D", 1, 0, "P1D"), ("PT0S", 0, 0, "PT0S"), ("P", 0, 0, "PT0S"),
            ("-P1DT12H", -1, -43_200, "-P1DT12H"),
            ("pt1h30m", 0, 5400, "PT1H30M"),
        ] as [(String, Int, Int, String)])
    func durations(text: String, days: Int, seconds: Int, written: String) {
        let duration = CalendarDuration(basic: text)
        #expect(duration == CalendarDuration(days: days, seconds: seconds))
        #expect(duration?.basic == written)
    }

    @Test(arguments: ["", "1D", "P1", "PT1X", "P-1D", "PT99999999999999999999S", "P1D junk"])
    func noDuration(text: String) {
        #expect(CalendarDuration(basic: text) == nil)
    }
}
