import Glibc

/// Text without what a terminal would obey: names and titles are whatever somebody wrote.
func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
        result.append(isControl ? " " : scalar)
    }
    return String(result)
}

/// A time for people and programs: `2026-03-01T12:00:00Z`.
enum Timestamp {
    /// - Parameter seconds: since 1970, UTC.
    static func text(_ seconds: Int64) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "?" }
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// A JSON array, one object a line, written as it comes.
struct JSONList {
    private var isEmpty = true

    mutating func append(_ line: JSONLine) {
        let text = String(decoding: line.finished().dropLast(), as: UTF8.self)
        print(isEmpty ? "[" : ",")
        print(text, terminator: "")
        isEmpty = false
    }

    func end() { print(isEmpty ? "[]" : "\n]") }
}
