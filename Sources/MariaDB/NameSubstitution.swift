/// Other names for some tables and triggers than those that statements are written with.
///
/// Applied when a statement is prepared, so that one which is run again costs nothing more. A name is
/// replaced wherever it stands as a whole word, within a quoted text too: there it is what
/// `information_schema` is asked for. Parameters stay as they are.
package struct NameSubstitution: Sendable {
    private let names: [String: String]

    /// - Parameter names: what statements say, and what is meant. No new name may be an old one, so that
    ///   a text in which names are replaced already stays as it is.
    package init(_ names: [String: String]) {
        self.names = names
    }

    /// What is meant by a name.
    package subscript(name: String) -> String { names[name] ?? name }

    package func applied(to text: String) -> String {
        guard !names.isEmpty else { return text }
        var result: [UInt8] = []
        var word: [UInt8] = []
        result.reserveCapacity(text.utf8.count + 64)
        func end(_ word: inout [UInt8]) {
            guard !word.isEmpty else { return }
            if let name = names[String(decoding: word, as: UTF8.self)] {
                result.append(contentsOf: name.utf8)
            } else {
                result.append(contentsOf: word)
            }
            word.removeAll(keepingCapacity: true)
        }
        for byte in text.utf8 {
            if NameSubstitution.isPartOfName(byte) {
                word.append(byte)
            } else {
                end(&word)
                result.append(byte)
            }
        }
        end(&word)
        return String(decoding: result, as: UTF8.self)
    }

    /// What an unquoted name may hold; beyond ASCII everything.
    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
