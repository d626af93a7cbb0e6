import Synchronization

/// A statement's text, or a piece of one, made of literals: no text from outside can enter it.
///
/// Equal texts share a process-wide key, by which each connection finds its prepared statement in an
/// array. Making one looks the text up under a lock, so make it once (`static let`) where it is used
/// often. Texts are kept for the life of the process: they may depend on settings, not on requests.
package struct SQL: Sendable {
    package let text: String
    let key: Int

    private init(interning text: String) {
        self.text = text
        self.key = SQL.keys.withLock { keys in
            if let key = keys[text] { return key }
            let key = keys.count
            keys[text] = key
            return key
        }
    }

    /// A condition or expression that the operator wrote into the configuration: trusted, as it is.
    package init(configured text: String) { self.init(interning: text) }

    /// `fragment` `count` times with `separator` between: the `?, ?, ?` of an IN list, or the rows of
    /// a multi-row VALUES.
    ///
    /// Each count is a statement of its own on the server: use few sizes (1, 10, 100) and pad.
    package static func repeated(_ fragment: SQL, count: Int, separator: SQL = ", ") -> SQL {
        var text = ""
        for index in 0..<max(count, 0) {
            if index > 0 { text += separator.text }
            text += fragment.text
        }
        return SQL(interning: text)
    }

    private static let keys = Mutex<[String: Int]>([:])
}

extension SQL: ExpressibleByStringInterpolation {
    package init(stringLiteral value: StaticString) { self.init(interning: value.description) }
    package init(stringInterpolation pieces: Interpolation) { self.init(interning: pieces.text) }

    /// Takes identifiers, other SQL and numbers. Values are parameters: `?`.
    package struct Interpolation: StringInterpolationProtocol, Sendable {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) { text += literal.description }
        package mutating func appendInterpolation(_ identifier: Identifier) {
            text += identifier.quoted
        }
        package mutating func appendInterpolation(_ fragment: SQL) { text += fragment.text }
        package mutating func appendInterpolation(_ number: Int) { text += String(number) }
    }

    package typealias StringInterpolation = Interpolation
}

/// The name of a table or column, or `database.table`.
package struct Identifier: Sendable, Hashable {
    /// As given, without quotes.
    package let name: String

    /// Nil for an empty or too long name (64 characters a part), and for characters that no sane
    /// name has: control characters, quotes, spaces at an end.
    package init?(_ name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(Identifier.isAcceptable) else { return nil }
        self.name = name
    }

    /// In backticks, each part by itself.
    package var quoted: String {
        name.split(separator: ".").map { "`\($0)`" }.joined(separator: ".")
    }

    private static func isAcceptable(_ part: Substring) -> Bool {
        guard !part.isEmpty, part.unicodeScalars.count <= 64 else { return false }
        guard part.first != " ", part.last != " " else { return false }
        return part.unicodeScalars.allSatisfy { scalar in
            scalar.value >= 0x20 && scalar.value != 0x7F && scalar.value <= 0xFFFF
                && !["`", "'", "\"", "\\", ";"].contains(scalar)
        }
    }
}
