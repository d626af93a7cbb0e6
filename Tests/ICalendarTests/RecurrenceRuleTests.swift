import ICalendar
import Testing

/// The first instances of a rule, by the wall clock.
private func instances(_ start: String, _ rule: String, _ count: Int) throws -> [String] {
    let rule = try #require(RecurrenceRule(rule))
    let date = CivilDate(basic: start)
    let civil = try #require(
        date.map { CivilDateTime(date: $0, time: .midnight) } ?? CivilDateTime(basic: start))
    var generator = RecurrenceGenerator(rule, start: civil, isDate: date != nil)
    var found: [String] = []
    while found.count < count, let wall = generator.next() {
        let civil = CivilDateTime(wallSeconds: wall)
        if let until = rule.until, until.civil < civil { break }
        found.append(date == nil ? civil.basic : civil.date.basic)
    }
    return found
}

@Suite("Recurrence rules, the examples of RFC 5545 §3.8.5.3")
struct RecurrenceExampleTests {
    /// Rule and the days (at 09:00) of its first instances, DTSTART 1997-09-02.
    @Test(
        arguments: [
            ("FREQ=DAILY;COUNT=10", "0902 0903 0904 0905 0906 0907 0908 0909 0910 0911"),
            ("FREQ=DAILY;INTERVAL=2", "0902 0904 0906 0908"),
            ("FREQ=DAILY;INTERVAL=10;COUNT=5", "0902 0912 0922 1002 1012"),
            ("FREQ=WEEKLY;COUNT=10", "0902 0909 0916 0923 0930 1007 1014 1021 1028 1104"),
            ("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "0902 0916 0930 1014 1028 1111"),
            (
                "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
                "0902 0904 0909 0911 0916 0918 0923 0925 0930 1002"
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
                "0902 0904 0916 0918 0930 1002 1014 1016"
            ),
            (
                "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
                "0902 0915 1002 1015 1102 1115 1202 1215 0102 0115"
            ),
            ("FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "0902 0909 0916 0923 0930 1104 1111 1118 1125"),
            ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "0904 1007 1106"),
            ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "0929 1030 1127 1230 0129"),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "0213 0313 1113 0813 1013"),
            ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "0913 1011 1108 1213 0110"),
        ] as [(String, String)])
    func fromSecondOfSeptember(rule: String, days: String) throws {
        let expected = days.split(separator: " ").map(String.init)
        let found = try instances("19970902T090000", rule, expected.count)
        #expect(found.map { String($0.dropFirst(4).prefix(4)) } == expected)
        #expect(found.allSatisfy { $0.hasSuffix("T090000") })
    }

    @Test(
        arguments: [
            (
                "19970905T090000", "FREQ=MONTHLY;COUNT=4;BYDAY=1FR",
                "19970905 19971003 19971107 19971205"
            ),
            (
                "19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU",
                "19970907 19970928 19971102 19971130 19980104 19980125"
            ),
            ("19970922T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "19970922 19971020 19971117"),
            (
                "19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3",
                "19970928 19971029 19971128 19971229 19980129 19980226"
            ),
            (
                "19970930T090000", "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=1,-1",
                "19970930 19971001 19971031 19971101"
            ),
            (
                "19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=7;BYMONTHDAY=10,11,12,13,14,15",
                "19970910 19970911 19970912 19970913 19970914 19970915 19990310"
            ),
            (
                "19970610T090000", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7",
                "19970610 19970710 19980610 19980710"
            ),
            (
                "19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=4;BYMONTH=1,2,3",
                "19970310 19990110 19990210 19990310"
            ),
            (
                "19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=5;BYYEARDAY=1,100,200",
                "19970101 19970410 19970719 20000101 20000409"
            ),
            ("19970519T090000", "FREQ=YEARLY;BYDAY=20MO", "19970519 19980518 19990517"),
            ("19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512 19980511 19990517"),
            (
                "19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
                "19970313 19970320 19970327 19980305"
            ),
            (
                "19961105T090000",
                "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
                "19961105 20001107 20041102"
            ),
            (
                "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
                "19970805 19970810 19970819 19970824"
            ),
            (
                "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
                "19970805 19970817 19970819 19970831"
            ),
            (
                "20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
                "20070115 20070130 20070215 20070315 20070330"
            ),
        ] as [(String, String, String)])
    func others(start: String, rule: String, days: String) throws {
        let expected = days.split(separator: " ").map(String.init)
        #expect(try instances(start, rule, expected.count).map { String($0.prefix(8)) } == expected)
    }

    @Test(
        arguments: [
            ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000", "090000 120000 150000"),
            ("FREQ=MINUTELY;INTERVAL=15;COUNT=6", "090000 091500 093000 094500 100000 101500"),
            ("FREQ=MINUTELY;INTERVAL=90;COUNT=4", "090000 103000 120000 133000"),
            (
                "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=0,20,40",
                "090000 092000 094000 100000 102000 104000 090000"
            ),
            (
                "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10",
                "090000 092000 094000 100000 102000 104000 090000"
            ),
            ("FREQ=SECONDLY;INTERVAL=50;BYMINUTE=0,1", "090000 090050 090140 100000"),
        ] as [(String, String)])
    func withinTheDay(rule: String, times: String) throws {
        let expected = times.split(separator: " ").map(String.init)
        let found = try instances("19970902T090000", rule, 7).prefix(expected.count)
        #expect(found.map { String($0.suffix(6)) } == expected)
    }
}

