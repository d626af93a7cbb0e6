import Glibc
import ICalendar

/// Measures what the room is held to; the medians of several runs, as `name value` lines.
enum Bench {
    /// One event of about 2 KB.
    static let object = Array(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n\(event(0))END:VCALENDAR\r\n".utf8)

    static func run() {
        print("event-octets", object.count)
        report("parse-write-per-second", runs: 7) { clock in
            let count = 20_000
            let seconds = clock {
                for _ in 0..<count {
                    let bytes = (try? Component.parse(object))?.serialized() ?? []
                    precondition(bytes.count == object.count)
                }
            }
            return Double(count) / seconds
        }
        report("change-write-per-second", runs: 5) { clock in
            let count = 20_000
            let seconds = clock {
                for number in 0..<count {
                    guard var object = try? CalendarObject(parsing: object) else { return }
                    object.updateMaster { $0.set(Property("SUMMARY", text: "new \(number)")) }
                    precondition(!object.serialized().isEmpty)
                }
            }
            return Double(count) / seconds
        }
        var feed = Array("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n".utf8)
        for number in 0..<30_000 { feed += Array(Bench.event(number).utf8) }
        feed += Array("END:VCALENDAR\r\n".utf8)
        print("feed-megabytes", Double(feed.count) / 1e6)
        report("feed-megabytes-per-second", runs: 5) { clock in
            let seconds = clock {
                let calendars = try? Component.parseStream(feed)
                precondition(calendars?.first?.components.count == 30_000)
            }
            return Double(feed.count) / 1e6 / seconds
        }
        expansion()
        largest()
    }

    /// The largest object that is read: every other instance of a daily event is an override.
    private static func largest() {
        let count = ParseLimits.standard.components - 2
        let bytes = Array(overridden(count).utf8)
        guard let object = try? CalendarObject(parsing: bytes) else {
            return print("largest-milliseconds refused", Double.infinity)
        }
        let range = seconds(2020)..<seconds(2021)
        let start = DateTimeValue.utc(CivilDateTime(wallSeconds: seconds(2000)))
        let work: [(String, () -> Void)] = [
            ("parse", { _ = try? CalendarObject(parsing: bytes) }),
            ("span", { _ = object.span(floating: .utc) }),
            ("overlaps", { _ = object.overlaps(range, floating: .utc) }),
            ("expand a year", { _ = object.expanded(range, floating: .utc) }),
            (
                "move",
                {
                    var moved = object
                    moved.moveStart(to: start, floating: .utc)
                }
            ),
        ]
        for (name, body) in work {
            report("largest-milliseconds \(name)", runs: 5) { clock in clock(body) * 1e3 }
        }
    }

    private static func overridden(_ count: Int) -> String {
        let zone = "TZID=Europe/Berlin"
        var lines = [
            "BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "DTSTART;\(zone):20000101T090000",
            "DURATION:PT1H", "RRULE:FREQ=DAILY", "SEQUENCE:2", "END:VEVENT",
        ]
        for number in 0..<count {
            let day = CivilDateTime(wallSeconds: 946_717_200 + Int64(number) * 2 * 86_400)
            lines += [
                "BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;\(zone):\(day.basic)",
                "DTSTART;\(zone):\(day.adding(seconds: 3600).basic)",
                "DTEND;\(zone):\(day.adding(seconds: 7200).basic)", "SEQUENCE:1",
                "SUMMARY:Moved", "DTSTAMP:20240101T000000Z", "END:VEVENT",
            ]
        }
        return (lines + ["END:VCALENDAR", ""]).joined(separator: "\r\n")
    }

    private static func expansion() {
        let range = seconds(2020)..<seconds(2030)
        let ten = recurring("20200101T090000", "FREQ=DAILY")
        report("daily-ten-years-milliseconds", runs: 21) { clock in
            clock {
                let set = InstanceSet(ten, floating: .utc)
                precondition(set.instances(in: range, limit: 10_000).count == 3653)
            } * 1e3
        }
        let century = seconds(2100)..<(seconds(2100) + 31 * 86_400)
        for rule in [
            "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=YEARLY",
        ] {
            let old = recurring("19700105T090000", rule)
            report("month-of-2100-microseconds \(rule)", runs: 101) { clock in
                clock {
                    let set = InstanceSet(old, floating: .utc)
                    precondition(!set.instances(in: century, limit: 100).isEmpty)
                } * 1e6
            }
        }
    }

    private static func seconds(_ year: Int) -> Int64 {
        CivilDateTime(year: year, month: 1, day: 1).map(Zone.utc.seconds) ?? 0
    }

    private static func recurring(_ start: String, _ rule: String) -> CalendarObject {
        CalendarObject(
            kind: .vevent, uid: "bench", product: "x", stamp: 0,
            properties: [
                Property("DTSTART", raw: start, parameters: [Parameter("TZID", "Europe/Berlin")]),
                Property("DURATION", raw: "PT1H"),
                Property("RRULE", raw: rule),
            ])
    }

    /// Seconds that this process has worked: others on the machine do not count.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func report(
        _ name: String, runs: Int, _ measure: (_ clock: (() -> Void) -> Double) -> Double
    ) {
        var values: [Double] = []
        for _ in 0..<runs {
            values.append(
                measure { body in
                    let start = processorTime()
                    body()
                    return processorTime() - start
                })
        }
        print(name, values.sorted()[runs / 2])
    }

    /// About 2 KB, as a client of today writes it.
    private static func event(_ number: Int) -> String {
        let attendees = (0..<8).map { index in
            """
            ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP\r
             =TRUE;CN=Person \(index);SCHEDULE-STATUS=1.1:mailto:person\(index)@example.org\r

            """
        }.joined()
        return """
            BEGIN:VEVENT\r
            UID:0b8c1d5e-6f1a-4c7e-9d0b-\(number)\r
            DTSTAMP:20240301T101500Z\r
            CREATED:20240228T081500Z\r
            LAST-MODIFIED:20240301T101500Z\r
            SEQUENCE:3\r
            SUMMARY:Quarterly review with the northern team\\, second part\r
            DESCRIPTION:Agenda:\\n1. Figures of the last quarter\\n2. Plans for the next on\r
             e\\n3. Anything else\\n\\nDial in at +49 30 1234567\\, room 4711. Please bring y\r
             our own figures and have them printed; the projector in the room is still \r
             broken.\r
            LOCATION:Invalidenstraße 116\\, 10115 Berlin\r
            CATEGORIES:MEETING,QUARTER\r
            CLASS:PRIVATE\r
            STATUS:CONFIRMED\r
            TRANSP:OPAQUE\r
            PRIORITY:5\r
            DTSTART;TZID=Europe/Berlin:20240315T140000\r
            DTEND;TZID=Europe/Berlin:20240315T153000\r
            RRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=3FR;UNTIL=20261231T225959Z\r
            EXDATE;TZID=Europe/Berlin:20240621T140000\r
            ORGANIZER;CN=Organiser:mailto:organiser@example.org\r
            \(attendees)X-MOZ-GENERATION:4\r
            X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC\r
            BEGIN:VALARM\r
            ACTION:DISPLAY\r
            DESCRIPTION:Reminder\r
            TRIGGER;RELATED=START:-PT15M\r
            END:VALARM\r
            END:VEVENT\r

            """
    }
}
