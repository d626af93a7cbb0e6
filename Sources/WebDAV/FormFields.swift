/// Names and values as a query or a form's body has them (application/x-www-form-urlencoded).
package struct FormFields: Sendable {
    package let all: [(name: String, value: String)]

    /// What cannot be decoded reads as empty, which means nothing to anybody.
    package init(_ encoded: some StringProtocol) {
        all = encoded.split(separator: "&").map { part in
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (FormFields.decode(pair[0]), pair.count > 1 ? FormFields.decode(pair[1]) : "")
        }
    }

    /// The value of the first field of that name; empty where it has none.
    package subscript(name: String) -> String? {
        all.first { $0.name == name }?.value
    }

    private static func decode(_ text: some StringProtocol) -> String {
        Href.decode(text.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: " ") : $0 }) ?? ""
    }
}

extension Request {
    /// What stands after `?`.
    package var queryFields: FormFields { FormFields(query ?? "") }
}
