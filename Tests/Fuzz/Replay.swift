import Glibc

/// Runs inputs once each without sanitizer and tells the processor time of the slowest:
/// `replay TARGET LIMIT FILE…`. Ends with 1 where one takes more than LIMIT milliseconds.
///
/// `replay seeds-jcal FOLDER FILE…` writes calendar files as jCal (or xCal) into a folder.
@main
enum Replay {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count > 3, arguments[1].hasPrefix("seeds-") {
            let format: CalendarFormat = arguments[1] == "seeds-jcal" ? .jCal : .xCal
            return write(Array(arguments.dropFirst(3)), as: format, into: arguments[2])
        }
        guard arguments.count > 3, let target = FuzzTarget(rawValue: arguments[1]),
            let limit = Double(arguments[2])
        else {
            print("usage: replay TARGET LIMIT FILE...")
            exit(2)
        }
        // Zone files are read once; what is measured are the inputs.
        target.run(Array("BEGIN:VCALENDAR\nEND:VCALENDAR\n".utf8))
        var slowest = (time: 0.0, path: "")
        for path in arguments.dropFirst(3) {
            guard let bytes = contents(of: path) else { continue }
            let start = clock()
            target.run(bytes)
            let time = Double(clock() - start) * 1000 / Double(CLOCKS_PER_SEC)
            if time > slowest.time { slowest = (time, path) }
        }
        print("\(arguments.count - 3) inputs, slowest \(slowest.time) ms: \(slowest.path)")
        exit(slowest.time > limit ? 1 : 0)
    }

    private static func write(_ paths: [String], as format: CalendarFormat, into folder: String) {
        for (number, path) in paths.enumerated() {
            guard let bytes = contents(of: path), let calendar = try? Component.parse(bytes),
                let file = fopen("\(folder)/\(number)", "wb")
            else { continue }
            defer { fclose(file) }
            let written = format.write(calendar)
            fwrite(written, 1, written.count, file)
        }
    }

    private static func contents(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 {
            bytes += chunk[..<count]
        }
        return bytes
    }
}
