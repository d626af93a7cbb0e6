import WebDAV
import XML

/// A property that is asked for by name.
struct AskedProperty: Sendable {
    let name: XMLName
    let tag: XMLTag
    /// The table's row, of whatever kind of resource; nil for a name that means nothing to us.
    let definition: PropertyDefinition?

    init(_ name: XMLName) {
        self.name = name
        tag = XMLTag(name, .webDAV)
        definition = PropertyTable.definition(of: name)
    }

    /// The row that answers for the name on a kind of resource.
    func definition(on kind: ResourceKinds) -> PropertyDefinition? {
        guard let definition, !definition.on.isDisjoint(with: kind) else { return nil }
        return definition
    }
}

/// What a request asks for, with all that is known of it before any resource is looked at.
struct AskedProperties: Sendable {
    private let selection: PropertySelection
    /// Those that the client named.
    private let named: [AskedProperty]

    init(_ selection: PropertySelection) {
        self.selection = selection
        named =
            switch selection {
            case .some(let names): names.map(AskedProperty.init)
            case .all(let included): included.map(AskedProperty.init)
            case .names: []
            }
    }

    /// What to look for on a kind of resource, stored properties aside.
    func on(_ kind: ResourceKinds) -> [AskedProperty] {
        switch selection {
        case .some: return named
        case .all:
            let all = AskedProperties.allprop.filter { $0.definition(on: kind) != nil }
            return all + named.filter { extra in !all.contains { $0.name == extra.name } }
        case .names:
            return AskedProperties.all.filter { $0.definition(on: kind) != nil }
        }
    }

    private static let all = PropertyTable.all.map { AskedProperty($0.name) }
    private static let allprop = all.filter { $0.definition?.inAllprop == true }

    /// Whether dead properties belong to the answer without being named.
    var wantsStored: Bool {
        if case .some = selection { false } else { true }
    }

    /// Whether a name without a value was asked for by us, not by the client.
    var skipsMissing: Bool { wantsStored }

    /// Whether anything stored can be part of the answer: else the store need not be asked.
    var mayNeedStored: Bool {
        wantsStored || named.contains { $0.definition?.usesStored ?? true }
    }

    var isNamesOnly: Bool {
        if case .names = selection { true } else { false }
    }
}
