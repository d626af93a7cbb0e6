import ICalendar
import Testing

@Suite("What an object makes of its recurrences takes bounded work")
struct BoundedWorkTests {
    private static let all = Int64(-62_135_596_800)..<253_402_300_799

    private func event(_ lines: String) throws -> CalendarObject {
        try CalendarObject(
            parsing: bytes(
                "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:a\n"
                    + "DTSTAMP:20000101T000000Z\nDTSTART:20000101T090000Z\nDURATION:PT1H\n\(lines)"
                    + "END:VEVENT\nEND:VCALENDAR\n"))
    }

    private func busy(_ lines: String, in range: Range<Int64> = all) throws -> [FreeBusy.Period] {
        var busy = FreeBusy(in: range)
        busy.add(try event(lines), floating: .utc)
        return busy.merged
    }

    /// 30,240 of them: it took 16 s where each instance was held against all of them.
    private let exceptions = (0..<30_240).map { number in
        let day = CivilDate(days: CivilDate(basic: "20000101")!.days + number)
        return "EXDATE:\(day.basic)T090000Z\n"
    }.joined()

    @Test("free-busy of an endless series with many exceptions", .timeLimit(.minutes(1)))
    func manyExceptions() throws {
        let periods = try busy("RRULE:FREQ=DAILY\n" + exceptions)
        let first = try #require(periods.first)
        // What is left goes on for longer than can be listed: all of it is busy.
        #expect(first.start == 946_717_200 && periods.count == 1)
        #expect(first.end == Self.all.upperBound)
    }

    @Test("expanding it, and judging it by a time-range", .timeLimit(.minutes(1)))
    func manyExceptionsElsewhere() throws {
        let object = try event("RRULE:FREQ=DAILY\n" + exceptions)
        #expect(object.expanded(Self.all, floating: .utc).components.count > 40)
        let late = Int64(4_000_000_000)..<4_000_864_000
        #expect(object.overlaps(late, floating: .utc))
        #expect(object.componentsOverlapping(late, floating: .utc) == [0])
        #expect(!object.hasAlarm(in: late, floating: .utc))
    }

    @Test func aSeriesThatCanBeListedIsListed() throws {
        let periods = try busy("RRULE:FREQ=DAILY;COUNT=3\n")
        #expect(periods.map(\.start) == [946_717_200, 946_803_600, 946_890_000])
    }

    @Test func oneThatCannotIsBusyFromItsBeginningOn() throws {
        let periods = try busy("RRULE:FREQ=SECONDLY;INTERVAL=7200\n")
        #expect(periods.count == 1 && periods.first?.start == 946_717_200)
    }

    @Test func aTransparentOneTakesNoTimeHoweverLong() throws {
        #expect(try busy("RRULE:FREQ=SECONDLY\nTRANSP:TRANSPARENT\n").isEmpty)
    }

    @Test("thousands of overrides are gone through once", .timeLimit(.minutes(1)))
    func manyOverrides() throws {
        var text = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n"
        func add(_ lines: String) {
            text +=
                "BEGIN:VEVENT\nUID:a\nDTSTAMP:20000101T000000Z\nDURATION:PT1H\n\(lines)"
                + "END:VEVENT\n"
        }
        add("DTSTART:20000101T090000Z\nRRULE:FREQ=DAILY\n")
        for number in 0..<3_000 {
            let day = CivilDate(days: CivilDate(basic: "20000101")!.days + number).basic
            add("RECURRENCE-ID:\(day)T090000Z\nDTSTART:\(day)T100000Z\n")
        }
        let object = try CalendarObject(parsing: bytes(text + "END:VCALENDAR\n"))
        let places = object.componentsOverlapping(946_720_800..<946_980_000, floating: .utc)
        #expect(places == [1, 2, 3])
        #expect(
            object.componentsWithInstance(.start, in: Self.all, floating: .utc).count == 3_001)
    }
}
