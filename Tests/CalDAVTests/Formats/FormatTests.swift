import CalDAV
import ICalendar
import Testing

/// One component, of a VCALENDAR that says nothing but these lines.
private func component(_ lines: String...) throws -> Component {
    try Component.parse(
        Array("BEGIN:VCALENDAR\r\n\(lines.map { $0 + "\r\n" }.joined())END:VCALENDAR\r\n".utf8))
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// What the three forms have in common: names, parameters, types and values, in their order.
///
/// Lines that are no properties at all may begin with anything; XML has no names like that.
private func content(_ component: Component, _ format: CalendarFormat) -> [String] {
    let properties = component.properties.map(\.typed).filter { property in
        format != .xCal || property.name.first?.isLetter == true
    }
    return ["BEGIN \(component.name)"] + properties.map { "\($0)" }
        + component.components.flatMap { content($0, format) } + ["END"]
}

/// The first thing that is not the same.
private func difference(_ a: [String], _ b: [String]) -> String? {
    zip(a, b).first { $0 != $1 }.map { "\($0) is not \($1)" }
        ?? (a.count == b.count ? nil : "\(a.count) is not \(b.count)")
}

@Suite("jCal (RFC 7265) and xCal (RFC 6321)")
struct FormatTests {
    @Test(
        "the RFCs' own examples, read and written",
        arguments: [
            (
                FormatExamples.simple.iCalendar, FormatExamples.simple.jCal,
                FormatExamples.simple.xCal
            ),
            (
                FormatExamples.recurring.iCalendar, FormatExamples.recurring.jCal,
                FormatExamples.recurring.xCal
            ),
        ])
    func examples(iCalendar: String, jCal: String, xCal: String) throws {
        let expected = try Component.parse(Array(iCalendar.utf8))
        for (format, document) in [(CalendarFormat.jCal, jCal), (.xCal, xCal)] {
            let read = try format.read(Array(document.utf8))
            #expect(
                text(read.serialized())
                    == iCalendar.split(separator: "\n").map { $0 + "\r\n" }.joined())
            let again = try format.read(format.write(expected))
            #expect(text(again.serialized()) == text(read.serialized()))
        }
    }

    @Test(
        "each type as the RFCs write it, there and back",
        arguments: [
            // RFC 7265 §3.6, RFC 6321 §3.6
            (
                "ATTACH;ENCODING=BASE64;VALUE=BINARY:SGVsbG8gV29ybGQh",
                #"["attach",{},"binary","SGVsbG8gV29ybGQh"]"#,
                "<attach><binary>SGVsbG8gV29ybGQh</binary></attach>"
            ),
            (
                "X-NON-SMOKING;VALUE=BOOLEAN:TRUE", #"["x-non-smoking",{},"boolean",true]"#,
                "<x-non-smoking><boolean>true</boolean></x-non-smoking>"
            ),
            (
                "ATTENDEE:mailto:kewisch@example.com",
                #"["attendee",{},"cal-address","mailto:kewisch@example.com"]"#,
                "<attendee><cal-address>mailto:kewisch@example.com</cal-address></attendee>"
            ),
            (
                "DTSTART;VALUE=DATE:20110517", #"["dtstart",{},"date","2011-05-17"]"#,
                "<dtstart><date>2011-05-17</date></dtstart>"
            ),
            (
                "DTSTART:20121017T120000", #"["dtstart",{},"date-time","2012-10-17T12:00:00"]"#,
                "<dtstart><date-time>2012-10-17T12:00:00</date-time></dtstart>"
            ),
            (
                "DURATION:P1D", #"["duration",{},"duration","P1D"]"#,
                "<duration><duration>P1D</duration></duration>"
            ),
            (
                "X-GRADE;VALUE=FLOAT:1.3", #"["x-grade",{},"float",1.3]"#,
                "<x-grade><float>1.3</float></x-grade>"
            ),
            (
                "PERCENT-COMPLETE:42", #"["percent-complete",{},"integer",42]"#,
                "<percent-complete><integer>42</integer></percent-complete>"
            ),
            (
                "FREEBUSY;FBTYPE=FREE:19970308T160000Z/P1D",
                #"["freebusy",{"fbtype":"FREE"},"period",["1997-03-08T16:00:00Z","P1D"]]"#,
                "<freebusy><parameters><fbtype><text>FREE</text></fbtype></parameters><period>"
                    + "<start>1997-03-08T16:00:00Z</start><duration>P1D</duration></period></freebusy>"
            ),
            (
                "RRULE:FREQ=YEARLY;COUNT=5;BYDAY=-1SU,2MO;BYMONTH=10",
                #"["rrule",{},"recur",{"freq":"YEARLY","count":5,"byday":["-1SU","2MO"],"bymonth":10}]"#,
                "<rrule><recur><freq>YEARLY</freq><count>5</count><byday>-1SU</byday>"
                    + "<byday>2MO</byday><bymonth>10</bymonth></recur></rrule>"
            ),
            (
                "RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=1,15,-1;UNTIL=20131001",
                #"["rrule",{},"recur",{"freq":"MONTHLY","interval":2,"bymonthday":[1,15,-1],"#
                    + #""until":"2013-10-01"}]"#,
                "<rrule><recur><freq>MONTHLY</freq><interval>2</interval><bymonthday>1</bymonthday>"
                    + "<bymonthday>15</bymonthday><bymonthday>-1</bymonthday>"
                    + "<until>2013-10-01</until></recur></rrule>"
            ),
            // RFC 7529 §7
            (
                "RRULE:RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=5L;SKIP=FORWARD",
                #"["rrule",{},"recur",{"rscale":"HEBREW","freq":"YEARLY","bymonth":"5L","#
                    + #""skip":"FORWARD"}]"#,
                "<rrule><recur><rscale>HEBREW</rscale><freq>YEARLY</freq><bymonth>5L</bymonth>"
                    + "<skip>FORWARD</skip></recur></rrule>"
            ),
            (
                "COMMENT:a\\, b\\; \\\\ \"c\" <&>\\nd é",
                #"["comment",{},"text","a, b; \\ \"c\" <&>\nd é"]"#,
                "<comment><text>a, b; \\ \"c\" &lt;&amp;&gt;\nd é</text></comment>"
            ),
            (
                "X-TIME;VALUE=TIME:123000Z", #"["x-time",{},"time","12:30:00Z"]"#,
                "<x-time><time>12:30:00Z</time></x-time>"
            ),
            (
                "TZURL:http://example.org/x.ics", #"["tzurl",{},"uri","http://example.org/x.ics"]"#,
                "<tzurl><uri>http://example.org/x.ics</uri></tzurl>"
            ),
            (
                "TZOFFSETFROM:-0500", #"["tzoffsetfrom",{},"utc-offset","-05:00"]"#,
                "<tzoffsetfrom><utc-offset>-05:00</utc-offset></tzoffsetfrom>"
            ),
            // RFC 7265 §3.4.1, RFC 6321 §3.4.1: several values, and structured ones
            (
                "CATEGORIES:Meetings,Work\\, too",
                #"["categories",{},"text","Meetings","Work, too"]"#,
                "<categories><text>Meetings</text><text>Work, too</text></categories>"
            ),
            (
                "GEO:37.386013;-122.082932", #"["geo",{},"float",[37.386013,-122.082932]]"#,
                "<geo><latitude>37.386013</latitude><longitude>-122.082932</longitude></geo>"
            ),
            (
                "REQUEST-STATUS:3.7;Invalid calendar user;ATTENDEE:mailto:jsmith@example.org",
                #"["request-status",{},"text",["3.7","Invalid calendar user","#
                    + #""ATTENDEE:mailto:jsmith@example.org"]]"#,
                "<request-status><code>3.7</code><description>Invalid calendar user</description>"
                    + "<data>ATTENDEE:mailto:jsmith@example.org</data></request-status>"
            ),
            // RFC 7265 §3.5, RFC 6321 §3.5: parameters, RFC 6868 undone
            (
                "ATTENDEE;DELEGATED-TO=\"mailto:a@example.org\",\"mailto:b@example.org\";RSVP=TRUE;"
                    + "CN=A ^'B^':mailto:c@example.org",
                #"["attendee",{"delegated-to":["mailto:a@example.org","mailto:b@example.org"],"#
                    + #""rsvp":"TRUE","cn":"A \"B\""},"cal-address","mailto:c@example.org"]"#,
                "<attendee><parameters><delegated-to><cal-address>mailto:a@example.org</cal-address>"
                    + "<cal-address>mailto:b@example.org</cal-address></delegated-to><rsvp>"
                    + "<boolean>true</boolean></rsvp><cn><text>A \"B\"</text></cn></parameters>"
                    + "<cal-address>mailto:c@example.org</cal-address></attendee>"
            ),
            // RFC 7265 §5, RFC 6321 §5: what nobody registered
            (
                "X-COFFEE-DATA:Stenophylla;Guinea\\,Africa",
                #"["x-coffee-data",{},"unknown","Stenophylla;Guinea\\,Africa"]"#,
                "<x-coffee-data><unknown>Stenophylla;Guinea\\,Africa</unknown></x-coffee-data>"
            ),
            (
                "DTSTART;X-SLACK=30.3;VALUE=DATE:20110512",
                #"["dtstart",{"x-slack":"30.3"},"date","2011-05-12"]"#,
                "<dtstart><parameters><x-slack><unknown>30.3</unknown></x-slack></parameters>"
                    + "<date>2011-05-12</date></dtstart>"
            ),
            // RFC 6321 §4.2
            (
                "XML:<a:b xmlns:a=\"urn:x\">1</a:b>",
                #"["xml",{},"text","<a:b xmlns:a=\"urn:x\">1</a:b>"]"#,
                "<a:b xmlns:a=\"urn:x\">1</a:b>"
            ),
            (
                "XML:no markup", #"["xml",{},"text","no markup"]"#,
                "<xml><text>no markup</text></xml>"
            ),
        ] as [(String, String, String)])
    func types(line: String, jCal: String, xCal: String) throws {
        let calendar = try component(line)
        let json = CalendarFormat.jCal.write(calendar)
        #expect(text(json) == #"["vcalendar",["# + jCal + "],[]]")
        let xml = CalendarFormat.xCal.write(calendar)
        #expect(text(xml).contains("<properties>\(xCal)</properties>"))
        #expect(try CalendarFormat.jCal.read(json) == calendar)
        #expect(try CalendarFormat.xCal.read(xml) == calendar)
    }

    @Test(
        "every file of the corpus comes back with its names, parameters, types and values",
        arguments: Corpus.files())
    func corpus(file: String) throws {
        guard let calendars = try? Component.parseStream(Corpus.bytes(file)) else { return }
        for calendar in calendars {
            for format in [CalendarFormat.jCal, .xCal] {
                let expected = content(calendar, format)
                let written = format.write(calendar)
                let again = try format.read(written)
                #expect(difference(content(again, format), expected) == nil)
                // What is read is a calendar that can be stored.
                let stored = try Component.parse(again.serialized())
                #expect(difference(content(stored, format), expected) == nil)
                let isStable = format.write(again) == written
                #expect(isStable)
            }
        }
    }

    @Test("a stream is the same as the whole", arguments: CalendarFormat.allCases)
    func streams(format: CalendarFormat) throws {
        for example in [FormatExamples.simple.iCalendar, FormatExamples.recurring.iCalendar] {
            let lines = example.split(separator: "\n").map { $0 + "\r\n" }.joined()
            let calendar = try Component.parse(Array(lines.utf8))
            var stream = CalendarStream(format)
            var bytes: [UInt8] = []
            stream.begin(calendar.properties, to: &bytes)
            for component in calendar.components { stream.append(component, to: &bytes) }
            stream.end(to: &bytes)
            #expect(try format.read(bytes) == calendar)
        }
        var stream = CalendarStream(format)
        var bytes: [UInt8] = []
        stream.begin([Property("VERSION", raw: "2.0")], to: &bytes)
        stream.end(to: &bytes)
        #expect(try format.read(bytes).first("VERSION")?.text == "2.0")
    }

    @Test("media types are names in any case")
    func mediaTypes() {
        #expect(CalendarFormat(mediaType: "Application/Calendar+JSON") == .jCal)
        #expect(CalendarFormat(mediaType: "application/calendar+xml") == .xCal)
        #expect(CalendarFormat(mediaType: "text/calendar") == .iCalendar)
        #expect(CalendarFormat(mediaType: "application/json") == nil)
    }
}

