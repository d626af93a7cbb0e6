/// A component: properties and components in their order (RFC 5545 §3.6).
///
/// One that was read holds the bytes it was read from, and `serialized()` repeats every part that
/// nobody changed, byte for byte. Parts share the buffer of the whole object.
package struct Component: Sendable {
    /// Upper case.
    package let name: String
    package var properties: [Property]
    package var components: [Component]

    /// The lines BEGIN and END with what stands before them; nil in a component made here.
    var opening: RawLines?
    var closing: RawLines?
    /// How many properties of the parent stand before this component; `Int32.max` for all.
    var position: Int32 = .max

    /// Makes an empty component.
    package init(name: String) {
        self.name = ASCII.uppercasedString(ASCII.uppercasedName(name))
        self.properties = []
        self.components = []
    }

    /// Makes a component of its parts.
    package init(name: String, properties: [Property], components: [Component] = []) {
        self.init(name: name)
        self.properties = properties
        self.components = components
    }

    /// The first property of a name, given in upper case.
    package func first(_ name: String) -> Property? {
        index(of: name).map { properties[$0] }
    }

    /// All properties of a name, given in upper case, in their order.
    package func all(_ name: String) -> [Property] {
        properties.filter { $0.isNamed(name) }
    }

    /// Whether there is a property of that name, given in upper case.
    package func has(_ name: String) -> Bool {
        index(of: name) != nil
    }

    /// In place: an object may have thousands of components, and each is asked for a few.
    private func index(of name: String) -> Int? {
        properties.withUnsafeBufferPointer { properties in
            properties.indices.first { properties[$0].isNamed(name) }
        }
    }

    /// The components of a name, given in upper case, in their order.
    package func components(named name: String) -> [Component] {
        components.filter { $0.name == name }
    }

    /// Puts a property in the place of the first of its name and removes the others; appends it
    /// where there is none.
    package mutating func set(_ property: Property) {
        let name = property.name
        guard let index = index(of: name) else {
            properties.append(property)
            return
        }
        if properties[index] != property { replace(at: index, with: property) }
        remove { other, place in place > index && other.isNamed(name) }
    }

    package mutating func append(_ property: Property) {
        properties.append(property)
    }

    package mutating func removeAll(_ name: String) {
        remove { property, _ in property.isNamed(name) }
    }

    package mutating func removeAll(where isRemoved: (Property) -> Bool) {
        remove { property, _ in isRemoved(property) }
    }

    /// Replaces the first property that fits, in its place; appends nothing where none does.
    /// - Returns: whether one did.
    @discardableResult
    package mutating func replaceFirst(
        where fits: (Property) -> Bool, with property: Property
    ) -> Bool {
        guard let index = properties.firstIndex(where: fits) else { return false }
        if properties[index] != property { replace(at: index, with: property) }
        return true
    }

    /// Replaces properties one by one; what `change` returns unchanged keeps its bytes.
    package mutating func mapProperties(_ change: (Property) -> Property) {
        for index in properties.indices {
            let changed = change(properties[index])
            if changed != properties[index] { replace(at: index, with: changed) }
        }
    }

    private mutating func replace(at index: Int, with property: Property) {
        properties[index] = property
    }

    /// Removes properties and keeps components that stand between others where they are.
    private mutating func remove(_ isRemoved: (Property, Int) -> Bool) {
        var kept: [Property] = []
        kept.reserveCapacity(properties.count)
        var newIndex = [Int32](repeating: 0, count: 0)
        let isInterleaved = components.contains { $0.position != .max }
        for (place, property) in properties.enumerated() {
            if isInterleaved { newIndex.append(Int32(clamping: kept.count)) }
            if !isRemoved(property, place) { kept.append(property) }
        }
        guard kept.count != properties.count else { return }
        if isInterleaved {
            for index in components.indices {
                let position = Int(components[index].position)
                if position < newIndex.count { components[index].position = newIndex[position] }
            }
        }
        properties = kept
    }
}

/// Whole lines of a buffer.
struct RawLines: Sendable {
    let bytes: [UInt8]
    let start: Int32
    let end: Int32
    /// Where the line itself begins, after blank and unreadable ones.
    let line: Int32
}

extension Component {
    /// Line that BEGIN stands on, counted from 1; 0 in a component made here.
    package var lineNumber: Int {
        guard let opening else { return 0 }
        return ASCII.lineNumber(of: Int(opening.line), in: opening.bytes)
    }

    /// Visits this component and all inside, in their order.
    package func visit(_ body: (Component) -> Void) {
        body(self)
        for component in components { component.visit(body) }
    }
}

extension Component: Equatable {
    /// Equal content in equal order, however it is folded.
    package static func == (a: Component, b: Component) -> Bool {
        a.name == b.name && a.properties == b.properties && a.components == b.components
    }
}
