import ICalendar
import Testing

@Suite("Content lines, RFC 5545 §3.1")
struct ContentLineTests {
    private func description(_ text: String) throws -> String? {
        let calendar = try Component.parse(
            Array("BEGIN:VCALENDAR\r\n\(text)\r\nEND:VCALENDAR\r\n".utf8))
        return calendar.first("DESCRIPTION")?.text
    }

    @Test(arguments: [
        "DESCRIPTION:This is a long line",
        "DESCRIPTION:This is a lo\r\n ng line",
        "DESCRIPTION:This is a lo\r\n\tng line",
        "DESCRIPTION:This is a lo\n ng line",
        "DESC\r\n RIPTION:This is a \r\n l\r\n o\r\n ng line",
        "description:This is a long line",
        "DESCRIPTION;X=\"a:b;c\":This is a long line",
        "DESCRIPTION;X=a\r\n b:This is a long line",
        "DESCRIPTION:This is a long line\r\r",
    ])
    func unfolded(text: String) throws {
        #expect(try description(text) == "This is a long line")
    }

    @Test func foldingDoesNotBreakUTF8() throws {
        for length in 60...80 {
            let text = String(repeating: "x", count: length) + String(repeating: "ü🗓", count: 40)
            let calendar = Component(
                name: "VCALENDAR", properties: [Property("SUMMARY", text: text)])
            let written = calendar.serialized()
            for line in written.split(separator: 10) {
                #expect(line.count <= 76)
                #expect(String(validating: line, as: UTF8.self) != nil)
            }
            #expect(try Component.parse(written).first("SUMMARY")?.text == text)
        }
    }

    @Test("a folded line ends in no blank, which readers that trim lines would lose")
    func foldIsBeforeABlank() throws {
        for before in 50..<70 {
            let text = String(repeating: "a", count: before) + "  b \tc " + "d e f g h i j k l"
            let property = Property("SUMMARY", text: text)
            let lines = String(decoding: property.serialized, as: UTF8.self).split(
                separator: "\r\n")
            #expect(lines.allSatisfy { $0.last != " " && $0.last != "\t" && $0.utf8.count <= 75 })
            let whole = bytes("BEGIN:VCALENDAR\n") + property.serialized + bytes("END:VCALENDAR\n")
            #expect(try Component.parse(whole).first("SUMMARY")?.text == text)
        }
        // Nothing but blanks has to be cut all the same.
        let blank = Property("X", raw: "a" + String(repeating: " ", count: 400))
        let whole = bytes("BEGIN:VCALENDAR\n") + blank.serialized + bytes("END:VCALENDAR\n")
        #expect(try Component.parse(whole).first("X")?.rawValue == blank.rawValue)
        #expect(blank.serialized.count < 430)
    }

    @Test func foldIsAfter75Octets() {
        let property = Property("SUMMARY", raw: String(repeating: "x", count: 200))
        let lines = property.serialized.split(separator: 10).map { $0.count - 1 }
        #expect(lines == [75, 75, 60])
    }

    @Test(arguments: ["\r\n", "\n", "\r"])
    func newLinesEndLikeTheOthers(newline: String) throws {
        let text = "BEGIN:VCALENDAR\(newline)X-A:1\(newline)END:VCALENDAR\(newline)"
        var calendar = try Component.parse(Array(text.utf8))
        calendar.append(Property("X-B", raw: "2"))
        let expected =
            "BEGIN:VCALENDAR\(newline)X-A:1\(newline)X-B:2\(newline)END:VCALENDAR\(newline)"
        #expect(String(decoding: calendar.serialized(), as: UTF8.self) == expected)
    }

    @Test func byteOrderMarkStays() throws {
        let bytes = [0xEF, 0xBB, 0xBF] + Array("BEGIN:VCALENDAR\nEND:VCALENDAR\n".utf8)
        #expect(try Component.parse(bytes).serialized() == bytes)
    }

    @Test func bareCarriageReturnIsContent() throws {
        #expect(try description("DESCRIPTION:a\rb") == "a\rb")
    }

