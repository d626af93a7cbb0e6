extension XMLElement {
    /// The element as XML that stands by itself: every prefix it uses is declared within.
    ///
    /// It may be put anywhere into a document that has no default namespace.
    /// - Parameter language: `xml:lang` in effect around the element, which it keeps (RFC 4918
    ///   §4.3); its own wins.
    package func serialized(language: String? = nil) -> [UInt8] {
        var element = self
        if let language, attribute(.xmlLang) == nil {
            element.attributes.append(XMLAttribute(.xmlLang, prefix: "xml", value: language))
        }
        var bytes: [UInt8] = []
        element.append(to: &bytes, scope: ["": "", "xml": XMLName.xmlNamespace])
        return bytes
    }

    /// - Parameter scope: namespaces by prefix as declared so far.
    private func append(to bytes: inout [UInt8], scope: [String: String]) {
        var scope = scope
        let qualified = XMLElement.qualified(name, prefix)
        bytes.append(contentsOf: "<\(qualified)".utf8)
        declare(name.namespace, as: prefix ?? "", in: &scope, to: &bytes)
        for attribute in attributes {
            if let prefix = attribute.prefix {
                declare(attribute.name.namespace, as: prefix, in: &scope, to: &bytes)
            }
            bytes.append(
                contentsOf: " \(XMLElement.qualified(attribute.name, attribute.prefix))=\"".utf8)
            XMLElement.escape(attribute.value, to: &bytes, inAttribute: true)
            bytes.append(UInt8(ascii: "\""))
        }
        guard !content.isEmpty else {
            bytes.append(contentsOf: "/>".utf8)
            return
        }
        bytes.append(UInt8(ascii: ">"))
        for node in content {
            switch node {
            case .element(let element): element.append(to: &bytes, scope: scope)
            case .text(let text): XMLElement.escape(text, to: &bytes, inAttribute: false)
            }
        }
        bytes.append(contentsOf: "</\(qualified)>".utf8)
    }

    private func declare(
        _ namespace: String, as prefix: String, in scope: inout [String: String],
        to bytes: inout [UInt8]
    ) {
        guard scope[prefix] != namespace else { return }
        scope[prefix] = namespace
        bytes.append(contentsOf: (prefix.isEmpty ? " xmlns=\"" : " xmlns:\(prefix)=\"").utf8)
        XMLElement.escape(namespace, to: &bytes, inAttribute: true)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func qualified(_ name: XMLName, _ prefix: String?) -> String {
        prefix.map { "\($0):\(name.local)" } ?? name.local
    }

    private static func escape(_ text: String, to bytes: inout [UInt8], inAttribute: Bool) {
        var text = text
        text.withUTF8 {
            XMLEscaping.append(UnsafeRawBufferPointer($0), to: &bytes, inAttribute: inAttribute)
        }
    }
}
