import Testing

@testable import ICalendar

@Suite("Inputs that fuzzing found")
struct FoundByFuzzingTests {
    /// A TZif file of one type and one change, version 2, with a footer.
    private func zoneFile(change: Int64, offset: Int32, footer: String) -> [UInt8] {
        func header(_ times: UInt8) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                + [UInt8](repeating: 0, count: 12)
                + [0, 0, 0, times, 0, 0, 0, 1, 0, 0, 0, 4]
        }
        func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
        let type = big(offset) + [0, 0] + Array("ABC\u{0}".utf8)
        return header(0) + type + header(1) + big(change) + [0] + type + Array("\n\(footer)\n".utf8)
    }

    @Test func aZoneFileIsRead() throws {
        let file = try #require(
            TZif(zoneFile(change: 0, offset: 3600, footer: "CET-1CEST,M3.5.0,M10.5.0/3")))
        let zone = Zone(rules: try #require(file.rules(name: nil)))
        #expect(zone.offset(at: 1_720_000_000) == 7200)
    }

    @Test func aLastChangeBeyondTheTable() throws {
        let file = try #require(
            TZif(zoneFile(change: .max, offset: 3600, footer: "CET-1CEST,M3.5.0,M10.5.0/3")))
        #expect(file.rules(name: nil)?.offset(at: 0) == 3600)
    }

    @Test func anOffsetOfADayIsNone() {
        #expect(TZif(zoneFile(change: 0, offset: 90_000, footer: "")) == nil)
        #expect(PosixZone("ABC-23:59DEF,M3.5.0,M10.5.0") == nil)
        #expect(PosixZone("ABC24") == nil)
    }

    @Test func aZoneFileCutShort() {
        let whole = zoneFile(change: 0, offset: 3600, footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        for count in 0..<whole.count { _ = TZif(Array(whole[..<count]))?.rules(name: nil) }
        #expect(TZif(Array(whole[..<60])) == nil)
    }

    @Test func aParameterAfterAQuoteThatNobodyClosed() throws {
        let calendar = try Component.parse(
            bytes("BEGIN:VCALENDAR\nLOCATION;ALTREP=\"http://x.example:text\nEND:VCALENDAR\n"))
        var property = try #require(calendar.first("LOCATION"))
        property.setParameter("X-A", to: "b\"\n^c;:,")
        #expect(property.parameter("X-A") == "b\"\n^c;:,")
        #expect(property.rawValue == "//x.example:text")
    }

    @Test func aParameterThatAQuoteHidesIsReplaced() throws {
        let calendar = try Component.parse(
            bytes(
                "BEGIN:VCALENDAR\nDTSTART;X\"A;TZID=Australia/Brisbane:20050516T113000\nEND:VCALENDAR\n"
            ))
        var property = try #require(calendar.first("DTSTART"))
        property.setParameter("TZID", to: "Europe/Berlin")
        #expect(property.parameter("TZID") == "Europe/Berlin")
        #expect(property.parameters.map(\.name) == ["XA", "TZID"])
        #expect(property.rawValue == "20050516T113000")
    }

    @Test func aPeriodThatEndsAfterLaterInstances() throws {
        let object = try object(
            "DTSTART:20050425T090000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20050428T110000Z/25000428T113000Z,20050429T090000Z/PT1H"
        )
        #expect(object.span(floating: .utc).last == utc("25000428T113000"))
    }

    @Test func aDateBeforeTheStartOfAnEndlessRule() throws {
        let object = try object(
            "DTSTART:20230920T120000Z\nDURATION:PT1H\nRDATE:20140705T190000Z\nRRULE:FREQ=DAILY")
        #expect(object.span(floating: .utc).first == utc("20140705T190000"))
        #expect(object.span(floating: .utc).last == CalendarObject.farFuture)
    }

    @Test func aScaleIsAName() {
        #expect(RecurrenceRule("FREQ=DAILY;RSCALE=\"A;B\"")?.scale == nil)
        #expect(
            RecurrenceRule("RSCALE=gregorian;FREQ=DAILY")?.text == "RSCALE=GREGORIAN;FREQ=DAILY")
    }

    @Test func aZoneThatChangesAfterTheSpanOnly() throws {
        let file = try #require(TZif(zoneFile(change: 1_700_000_000, offset: 3600, footer: "")))
        let zone = Zone(rules: try #require(file.rules(name: nil)))
        let written = zone.vtimezone(tzid: "X", from: 1_600_000_000, through: 1_690_000_000)
        #expect(Zone(vtimezone: written)?.offset(at: 1_650_000_000) == 3600)
    }

    /// What is asked of an object takes as long as it has overrides: there may be some thousands.
    @Test func anObjectOfOverridesWithoutEndIsRefused() throws {
        func object(_ overrides: Int) throws -> CalendarObject {
            let override = "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20240101T090000Z\nEND:VEVENT\n"
            return try CalendarObject(
                parsing: bytes(
                    "BEGIN:VCALENDAR\n" + String(repeating: override, count: overrides)
                        + "END:VCALENDAR\n"))
        }
        #expect(try object(3_660).overrides.count == 3_660)
        let error = #expect(throws: ICalendarError.self) { try object(4_000) }
        #expect(error?.kind == .tooLarge)
    }

    @Test func aListOfMegabytesIsNotTakenApart() throws {
        let list = Property("CATEGORIES", raw: String(repeating: "a,", count: 60_000))
        #expect(list.typed.type == .unknown)
        #expect(Property(list.typed) == list)
    }
}
