/// Why bytes are not a document that we take.
package struct XMLError: Error, Equatable, Sendable {
    package enum Kind: Sendable {
        /// No XML, or not by the rules of namespaces.
        case notWellFormed
        /// A document type declaration: no request of WebDAV has one, and entities are an attack.
        case documentType
        /// More bytes, elements, attributes or depth than `XMLLimits` allows.
        case tooLarge
        /// No bytes at all, or white space alone.
        case empty
    }

    package let kind: Kind
    /// Counted from 1; 0 where no line is to blame.
    package let line: Int
    package let message: String

    package init(_ kind: Kind, line: Int = 0, message: String) {
        self.kind = kind
        self.line = line
        self.message = message
    }
}

extension XMLError: CustomStringConvertible {
    package var description: String { line > 0 ? "line \(line): \(message)" : message }
}

/// How large a document may be before parsing stops.
package struct XMLLimits: Sendable {
    package var bytes: Int
    /// Elements within one another; whatever walks a tree may call itself so often.
    package var depth: Int
    package var elements: Int
    /// Of one element, namespace declarations included.
    package var attributes: Int

    package init(
        bytes: Int = 1 << 20, depth: Int = 64, elements: Int = 20_000, attributes: Int = 64
    ) {
        self.bytes = bytes
        self.depth = depth
        self.elements = elements
        self.attributes = attributes
    }
}
