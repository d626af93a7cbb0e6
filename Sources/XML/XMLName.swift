/// A namespace and a local name: what tells one element from another (XML Namespaces §3).
package struct XMLName: Hashable, Sendable {
    /// Empty where the element is in no namespace.
    package let namespace: String
    package let local: String

    package init(namespace: String, local: String) {
        self.namespace = namespace
        self.local = local
    }
}

extension XMLName: CustomStringConvertible {
    package var description: String { namespace.isEmpty ? local : "{\(namespace)}\(local)" }
}

extension XMLName {
    /// The namespace of `xml:lang`, bound to the prefix `xml` without being declared.
    package static let xmlNamespace = "http://www.w3.org/XML/1998/namespace"
    package static let xmlLang = XMLName(namespace: xmlNamespace, local: "lang")
}
