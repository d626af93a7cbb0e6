import MariaDB

extension ColumnDefinition {
    /// The parameter that stores `value` as well as the column can: cut to its length, a date kept
    /// within its range. Nil where it can hold nothing like it (an ENUM without that member), and the
    /// column is best left alone.
    func fitted(_ value: String?) -> Value? {
        guard let value else {
            if isNullable { return .null }
            return emptyValue
        }
        switch kind {
        case .text: return .text(cut(repertoire.degraded(value)))
        case .members(let members): return members.contains(value) ? .text(value) : nil
        case .date, .dateTime, .timestamp: return inRange(value) ? .text(value) : nil
        case .number: return .text(value)
        }
    }

    private var emptyValue: Value? {
        switch kind {
        case .text: .text("")
        case .number: .int(0)
        case .members, .date, .dateTime, .timestamp: nil
        }
    }

    private func cut(_ value: String) -> String {
        let size = value.utf8.count
        if size <= maxCharacters ?? .max, size <= maxBytes ?? .max { return value }
        let scalars = value.unicodeScalars
        var kept = scalars.count
        if let maxCharacters { kept = min(kept, maxCharacters) }
        if let maxBytes, value.utf8.count > maxBytes {
            var bytes = 0
            var fitting = 0
            for scalar in scalars {
                bytes += UTF8.width(scalar)
                if bytes > maxBytes { break }
                fitting += 1
            }
            kept = min(kept, fitting)
        }
        guard kept < scalars.count else { return value }
        return String(String.UnicodeScalarView(scalars.prefix(kept)))
    }

    private func inRange(_ value: String) -> Bool {
        switch kind {
        case .timestamp: value >= "1970-01-01 00:00:01" && value <= "2038-01-19 03:14:07"
        default: value >= "1000-01-01 00:00:00" && value <= "9999-12-31 23:59:59"
        }
    }
}