@Suite("What other programs write as jCal and xCal")
struct FormatToleranceTests {
    @Test(
        arguments: [
            // The only calendar of a stream, a byte order mark, escapes, an escaped slash.
            (#"[["vcalendar",[["comment",{},"text","\u0041\ud83d\ude00\/"]],[]]]"#, "COMMENT:A😀/"),
            ("\u{FEFF}[\"vcalendar\",[[\"comment\",{},\"text\",\"a\"]],[]]", "COMMENT:a"),
            // Half of a surrogate pair.
            (#"["vcalendar",[["comment",{},"text","\ud83dx"]],[]]"#, "COMMENT:\u{FFFD}x"),
            // VALUE has no place among the parameters.
            (
                #"["vcalendar",[["dtstart",{"value":"x"},"date","2024-01-31"]],[]]"#,
                "DTSTART;VALUE=DATE:20240131"
            ),
            // A rule as iCalendar writes it, numbers as texts and texts as numbers.
            (#"["vcalendar",[["rrule",{},"recur","FREQ=DAILY"]],[]]"#, "RRULE:FREQ=DAILY"),
            (#"["vcalendar",[["priority",{},"integer","5"]],[]]"#, "PRIORITY:5"),
            (#"["vcalendar",[["summary",{"x":1},"text",5]],[]]"#, "SUMMARY;X=1:5"),
            (#"["vcalendar",[["percent-complete",{},"integer",5.0]],[]]"#, "PERCENT-COMPLETE:5"),
            (#"["vcalendar",[["summary",{},"text",null]],[]]"#, "SUMMARY:"),
            // No new line and no second property by way of a name, a parameter or a value.
            (
                #"["vcalendar",[["a\r\nb:c",{"d\r\n;e":"f\r\ng"},"uri","h\r\ni"]],[]]"#,
                "ABC;DE=f^ng;VALUE=URI:h  i"
            ),
        ] as [(String, String)])
    func jCal(document: String, line: String) throws {
        let calendar = try CalendarFormat.jCal.read(Array(document.utf8))
        #expect(text(calendar.serialized()) == "BEGIN:VCALENDAR\r\n\(line)\r\nEND:VCALENDAR\r\n")
    }

    @Test(
        arguments: [
            (
                "<c:properties><c:summary><c:text><![CDATA[<b>]]></c:text></c:summary></c:properties>",
                "SUMMARY:<b>"
            ),
            // Nothing of another namespace is taken for ours; RFC 6321 §4.2 makes it a property.
            (
                "<c:properties><summary xmlns=\"urn:x\">1</summary></c:properties>",
                "XML:<summary xmlns=\"urn:x\">1</summary>"
            ),
            (
                "<c:properties><c:rrule><c:recur><c:freq>DAILY</c:freq><c:byday>MO</c:byday>"
                    + "<c:interval> 2 </c:interval><c:byday>TU</c:byday></c:recur></c:rrule>"
                    + "</c:properties><x/>", "RRULE:FREQ=DAILY;BYDAY=MO,TU;INTERVAL=2"
            ),
        ])
    func xCal(content: String, line: String) throws {
        let document =
            "<c:icalendar xmlns:c=\"urn:ietf:params:xml:ns:icalendar-2.0\"><c:vcalendar>\(content)"
            + "</c:vcalendar></c:icalendar>"
        let calendar = try CalendarFormat.xCal.read(Array(document.utf8))
        #expect(text(calendar.serialized()) == "BEGIN:VCALENDAR\r\n\(line)\r\nEND:VCALENDAR\r\n")
    }
}

@Suite("What is no jCal and no xCal is refused")
struct FormatErrorTests {
    @Test(
        arguments: [
            "", " ", "[", "{}", "null", "\"vcalendar\"", "[]", #"["vcalendar"]"#,
            #"["vcalendar",[],[]"#, #"["vcalendar",[],[]] x"#, #"["vcalendar",[],[],[]]"#,
            #"["vcalendar",[[]],[]]"#, #"["vcalendar",[["summary",{},"text"]],[]]"#,
            #"["vcalendar",[["begin",{},"text","VEVENT"]],[]]"#, #"["vevent",[],[]]"#,
            #"[["vcalendar",[],[]],["vcalendar",[],[]]]"#, #"["vcalendar",{},[]]"#,
            #"["vcalendar",[["",{},"text","a"]],[]]"#, #"["vcalendar",[],[["",[],[]]]]"#,
            #"["vcalendar",[["summary",{},"text","a]],[]]"#, "[\"vcalendar\",[],[],]",
            #"["vcalendar",[["a",{},"text","\u12"]],[]]"#,
            #"["vcalendar",[["a",{},"text","\x"]],[]]"#,
            #"["vcalendar",[["a",{},"integer",01]],[]]"#,
            #"["vcalendar",[["a",{},"integer",-]],[]]"#,
            #"["vcalendar",[["a",{},"integer",1.]],[]]"#,
            #"["vcalendar",[["a",{},"text",tru]],[]]"#,
            "[\"vcalendar\",[[\"a\",{},\"text\",\"\u{1}\"]],[]]",
            #"["vcalendar",[["a",{},"period",["b"]]],[]]"#,
            #"["vcalendar",[["a",{},"text",[["b"]]]],[]]"#,
        ])
    func jCal(document: String) {
        let error = #expect(throws: ICalendarError.self) {
            try CalendarFormat.jCal.read(Array(document.utf8))
        }
        #expect(error?.kind == .syntax)
        #expect(error?.line == 1)
    }

    @Test func bytesThatAreNoUTF8() {
        let document =
            Array(#"["vcalendar",[["a",{},"text",""#.utf8) + [0xC3, 0x28] + Array("\"]],[]]".utf8)
        #expect(throws: ICalendarError.self) { try CalendarFormat.jCal.read(document) }
    }

    @Test(
        arguments: [
            "", "<icalendar/>", "<icalendar xmlns=\"urn:x\"><vcalendar/></icalendar>",
            "<icalendar xmlns=\"urn:ietf:params:xml:ns:icalendar-2.0\"/>",
            "<icalendar xmlns=\"urn:ietf:params:xml:ns:icalendar-2.0\"><vevent/></icalendar>",
            "<icalendar xmlns=\"urn:ietf:params:xml:ns:icalendar-2.0\"><vcalendar/><vcalendar/></icalendar>",
            "<icalendar xmlns=\"urn:ietf:params:xml:ns:icalendar-2.0\"><vcalendar><properties><a/>"
                + "</properties></vcalendar></icalendar>",
            "<icalendar xmlns=\"urn:ietf:params:xml:ns:icalendar-2.0\"><vcalendar><properties>"
                + "<begin><text>VEVENT</text></begin></properties></vcalendar></icalendar>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><icalendar/>",
        ])
    func xCal(document: String) {
        let error = #expect(throws: ICalendarError.self) {
            try CalendarFormat.xCal.read(Array(document.utf8))
        }
        #expect(error?.kind == .syntax)
    }

    @Test("limits are those of iCalendar", arguments: [CalendarFormat.jCal, .xCal])
    func limits(format: CalendarFormat) throws {
        var deep = Component(name: "VCALENDAR")
        for _ in 0..<16 { deep = Component(name: "VCALENDAR", properties: [], components: [deep]) }
        let bytes = format.write(deep)
        let tooDeep = #expect(throws: ICalendarError.self) { try format.read(bytes) }
        #expect(tooDeep?.kind == .tooLarge)
        let wide = Component(
            name: "VCALENDAR", properties: (0..<100).map { Property("X-\($0)", raw: "1") })
        for limits in [
            ParseLimits(bytes: 100, components: 9, properties: 1000, depth: 9),
            ParseLimits(bytes: 100_000, components: 9, properties: 99, depth: 9),
        ] {
            let error = #expect(throws: ICalendarError.self) {
                try format.read(format.write(wide), limits: limits)
            }
            #expect(error?.kind == .tooLarge)
        }
    }

    @Test("values by the million are refused, of a property, a parameter or a rule")
    func values() {
        let many = String(repeating: "1,", count: 1000) + "1"
        for property in [
            "\"categories\",{},\"text\",\(many)", "\"x\",{\"y\":[\(many)]},\"text\",1",
            "\"rrule\",{},\"recur\",{\"byday\":[\(many)]}", "\"geo\",{},\"float\",[\(many)]",
        ] {
            let limits = ParseLimits(bytes: 100_000, components: 9, properties: 200, depth: 9)
            let error = #expect(throws: ICalendarError.self) {
                try CalendarFormat.jCal.read(
                    Array("[\"vcalendar\",[[\(property)]],[]]".utf8), limits: limits)
            }
            #expect(error?.kind == .tooLarge)
        }
    }

    @Test("a deep nest of brackets is refused without ado")
    func nest() {
        let document = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: ICalendarError.self) { try CalendarFormat.jCal.read(document) }
    }
}
