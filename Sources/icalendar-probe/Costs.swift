import Glibc
import ICalendar

extension Questions {
    /// Milliseconds that each computation over the recurrences of an object takes that a request can ask for.
    static func costs(path: String) -> String {
        guard let bytes = contents(of: path), let object = try? CalendarObject(parsing: bytes)
        else { return "error: no object" }
        let all = Int64(-62_135_596_800)..<253_402_300_799
        let late = Int64(4_000_000_000)..<4_002_678_400
        var costs: [String] = []
        func measure(_ name: String, _ body: () -> Void) {
            let begin = now
            body()
            costs.append("\(name)=\((now - begin) / 1000)")
        }
        measure("parse") { _ = try? CalendarObject(parsing: bytes) }
        measure("span") { _ = object.span(floating: .utc) }
        measure("late") { _ = object.overlaps(late, floating: .utc) }
        measure("places") { _ = object.componentsOverlapping(late, floating: .utc) }
        measure("alarm") { _ = object.hasAlarm(in: late, floating: .utc) { _ in false } }
        measure("alarms") { _ = object.hasAlarm(in: late, floating: .utc) }
        measure("expand") { _ = object.expanded(all, floating: .utc) }
        measure("limit") { _ = object.limitingRecurrenceSet(to: late, floating: .utc) }
        measure("busy") {
            var busy = FreeBusy(in: all)
            busy.add(object, floating: .utc)
            _ = busy.component(stamp: 0)
        }
        return costs.joined(separator: " ")
    }

    /// Microseconds of a clock that nobody sets.
    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
