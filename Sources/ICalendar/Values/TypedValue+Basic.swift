// Between the basic forms of iCalendar and the extended ones of jCal and xCal (RFC 7265 §3.6,
// RFC 6321 §3.6).

extension TypedValue {
    /// Reads a value as iCalendar writes it; nil where it has not the form of its type.
    init?(basic bytes: ArraySlice<UInt8>, _ type: ValueType) {
        let trimmed = ASCII.trim(bytes)
        let value: TypedValue? =
            switch type {
            case .date, .dateTime: TypedValue.extended(trimmed).map { .text($0) }
            case .time: TypedValue.extendedTime(trimmed).map { .text($0) }
            case .utcOffset: TypedValue.extendedOffset(trimmed).map { .text($0) }
            case .integer: Int(ASCII.decode(trimmed)).map { .integer($0) }
            case .float: Double(ASCII.decode(trimmed)).flatMap { $0.isFinite ? .float($0) : nil }
            case .boolean: TypedValue.boolean(trimmed)
            case .period: TypedValue.period(trimmed)
            case .recur: TypedValue.parts(trimmed).map { .recurrence($0) }
            case .text: .text(TextValue.unescape(bytes))
            case .binary, .calAddress, .duration, .uri: .text(ASCII.decode(trimmed))
            case .unknown: .text(ASCII.decode(bytes))
            }
        guard let value else { return nil }
        self = value
    }

    private static func boolean(_ bytes: ArraySlice<UInt8>) -> TypedValue? {
        switch ASCII.uppercasedString(bytes) {
        case "TRUE": .boolean(true)
        case "FALSE": .boolean(false)
        default: nil
        }
    }

    private static func period(_ bytes: ArraySlice<UInt8>) -> TypedValue? {
        let halves = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard halves.count == 2, let start = extended(halves[0]) else { return nil }
        if let end = extended(halves[1]) {
            return .period(start: start, end: end, isDuration: false)
        }
        guard CalendarDuration(bytes: halves[1]) != nil else { return nil }
        return .period(start: start, end: ASCII.decode(halves[1]), isDuration: true)
    }

    /// Nil where a part is none, or there twice: no object can hold it.
    private static func parts(_ bytes: ArraySlice<UInt8>) -> [RecurrencePart]? {
        var parts: [RecurrencePart] = []
        for part in ASCII.split(bytes, at: ASCII.semicolon) where !ASCII.trim(part).isEmpty {
            guard let equals = part.firstIndex(of: ASCII.equals) else { return nil }
            let name = ASCII.decode(part[..<equals]).lowercased()
            guard !name.isEmpty, parts.count < 32, !parts.contains(where: { $0.name == name }),
                name.utf8.allSatisfy({ $0 == ASCII.hyphen || $0 >= 0x61 && $0 <= 0x7A })
            else { return nil }
            let values = ASCII.split(part[(equals + 1)...], at: ASCII.comma).map { item in
                let text = ASCII.decode(item)
                if name == "until" { return TypedValue.text(extended(item) ?? text) }
                return Int(text).map { .integer($0) } ?? .text(text)
            }
            parts.append(RecurrencePart(name: name, values: values))
        }
        return parts.isEmpty ? nil : parts
    }

    /// `2024-01-31` or `2024-01-31T09:30:00Z`.
    private static func extended(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let value = DateTimeValue(bytes: bytes, tzid: { nil }) else { return nil }
        let date = value.civil.date
        let day =
            "\(ASCII.padded(date.year, 4))-\(ASCII.padded(date.month, 2))-\(ASCII.padded(date.day, 2))"
        if value.isDate { return day }
        let time = value.civil.time
        let clock =
            "\(ASCII.padded(time.hour, 2)):\(ASCII.padded(time.minute, 2)):\(ASCII.padded(time.second, 2))"
        return "\(day)T\(clock)\(value.isUTC ? "Z" : "")"
    }

    private static func extendedTime(_ bytes: ArraySlice<UInt8>) -> String? {
        let isUTC = bytes.last == UInt8(ascii: "Z")
        guard let time = CivilTime(bytes: isUTC ? bytes.dropLast() : bytes) else { return nil }
        let parts = [time.hour, time.minute, time.second].map { ASCII.padded($0, 2) }
        return parts.joined(separator: ":") + (isUTC ? "Z" : "")
    }

    /// `-05:00`, with seconds where there are any.
    private static func extendedOffset(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let offset = UTCOffset.seconds(bytes) else { return nil }
        let size = Int(abs(offset))
        var parts = [ASCII.padded(size / 3600, 2), ASCII.padded(size / 60 % 60, 2)]
        if size % 60 != 0 { parts.append(ASCII.padded(size % 60, 2)) }
        return (offset < 0 ? "-" : "+") + parts.joined(separator: ":")
    }

    /// The value as iCalendar writes it.
    func basic(_ type: ValueType) -> String {
        switch self {
        case .text(let text):
            switch type {
            case .text: return TextValue.escape(text)
            case .date, .dateTime, .time, .utcOffset: return TypedValue.compact(text, type)
            default: return text
            }
        case .integer(let number): return String(number)
        case .float(let number): return TypedValue.decimal(number)
        case .boolean(let isTrue): return isTrue ? "TRUE" : "FALSE"
        case .fields(let fields): return fields.map { $0.basic(type) }.joined(separator: ";")
        case .period(let start, let end, let isDuration):
            let start = TypedValue.compact(start, .dateTime)
            return "\(start)/\(isDuration ? end : TypedValue.compact(end, .dateTime))"
        case .recurrence(let parts):
            return parts.map { part in
                let values = part.values.map {
                    part.name == "until" ? $0.basic(.dateTime) : $0.basic(.unknown)
                }
                return "\(part.name.uppercased())=\(values.joined(separator: ","))"
            }.joined(separator: ";")
        }
    }

    /// A number without exponent or needless fraction, which FLOAT does not know (RFC 5545 §3.3.7).
    package static func decimal(_ number: Double) -> String {
        guard number.isFinite else { return "0" }
        if number == number.rounded(), abs(number) < 9e15 { return String(Int64(number)) }
        let text = Array("\(number)".utf8)
        guard let e = text.firstIndex(of: UInt8(ascii: "e")),
            let exponent = Int(ASCII.decode(text[(e + 1)...]))
        else { return ASCII.decode(text[...]) }
        let mantissa = text[..<e].drop { $0 == ASCII.hyphen }
        let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
        let fraction = mantissa.dropFirst(whole.count + 1)
        var digits = String(decoding: whole, as: UTF8.self)
        digits += ASCII.decode(fraction)
        let sign = number < 0 ? "-" : ""
        let point = whole.count + exponent
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        let zeros = String(repeating: "0", count: max(0, point - digits.utf8.count))
        let padded = Array((digits + zeros).utf8)
        let end = ASCII.decode(padded[point...])
        return sign + ASCII.decode(padded[..<point]) + (end.isEmpty || end == "0" ? "" : "." + end)
    }

    /// Takes hyphens and colons out of dates and times; of an offset the colons only.
    private static func compact(_ text: String, _ type: ValueType) -> String {
        String(text.filter { $0 != ":" && ($0 != "-" || type == .utcOffset) })
    }
}
