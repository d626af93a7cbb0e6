/// The Depth header field (RFC 4918 §10.2).
package enum Depth: Sendable {
    case zero, one, infinity

    /// Nil for a value that is none of the three.
    package init?(headerField: String) {
        switch headerField.lowercased() {
        case "0": self = .zero
        case "1": self = .one
        case "infinity": self = .infinity
        default: return nil
        }
    }
}

extension Request {
    /// - Parameter absent: what the method means where the field is missing.
    /// - Throws: 400 for a value that RFC 4918 does not know.
    package func depth(absent: Depth) throws(RequestError) -> Depth {
        guard let field = fields["depth"] else { return absent }
        guard let depth = Depth(headerField: field) else {
            throw RequestError(.badRequest, "Depth has to be 0, 1 or infinity.")
        }
        return depth
    }
}
