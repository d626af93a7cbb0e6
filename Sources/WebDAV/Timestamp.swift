/// Instants as header fields and properties show them, from seconds since 1970 in UTC.
package enum Timestamp {
    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    package static func httpDate(_ seconds: Int64) -> String {
        let date = Civil(seconds)
        // Every answer has one or two of these.
        var text: [UInt8] = []
        text.reserveCapacity(32)
        text.append(contentsOf: weekdays[date.weekday].utf8)
        text.append(contentsOf: ", ".utf8)
        append(date.day, UInt8(ascii: " "), to: &text)
        text.append(contentsOf: months[date.month - 1].utf8)
        text.append(UInt8(ascii: " "))
        append(date.year / 100, nil, to: &text)
        append(date.year % 100, UInt8(ascii: " "), to: &text)
        append(date.hour, UInt8(ascii: ":"), to: &text)
        append(date.minute, UInt8(ascii: ":"), to: &text)
        append(date.second, UInt8(ascii: " "), to: &text)
        text.append(contentsOf: "GMT".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// `1994-11-06T08:49:37Z` (RFC 3339).
    package static func iso8601(_ seconds: Int64) -> String {
        let date = Civil(seconds)
        return "\(four(date.year))-\(two(date.month))-\(two(date.day))"
            + "T\(two(date.hour)):\(two(date.minute)):\(two(date.second))Z"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Two digits, and what follows them.
    private static func append(_ number: Int, _ separator: UInt8?, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10))
        text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
        if let separator { text.append(separator) }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static func four(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 4 - String(number).count)) + String(number)
    }

    /// The proleptic Gregorian calendar, from years of 400 counted from 1 March 0000.
    private struct Civil {
        let year, month, day, hour, minute, second, weekday: Int

        /// - Parameter seconds: kept within the years 1 to 9999.
        init(_ seconds: Int64) {
            let seconds = Int(min(max(seconds, -62_135_596_800), 253_402_300_799))
            let days = (seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400
            let rest = seconds - days * 86_400
            (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
            weekday = ((days + 4) % 7 + 7) % 7
            let shifted = days + 719_468
            let era = shifted / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra =
                (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let shiftedMonth = (5 * dayOfYear + 2) / 153
            day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
            month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        }
    }
}