@Suite("Recurrence rules, RFC 5545 §3.3.10")
struct RecurrenceRuleTests {
    @Test func daysThatDoNotExistAreLeftOut() throws {
        #expect(
            try instances("20240131", "FREQ=MONTHLY", 4) == [
                "20240131", "20240331", "20240531", "20240731",
            ])
        #expect(
            try instances("20240229", "FREQ=YEARLY", 3) == ["20240229", "20280229", "20320229"])
        #expect(try instances("20240101", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1) == [])
    }

    @Test("SKIP, RFC 7529 §4.1")
    func skip() throws {
        #expect(
            try instances("20240131", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD", 4)
                == ["20240131", "20240229", "20240331", "20240430"])
        #expect(
            try instances("20230131", "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=FORWARD", 4)
                == ["20230131", "20230301", "20230331", "20230501"])
        #expect(
            try instances("20240229", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=FORWARD", 3)
                == ["20240229", "20250301", "20260301"])
        #expect(
            try instances("20240229", "RSCALE=GREGORIAN;FREQ=YEARLY;SKIP=BACKWARD", 3)
                == ["20240229", "20250228", "20260228"])
    }

    @Test func partsOfTimeAreIgnoredForDates() throws {
        #expect(
            try instances("20240101", "FREQ=DAILY;BYHOUR=9,10;BYMINUTE=5", 2) == [
                "20240101", "20240102",
            ])
    }

    @Test func daysOfJanuaryBelongToTheLastWeekOfTheYearBefore() throws {
        #expect(
            try instances("20210101", "FREQ=YEARLY;BYWEEKNO=52;BYMONTHDAY=1", 2) == [
                "20220101", "20230101",
            ])
        #expect(
            try instances("20380101", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SA;BYMONTH=1", 1) == [
                "20380102"
            ])
        #expect(
            try instances("20390101", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SA;BYMONTH=1", 1) == [
                "20440102"
            ])
    }

    @Test func weekNumberAloneKeepsTheWeekday() throws {
        #expect(
            try instances("20240103", "FREQ=YEARLY;BYWEEKNO=10", 2) == ["20240306", "20250305"])
    }

    @Test func daysWithAndWithoutNumbersAreOneList() throws {
        #expect(
            try instances("20240101", "FREQ=MONTHLY;BYDAY=1MO,FR", 5)
                == ["20240101", "20240105", "20240112", "20240119", "20240126"])
    }

    @Test func setPositionCountsFromTheStartOfTheWeek() throws {
        // A Thursday: the week's first day of the three is Monday, before DTSTART.
        #expect(
            try instances("20240104", "FREQ=WEEKLY;BYDAY=MO,TH,FR;BYSETPOS=1", 2)
                == ["20240108", "20240115"])
    }

    @Test(arguments: [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYHOUR=1;BYSETPOS=2", "FREQ=YEARLY;BYSETPOS=366",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=3", "FREQ=MINUTELY;INTERVAL=999999999;BYSECOND=1;BYHOUR=3",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1,3,5;BYMONTH=6", "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
    ])
    func whatNeverComesEnds(rule: String) throws {
        #expect(try instances("20240101T000000", rule, 1).isEmpty)
    }

    @Test func seekingGivesTheSameAsWalking() throws {
        for text in [
            "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
            "FREQ=MONTHLY;BYDAY=-1FR",
            "FREQ=YEARLY;INTERVAL=3;BYMONTH=2;BYMONTHDAY=29", "FREQ=HOURLY;INTERVAL=7",
            "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
            "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=31;SKIP=FORWARD",
            "FREQ=DAILY;COUNT=400",
        ] {
            let rule = try #require(RecurrenceRule(text))
            let start = try #require(CivilDateTime(basic: "20230131T101500"))
            let all = Array(
                IteratorSequence(RecurrenceGenerator(rule, start: start, isDate: false)).prefix(300)
            )
            for index in stride(from: 0, to: all.count, by: 17) {
                for offset in [-1, 0] as [Int64] {
                    var generator = RecurrenceGenerator(rule, start: start, isDate: false)
                    generator.seek(to: all[index] + offset)
                    #expect(generator.next() == all[index], "\(text) at \(index)")
                }
            }
        }
    }

    @Test(arguments: [
        "", "DAILY", "FREQ=", "FREQ=SOMETIMES", "COUNT=3", "FREQ", ";;;",
    ])
    func noRule(text: String) {
        #expect(RecurrenceRule(text) == nil)
    }

    @Test(
        arguments: [
            ("freq=weekly; byday=mo, we", "FREQ=WEEKLY;BYDAY=MO,WE", true),
            ("FREQ=DAILY;INTERVAL=0", "FREQ=DAILY", false),
            ("FREQ=DAILY;BYMONTH=13,2", "FREQ=DAILY;BYMONTH=2", false),
            ("FREQ=DAILY;BYDAY=", "FREQ=DAILY", false),
            ("FREQ=DAILY;COUNT=99999999999999999999", "FREQ=DAILY", false),
            ("FREQ=DAILY;X-FOO=1;", "FREQ=DAILY", true),
            (
                "COUNT=5;BYDAY=+1SU,-1SA;FREQ=MONTHLY;WKST=SU",
                "FREQ=MONTHLY;COUNT=5;BYDAY=1SU,-1SA;WKST=SU", true
            ),
        ] as [(String, String, Bool)])
    func tolerated(text: String, written: String, isWhole: Bool) throws {
        let rule = try #require(RecurrenceRule(text))
        #expect(rule.text == written)
        #expect(rule.defects.isEmpty == isWhole)
    }
}
