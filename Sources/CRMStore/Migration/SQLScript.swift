/// Splits the files of `sql/` into statements.
enum SQLScript {
    /// Statements that end with a semicolon, without it, without comments and empty lines.
    static func statements(in script: String) -> [String] {
        var statements: [String] = []
        var current = ""
        var quote: Character?
        var rest = Substring(script)
        while let character = rest.first {
            if let open = quote {
                if character == open { quote = nil }
            } else if rest.hasPrefix("-- ") || rest.hasPrefix("--\n") {
                rest = rest.drop { $0 != "\n" }
                continue
            } else if character == ";" {
                statements.append(tidied(current))
                current = ""
                rest.removeFirst()
                continue
            } else if ["'", "\"", "`"].contains(character) {
                quote = character
            }
            current.append(character)
            rest.removeFirst()
        }
        return (statements + [tidied(current)]).filter { !$0.isEmpty }
    }

    /// Statements that end with a line of `//` alone, with the comments before the first dropped.
    static func compoundStatements(in script: String) -> [String] {
        var statements: [String] = []
        var lines: [Substring] = []
        for line in script.split(separator: "\n") where !line.hasPrefix("--") {
            if line == "//" {
                statements.append(lines.joined(separator: "\n"))
                lines = []
            } else {
                lines.append(line)
            }
        }
        return statements
    }

    /// The parts of `text` between commas that stand in no bracket and no quote.
    static func items(in text: some StringProtocol) -> [String] {
        split(text, at: ",").map(trimmed).filter { !$0.isEmpty }
    }

    /// The parts of `text` between white space that stands in no bracket and no quote.
    static func words(in text: some StringProtocol) -> [String] {
        split(text, at: nil).filter { !$0.isEmpty }
    }

    /// What stands between the first `(` and the last `)`.
    static func bracketed(_ text: String) -> Substring? {
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close
        else { return nil }
        return text[text.index(after: open)..<close]
    }

    static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }

    /// - Parameter separator: nil: any white space.
    private static func split(
        _ text: some StringProtocol, at separator: Character?
    ) -> [String] {
        var parts = [""]
        var depth = 0
        var isQuoted = false
        for character in text {
            if character == "'" { isQuoted.toggle() }
            if !isQuoted, character == "(" { depth += 1 }
            if !isQuoted, character == ")" { depth -= 1 }
            let ends = separator.map { $0 == character } ?? character.isWhitespace
            if ends, depth == 0, !isQuoted {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    private static func tidied(_ statement: String) -> String {
        var lines: [String] = []
        for line in statement.split(separator: "\n") {
            guard let end = line.lastIndex(where: { !$0.isWhitespace }) else { continue }
            lines.append(String(line[...end]))
        }
        return lines.joined(separator: "\n")
    }
}
