import ICalendar
import Testing

@Suite("Values by type, as jCal (RFC 7265 §3.6) and xCal (RFC 6321 §3.6) have them")
struct TypedValueTests {
    private func property(_ line: String) throws -> Property {
        try #require(
            Component.parse(bytes("BEGIN:VCALENDAR\n\(line)\nEND:VCALENDAR\n")).properties.first)
    }

    @Test(
        arguments: [
            ("DTSTART:20240131T093000Z", .dateTime, [.text("2024-01-31T09:30:00Z")]),
            ("DTSTART;TZID=X:20240131T093000", .dateTime, [.text("2024-01-31T09:30:00")]),
            ("DTSTART;VALUE=DATE:20240131", .date, [.text("2024-01-31")]),
            (
                "EXDATE:20240131T000000Z,20240201T000000Z", .dateTime,
                [.text("2024-01-31T00:00:00Z"), .text("2024-02-01T00:00:00Z")]
            ),
            ("SUMMARY:a\\, b\\nc", .text, [.text("a, b\nc")]),
            ("CATEGORIES:A,B\\,C", .text, [.text("A"), .text("B,C")]),
            ("GEO:37.5;-122", .float, [.fields([.float(37.5), .float(-122)])]),
            ("REQUEST-STATUS:2.0;Success", .text, [.fields([.text("2.0"), .text("Success")])]),
            ("PRIORITY:5", .integer, [.integer(5)]),
            ("TZOFFSETFROM:-0530", .utcOffset, [.text("-05:30")]),
            ("DURATION:PT1H", .duration, [.text("PT1H")]),
            (
                "TRIGGER;VALUE=DATE-TIME:20240131T093000Z", .dateTime,
                [.text("2024-01-31T09:30:00Z")]
            ),
            ("ATTENDEE;CN=A:mailto:a@example.org", .calAddress, [.text("mailto:a@example.org")]),
            (
                "FREEBUSY:20240131T000000Z/PT1H,20240131T020000Z/20240131T030000Z", .period,
                [
                    .period(start: "2024-01-31T00:00:00Z", end: "PT1H", isDuration: true),
                    .period(
                        start: "2024-01-31T02:00:00Z", end: "2024-01-31T03:00:00Z",
                        isDuration: false),
                ]
            ),
            (
                "RRULE:FREQ=YEARLY;COUNT=5;BYDAY=-1SU,2MO;BYMONTH=10", .recur,
                [
                    .recurrence([
                        .init(name: "freq", values: [.text("YEARLY")]),
                        .init(name: "count", values: [.integer(5)]),
                        .init(name: "byday", values: [.text("-1SU"), .text("2MO")]),
                        .init(name: "bymonth", values: [.integer(10)]),
                    ])
                ]
            ),
            ("X-UNKNOWN:a\\,b", .unknown, [.text("a\\,b")]),
            ("X-FLAG;VALUE=BOOLEAN:TRUE", .boolean, [.boolean(true)]),
            ("X-AT;VALUE=TIME:093000Z", .time, [.text("09:30:00Z")]),
        ] as [(String, ValueType, [TypedValue])])
    func thereAndBack(line: String, type: ValueType, values: [TypedValue]) throws {
        let property = try property(line)
        #expect(property.valueType == type)
        #expect(property.typedValues == values)
        let again = try #require(Property(property.typed))
        #expect(again.rawValue == property.rawValue)
        #expect(again.parameter("VALUE") == property.parameter("VALUE"))
    }

    @Test(
        arguments: [
            "PRIORITY:high", "DTSTART:so-on", "FREEBUSY:never", "RRULE:sometimes", "GEO:here",
            "RRULE:FREQ=DAILY;FREQ=WEEKLY", "TZOFFSETTO:east", "EXDATE:20240101,", "GEO:1,2",
        ])
    func whatIsNotOfItsTypeIsUnknownAndStays(line: String) throws {
        let property = try property(line)
        #expect(property.typed.type == .unknown)
        #expect(property.typed.values == [.text(property.rawValue)])
        #expect(Property(property.typed) == property)
    }

    @Test func aTypeThatNobodyRegisteredStays() throws {
        let property = try property("X-A;VALUE=X-Colour;B=c:a\\,b")
        #expect(property.typed.typeName == "x-colour")
        #expect(
            Property(property.typed)?.serialized == Array("X-A;B=c;VALUE=X-COLOUR:a\\,b\r\n".utf8))
    }

    @Test("BINARY says ENCODING=BASE64 in iCalendar alone, RFC 7265 §3.6.1")
    func binary() throws {
        let property = try property("ATTACH;FMTTYPE=a/b;ENCODING=BASE64;VALUE=BINARY:SGVsbG8=")
        #expect(property.typed.parameters == [Parameter("FMTTYPE", "a/b")])
        #expect(Property(property.typed) == property)
    }

    @Test("RFC 7986 §5.7: these have no type without VALUE")
    func valueIsAlwaysSaid() throws {
        let property = try property("REFRESH-INTERVAL;VALUE=DURATION:PT1H")
        #expect(property.typed.parameters.isEmpty)
        #expect(Property(property.typed) == property)
    }

    @Test(
        arguments: [
            (37.386013, "37.386013"), (-122.0, "-122"), (0.00001, "0.00001"),
            (-1.5e-7, "-0.00000015"),
            (1e15, "1000000000000000"), (1.5e16, "15000000000000000"), (-0.0, "0"),
        ] as [(Double, String)])
    func floatsHaveNoExponent(number: Double, text: String) {
        #expect(TypedValue.decimal(number) == text)
    }

    @Test(arguments: ["BEGIN", "end", "", ":;"])
    func aNameThatWouldBeMoreThanAPropertyIsNone(name: String) {
        let typed = TypedProperty(
            name: name, parameters: [], typeName: "text", values: [.text("VEVENT")])
        #expect(Property(typed) == nil)
    }

    @Test(arguments: Corpus.files(in: ["ical4j/valid", "davx5", "recurring-ical-events"]))
    func everyPropertyOfEveryFileComesBack(file: String) throws {
        guard let calendars = try? Component.parseStream(Corpus.bytes(file)) else { return }
        var different: [String] = []
        for calendar in calendars {
            calendar.visit { component in
                for property in component.properties {
                    if Property(property.typed)?.typed != property.typed {
                        different.append(property.rawValue)
                    }
                }
            }
        }
        #expect(different.isEmpty)
    }

    /// A name that no type may have must not become another one on the way back.
    @Test func theNameOfATypeIsAName() throws {
        let typed = TypedProperty(
            name: "UID", parameters: [], typeName: "T/ime", values: [.text("2015-08-01T23:00Z")])
        #expect(typed.type == .time)
        let property = try #require(Property(typed))
        #expect(property.parameter("VALUE") == "TIME")
        #expect(property.valueType == .time)
        #expect(ValueType(named: "//") == .unknown)
    }
}