    @Test func lastLineWithoutEndingIsEndedWhenSomethingFollows() throws {
        let read = try Component.parse(Array("BEGIN:VCALENDAR\nEND:VCALENDAR".utf8))
        let outer = Component(name: "X-OUTER", properties: [], components: [read])
        #expect(
            String(decoding: outer.serialized(), as: UTF8.self)
                == "BEGIN:X-OUTER\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\nEND:X-OUTER\r\n")
    }

    @Test func whatIsNotUTF8ReadsAsWindows1252AndStays() throws {
        var bytes = Array("BEGIN:VCALENDAR\nSUMMARY:M".utf8)
        bytes += [0xFC] + Array("ller ".utf8) + [0x80] + Array("\nX-A:1\nEND:VCALENDAR\n".utf8)
        var calendar = try Component.parse(bytes)
        #expect(calendar.first("SUMMARY")?.text == "Müller €")
        calendar.set(Property("X-A", raw: "2"))
        #expect(calendar.serialized().contains(0xFC))
    }

    @Test func quotedPrintableOfVCalendar() throws {
        #expect(
            try description("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:caf=C3=A9=0D=0A=\r\nnext=\r\n")
                == "café\nnext")
    }

    @Test func newTextIsNotQuotedPrintable() {
        let property = Property(
            "X", raw: "=41", parameters: [Parameter("ENCODING", "QUOTED-PRINTABLE")])
        #expect(property.text == "A")
        #expect(property.with(text: "1=3D").text == "1=3D")
    }

    @Test func aLineWithoutColonStaysAndIsFound() throws {
        let text = bytes("BEGIN:VCALENDAR\nSUMMARY:a\nbroken text\nX-A:1\nEND:VCALENDAR\n")
        let calendar = try Component.parse(text)
        #expect(calendar.properties.map(\.name) == ["SUMMARY", "X-A"])
        #expect(calendar.serialized() == text)
        #expect(Finding.all(in: text).contains { $0.line == 3 && $0.section == "RFC 5545 §3.1" })
    }

    @Test func aQuoteThatNobodyClosedEndsAtTheFirstColon() throws {
        var property = try #require(
            try Component.parse(bytes("BEGIN:VCALENDAR\nX-A;B=\"c:value\nEND:VCALENDAR\n")).first(
                "X-A"))
        #expect(property.rawValue == "value")
        property.setParameter("D", to: "e")
        #expect(property.parameter("D") == "e")
    }

    @Test func propertiesAfterComponentsKeepTheirPlace() throws {
        let text = bytes(
            "BEGIN:VCALENDAR\nX-A:1\nBEGIN:VEVENT\nX-B:1\nEND:VEVENT\nX-C:1\nEND:VCALENDAR\n")
        var calendar = try Component.parse(text)
        #expect(calendar.serialized() == text)
        calendar.removeAll("X-A")
        #expect(
            calendar.serialized()
                == bytes("BEGIN:VCALENDAR\nBEGIN:VEVENT\nX-B:1\nEND:VEVENT\nX-C:1\nEND:VCALENDAR\n")
        )
    }
}

@Suite("Reading ends at its limits")
struct ParseLimitTests {
    private let limits = ParseLimits(bytes: 200, components: 3, properties: 3, depth: 3)

    @Test(arguments: [
        String(repeating: "X-A:1\n", count: 40),
        "BEGIN:A\nEND:A\nBEGIN:A\nEND:A\nBEGIN:A\nEND:A\n",
        "BEGIN:A\nBEGIN:A\nBEGIN:A\nEND:A\nEND:A\nEND:A\n",
        "X-A:1\nX-A:1\nX-A:1\nX-A:1\n",
    ])
    func tooLarge(inside: String) {
        let text = Array("BEGIN:VCALENDAR\n\(inside)END:VCALENDAR\n".utf8)
        #expect { try Component.parse(text, limits: limits) } throws: {
            ($0 as? ICalendarError)?.kind == .tooLarge
        }
    }

    @Test(
        arguments: [
            ("", 1), ("BEGIN:VEVENT\nEND:VEVENT\n", 1), ("X-A:1\n", 1),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", 3), ("BEGIN:VCALENDAR\n", 1),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", 3),
            ("BEGIN:VCALENDAR\nBEGIN: \n", 2),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", 3),
        ] as [(String, Int)])
    func noCalendar(text: String, line: Int) {
        #expect { try Component.parse(Array(text.utf8)) } throws: {
            let error = $0 as? ICalendarError
            return error?.kind == .syntax && error?.line == line
        }
    }

    @Test func aMisspeltEndIsTolerated() throws {
        let text = bytes("BEGIN:VCALENDAR\nBEGIN:VTODO\nUID:1\nEND:VTOOD\nEND:VCALENDAR\n")
        #expect(try Component.parse(text).serialized() == text)
        #expect(Finding.all(in: text).contains { $0.reason == "END has another name than BEGIN" })
    }
}
