/// The lines of a configuration file, before anybody asks what they mean.
///
///     # A comment, also after a value and a space.
///     database_name = crm
///     database_password = "with # and \"quotes\""
///     users_condition = 'role <> "guest"'
struct ConfigurationFile {
    struct Entry: Equatable {
        let name: String
        let value: String
        /// From 1.
        let line: Int
    }

    private(set) var entries: [Entry] = []

    /// - Parameter path: for messages.
    init(_ text: String, path: String) throws(ConfigurationError) {
        var text = Substring(text)
        if text.unicodeScalars.first == "\u{FEFF}" { text = text.dropFirst() }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let number = index + 1
            do throws(Fault) {
                guard let (name, value) = try Self.parse(line) else { continue }
                if let first = entries.first(where: { $0.name == name }) {
                    throw Fault("\(name) stands in line \(first.line) already")
                }
                entries.append(Entry(name: name, value: value, line: number))
            } catch {
                throw ConfigurationError("\(path):\(number): \(error.reason)")
            }
        }
    }

    private struct Fault: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func parse(_ line: Substring) throws(Fault) -> (String, String)? {
        let line = line.trimmed
        guard let first = line.first, first != "#" else { return nil }
        guard let equals = line.firstIndex(of: "=") else {
            throw Fault("not of the form key = value")
        }
        let name = line[..<equals].trimmed
        guard !name.isEmpty else { throw Fault("no key before =") }
        let rest = line[line.index(after: equals)...].trimmed
        switch rest.first {
        case "\"": return (String(name), try quoted(rest, escapes: true))
        case "'": return (String(name), try quoted(rest, escapes: false))
        default: return (String(name), String(uncommented(rest)))
        }
    }

    /// Without a comment, which begins with # after a space: a password may hold one.
    private static func uncommented(_ value: Substring) -> Substring {
        var previous: Character = " "
        for index in value.indices {
            if value[index] == "#", previous.isWhitespace { return value[..<index].trimmed }
            previous = value[index]
        }
        return value
    }

    /// - Parameter escapes: whether `\"` and `\\` stand for `"` and `\`.
    private static func quoted(_ text: Substring, escapes: Bool) throws(Fault) -> String {
        let quote: Character = escapes ? "\"" : "'"
        var value = ""
        var rest = text.dropFirst()
        while let character = rest.popFirst() {
            if character == quote {
                guard rest.trimmed.isEmpty || rest.trimmed.hasPrefix("#") else {
                    throw Fault("something follows the closing \(quote)")
                }
                return value
            }
            if escapes, character == "\\", let next = rest.first, next == quote || next == "\\" {
                value.append(next)
                rest = rest.dropFirst()
            } else {
                value.append(character)
            }
        }
        throw Fault("the closing \(quote) is missing")
    }
}

extension Substring {
    /// Without white space at its ends.
    var trimmed: Substring {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return rest
    }
}
