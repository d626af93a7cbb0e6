/// One thing that can be set: its name, what it says, and how its text is read and written.
///
/// `all` is the only list of keys there is: the file's parser, the environment, the printed sample
/// and README's list come from it.
struct ConfigurationKey: Sendable {
    let name: String
    /// One line or a few, each below 90 characters, without a full stop at the end of the last.
    let summary: String
    /// Whether a file with it must not be readable by everybody.
    var isSecret = false
    let read: @Sendable (inout Configuration, String) throws(BadValue) -> Void
    /// The value as it would be written in a file; nil where it is not set.
    let write: @Sendable (Configuration) -> String?

    struct BadValue: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static let byName = Dictionary(
        uniqueKeysWithValues: ConfigurationSection.all.flatMap(\.keys).map { ($0.name, $0) })

    static func named(_ name: String) -> ConfigurationKey? { byName[name] }

    /// The key that was probably meant; nil where none is near.
    static func nearest(to name: String) -> ConfigurationKey? {
        let near = byName.values.map { (key: $0, distance: editDistance($0.name, name)) }
        let best = near.min { ($0.distance, $0.key.name) < ($1.distance, $1.key.name) }
        guard let best, best.distance <= max(2, name.count / 3) else { return nil }
        return best.key
    }
}

/// The number of characters to insert, remove or replace that makes one text of the other.
private func editDistance(_ one: String, _ other: String) -> Int {
    let other = Array(other.utf8)
    var row = Array(0...other.count)
    for (line, character) in one.utf8.enumerated() {
        var diagonal = row[0]
        row[0] = line + 1
        for column in other.indices {
            let replaced = diagonal + (other[column] == character ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
        }
    }
    return row[other.count]
}

// MARK: - Kinds of values

extension ConfigurationKey {
    typealias Path<Value> = any WritableKeyPath<Configuration, Value> & Sendable

    static func text(
        _ name: String, _ path: Path<String>, _ summary: String, isSecret: Bool = false
    ) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary, isSecret: isSecret) {
            $0[keyPath: path] = $1
        } write: {
            $0[keyPath: path].isEmpty ? nil : $0[keyPath: path]
        }
    }

    /// An empty value takes a default away.
    static func text(
        _ name: String, _ path: Path<String?>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary) {
            $0[keyPath: path] = $1.isEmpty ? nil : $1
        } write: {
            $0[keyPath: path]
        }
    }

    static func number<Value: FixedWidthInteger & Sendable>(
        _ name: String, _ path: Path<Value>, in range: ClosedRange<Value>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary) { configuration, text throws(BadValue) in
            configuration[keyPath: path] = try number(text, in: range)
        } write: {
            String($0[keyPath: path])
        }
    }

    /// Bytes, written with K, M or G (1024, and so on).
    static func size(
        _ name: String, _ path: Path<Int>, in range: ClosedRange<Int>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary) { configuration, text throws(BadValue) in
            let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
            let unit = text.last.flatMap { units[Character($0.uppercased())] }
            let digits = unit == nil ? text : String(text.dropLast())
            let (bytes, overflow) = try number(digits, in: 0...Int.max)
                .multipliedReportingOverflow(by: unit ?? 1)
            guard !overflow, range.contains(bytes) else {
                throw BadValue(
                    "has to be from \(shown(range.lowerBound)) to \(shown(range.upperBound))")
            }
            configuration[keyPath: path] = bytes
        } write: {
            shown($0[keyPath: path])
        }
    }

    private static func shown(_ bytes: Int) -> String {
        for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] where bytes > 0 {
            if bytes & (1 << shift - 1) == 0 { return "\(bytes >> shift)\(unit)" }
        }
        return "\(bytes)"
    }

    static func flag(_ name: String, _ path: Path<Bool>, _ summary: String) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary) { configuration, text throws(BadValue) in
            switch text.lowercased() {
            case "yes", "on", "true", "1": configuration[keyPath: path] = true
            case "no", "off", "false", "0": configuration[keyPath: path] = false
            default: throw BadValue("has to be yes or no")
            }
        } write: {
            $0[keyPath: path] ? "yes" : "no"
        }
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: Path<Value>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary) { configuration, text throws(BadValue) in
            guard let value = Value(rawValue: text) else {
                let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
                throw BadValue("has to be one of \(all)")
            }
            configuration[keyPath: path] = value
        } write: {
            $0[keyPath: path].rawValue
        }
    }

    /// A value that `parse` makes of the text, or refuses with what it has to be.
    static func value<Value: Sendable>(
        _ name: String, _ path: Path<Value>, mustBe form: String, _ summary: String,
        parse: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String?
    ) -> ConfigurationKey {
        ConfigurationKey(name: name, summary: summary) { configuration, text throws(BadValue) in
            guard let value = parse(text) else { throw BadValue("has to be \(form)") }
            configuration[keyPath: path] = value
        } write: {
            write($0[keyPath: path])
        }
    }

    static func number<Value: FixedWidthInteger>(
        _ text: String, in range: ClosedRange<Value>
    ) throws(BadValue) -> Value {
        guard let number = Value(text), range.contains(number) else {
            throw BadValue(
                "has to be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
