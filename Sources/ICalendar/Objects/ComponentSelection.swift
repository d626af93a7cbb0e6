/// Which parts of a component a client wants (CALDAV:comp, RFC 4791 §9.6.1).
package struct ComponentSelection: Hashable, Sendable {
    package enum Properties: Hashable, Sendable {
        case all
        /// By name, upper case; true keeps the value, false only the name (`novalue`).
        case named([String: Bool])
    }

    package indirect enum Components: Hashable, Sendable {
        case all
        case named([ComponentSelection])
    }

    /// Upper case.
    package let name: String
    package var properties: Properties
    package var components: Components

    package init(name: String, properties: Properties, components: Components) {
        self.name = ASCII.uppercasedString(Array(name.utf8))
        self.properties = properties
        self.components = components
    }
}

extension Component {
    /// The parts that were selected, as they are written here.
    package func selecting(_ selection: ComponentSelection) -> Component {
        var result = self
        switch selection.properties {
        case .all: break
        case .named(let names):
            result.removeAll { names[$0.name] == nil }
            result.mapProperties { names[$0.name] == false ? $0.with(raw: "") : $0 }
        }
        switch selection.components {
        case .all: break
        case .named(let inner):
            result.components = result.components.compactMap { component in
                inner.first { $0.name == component.name }.map(component.selecting)
            }
        }
        return result
    }
}
