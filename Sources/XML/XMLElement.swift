/// An element of a parsed document, with all that is inside it.
package struct XMLElement: Sendable {
    package let name: XMLName
    /// As written; nil where the element used the default namespace or none.
    package let prefix: String?
    package var attributes: [XMLAttribute]
    package var content: [XMLNode]
    /// Where its start tag ends, counted from 1.
    package let line: Int

    package init(
        _ name: XMLName, prefix: String? = nil, attributes: [XMLAttribute] = [],
        content: [XMLNode] = [], line: Int = 0
    ) {
        self.name = name
        self.prefix = prefix
        self.attributes = attributes
        self.content = content
        self.line = line
    }
}

package struct XMLAttribute: Sendable {
    package let name: XMLName
    package let prefix: String?
    package let value: String

    package init(_ name: XMLName, prefix: String? = nil, value: String) {
        self.name = name
        self.prefix = prefix
        self.value = value
    }
}

package enum XMLNode: Sendable {
    case element(XMLElement)
    /// Character data, CDATA sections and references resolved; two never follow one another.
    case text(String)
}

extension XMLElement {
    /// The child elements, in document order.
    package var elements: [XMLElement] {
        content.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }

    /// The first child element of that name.
    package func first(_ name: XMLName) -> XMLElement? {
        for case .element(let element) in content where element.name == name { return element }
        return nil
    }

    package func all(_ name: XMLName) -> [XMLElement] {
        elements.filter { $0.name == name }
    }

    /// Its own character data, that of its children not included.
    package var text: String {
        if content.count == 1, case .text(let text) = content[0] { return text }
        var all = ""
        for case .text(let text) in content { all += text }
        return all
    }

    /// `text` without white space around it (XML 1.0 §2.3).
    package var trimmedText: String {
        let bytes = Array(text.utf8)
        let isSpace = { (byte: UInt8) in byte == 32 || (9...10).contains(byte) || byte == 13 }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    /// The value of an attribute in no namespace.
    package func attribute(_ local: String) -> String? {
        attribute(XMLName(namespace: "", local: local))
    }

    package func attribute(_ name: XMLName) -> String? {
        attributes.first { $0.name == name }?.value
    }
}
