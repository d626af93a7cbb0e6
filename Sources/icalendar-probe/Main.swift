import Glibc
import ICalendar

/// Answers questions on standard input, one a line, fields separated by tabs: the side of
/// `ICalendar` in comparisons with other programs (Tests/Reference). With `bench`, measures it.
@main
enum Probe {
    static func main() {
        switch CommandLine.arguments.dropFirst().first {
        case "bench": return Bench.run()
        case "event": return print(String(decoding: Bench.object, as: UTF8.self), terminator: "")
        default: break
        }
        while let line = readLine() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(
                String.init)
            print(answer(fields))
            fflush(nil)
        }
    }

    private static func answer(_ fields: [String]) -> String {
        switch (fields.first, fields.count) {
        case ("rule", 5):
            Questions.rule(
                zone: fields[1], start: fields[2], rule: fields[3], count: Int(fields[4]) ?? 0)
        case ("zone", 2): Questions.changes(ofZone: fields[1])
        case ("written", 2): Questions.changes(ofWritten: fields[1])
        case ("costs", 2): Questions.costs(path: fields[1])
        case ("vtimezone", 4):
            Questions.vtimezone(
                ofZone: fields[1], from: Int64(fields[2]) ?? 0, through: Int64(fields[3]) ?? 0)
        case ("instances", 4):
            Questions.instances(
                path: fields[1], from: Int64(fields[2]) ?? 0, to: Int64(fields[3]) ?? 0)
        default: "error: what is \(fields.first ?? "")?"
        }
    }
}
