// Between the basic forms of iCalendar and the extended ones of jCal and xCal (RFC 7265 §3.6,
// RFC 6321 §3.6).

extension TypedValue {
    /// Reads a value as iCalendar writes it.
    init(basic bytes: ArraySlice<UInt8>, _ type: ValueType) {
        let trimmed = ASCII.trim(bytes)
        let raw = ASCII.decode(trimmed)
        self = .text(raw)
        switch type {
        case .date, .dateTime: self = .text(TypedValue.extended(trimmed) ?? raw)
        case .time: self = .text(TypedValue.extendedTime(trimmed) ?? raw)
        case .utcOffset: self = .text(TypedValue.extendedOffset(trimmed) ?? raw)
        case .integer: if let number = Int(raw) { self = .integer(number) }
        case .float: if let number = Double(raw), number.isFinite { self = .float(number) }
        case .boolean:
            if raw.uppercased() == "TRUE" { self = .boolean(true) }
            if raw.uppercased() == "FALSE" { self = .boolean(false) }
        case .period: if let period = TypedValue.period(trimmed) { self = period }
        case .recur: self = .recurrence(TypedValue.parts(trimmed))
        case .text: self = .text(TextValue.unescape(bytes))
        case .binary, .calAddress, .duration, .uri, .unknown: self = .text(ASCII.decode(bytes))
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

    private static func parts(_ bytes: ArraySlice<UInt8>) -> [RecurrencePart] {
        ASCII.split(bytes, at: ASCII.semicolon).compactMap { part in
            guard let equals = part.firstIndex(of: ASCII.equals) else { return nil }
            let name = ASCII.decode(part[..<equals]).lowercased()
            let value = part[(equals + 1)...]
            let values = ASCII.split(value, at: ASCII.comma).map { item -> TypedValue in
                let text = ASCII.decode(item)
                if name == "until" { return .text(extended(item) ?? text) }
                return Int(text).map { .integer($0) } ?? .text(text)
            }
            return RecurrencePart(name: name, values: values)
        }
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
        case .float(let number):
            // Coordinates are written without exponent or needless fraction.
            return number == number.rounded() && abs(number) < 1e15
                ? String(Int64(number)) : "\(number)"
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

    /// Takes hyphens and colons out of dates and times; of an offset the colons only.
    private static func compact(_ text: String, _ type: ValueType) -> String {
        String(text.filter { $0 != ":" && ($0 != "-" || type == .utcOffset) })
    }
}
