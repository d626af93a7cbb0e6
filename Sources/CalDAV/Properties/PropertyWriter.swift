import WebDAV
import XML

/// Writes the properties that one request asks for, resource by resource.
///
/// Made once a request: which names have a row on objects is settled then, so that an object in a
/// listing costs its own bytes alone.
final class PropertyWriter {
    private let selection: PropertySelection
    private let multistatus: Multistatus
    /// Names without a value are left out of the answer (RFC 8144 §2.1).
    private let isMinimal: Bool
    /// What a listing writes for each object.
    private var objectProperties: [ObjectPart]
    private var isSettled = false
    /// Whether an object has nothing to show, only something to lack.
    private let objectsLackAll: Bool
    /// From the last property of an object to the end of its response, with the propstat of names
    /// that no object has.
    private var objectEnd: [UInt8]

    private var writer: XMLWriter { multistatus.writer }

    /// A piece of what is written for each object.
    private enum ObjectPart {
        case property(PropertyDefinition, XMLTag)
        /// Properties that are the same for all objects of a calendar, as markup.
        case markup([UInt8])
    }

    init(_ selection: PropertySelection, _ context: Context, to multistatus: Multistatus) {
        self.selection = selection
        self.multistatus = multistatus
        isMinimal = context.preferences.isMinimal
        var found: [ObjectPart] = []
        var missing: [XMLName] = []
        for name in selection.names(on: .object) {
            if let definition = PropertyTable.definition(of: name, on: .object) {
                found.append(.property(definition, XMLTag(name, .webDAV)))
            } else {
                missing.append(name)
            }
        }
        objectProperties = found
        let lacks = isMinimal ? [] : PropertyWriter.propstat(.notFound, missing)
        objectsLackAll = found.isEmpty && !lacks.isEmpty
        objectEnd = lacks + Array("</d:response>".utf8)
    }

    // Markup around each object of a listing.
    private static let beforeHref = Array("<d:response><d:href>".utf8)
    private static let afterHref = Array("</d:href>".utf8)
    private static let beforeProperties = Array("<d:propstat><d:prop>".utf8)
    private static let noProperties = Array("<d:propstat><d:prop/>".utf8)
    private static let afterProperties = Array("</d:prop>".utf8)
    private static let afterProp = Array(
        "<d:status>\(Multistatus.line(.ok))</d:status></d:propstat>".utf8)

    private static func propstat(_ status: Status, _ names: [XMLName]) -> [UInt8] {
        guard !names.isEmpty else { return [] }
        let writer = XMLWriter(namespaces: .webDAV)
        Multistatus.propstat(status, to: writer) { names.forEach(writer.empty) }
        return writer.takeBytes()
    }

    // MARK: Collections

    /// A response with all that is asked of a collection.
    func write(_ subject: Subject) throws {
        var missing: [XMLName] = []
        var refused: [XMLName] = []
        var names = selection.names(on: subject.kind)
        if selection.wantsStored { names += try subject.deadProperties() }
        writer.start(.dav("response"))
        writer.element(.dav("href"), subject.href)
        let start = writer.mark
        writer.start(.dav("propstat"))
        writer.start(.dav("prop"))
        var isEmpty = true
        for name in names {
            if subject.mayNotRead(name) {
                refused.append(name)
            } else if try write(name, of: subject) {
                isEmpty = false
            } else if !selection.skipsMissing {
                missing.append(name)
            }
        }
        if selection.skipsMissing { refused = [] }
        let lacks =
            (isMinimal ? [] : PropertyWriter.propstat(.notFound, missing))
            + PropertyWriter.propstat(.forbidden, refused)
        if isEmpty, !lacks.isEmpty {
            writer.goBack(to: start)
        } else {
            writer.end(.dav("prop"))
            multistatus.status(.ok)
            writer.end(.dav("propstat"))
        }
        writer.raw(lacks)
        writer.end(.dav("response"))
    }

    private func write(_ name: XMLName, of subject: Subject) throws -> Bool {
        let isNamesOnly = selection.isNamesOnly
        guard let definition = PropertyTable.definition(of: name, on: subject.kind) else {
            guard PropertyTable.definition(of: name) == nil, let xml = try subject.stored()[name]
            else { return false }
            isNamesOnly ? writer.empty(name) : writer.raw(xml)
            return true
        }
        let mark = writer.mark
        writer.start(name)
        guard try definition.write(subject, writer) else {
            writer.goBack(to: mark)
            return false
        }
        if isNamesOnly {
            writer.goBack(to: mark)
            writer.start(name)
        }
        writer.end(name)
        return true
    }

    // MARK: Objects

    /// A response for the object that `subject` is at.
    ///
    /// - Parameters:
    ///   - href: writes it; encoded.
    ///   - hasExtra: whether `extra` writes further properties after those that are found.
    func writeObject(
        _ subject: Subject, href: (inout [UInt8]) -> Void, hasExtra: Bool = false,
        extra: () -> Void = {}
    ) throws {
        let writer = self.writer
        writer.raw(PropertyWriter.beforeHref)
        writer.raw(href)
        writer.raw(PropertyWriter.afterHref)
        if hasExtra || !objectProperties.isEmpty {
            writer.raw(PropertyWriter.beforeProperties)
            try settleCommonProperties(subject)
            for part in objectProperties {
                switch part {
                case .markup(let markup): writer.raw(markup)
                case .property(let definition, let tag):
                    writer.start(tag)
                    _ = try definition.write(subject, writer)
                    writer.end(tag)
                }
            }
            extra()
            writer.raw(PropertyWriter.afterProperties)
            writer.raw(PropertyWriter.afterProp)
        } else if !objectsLackAll {
            writer.raw(PropertyWriter.noProperties)
            writer.raw(PropertyWriter.afterProp)
        }
        writer.raw(objectEnd)
    }
}

extension PropertyWriter {
    /// Renders, once, what does not vary: the properties that not objects alone have.
    private func settleCommonProperties(_ subject: Subject) throws {
        guard !isSettled else { return }
        isSettled = true
        var refused: [XMLName] = []
        objectProperties = objectProperties.filter { part in
            guard case .property(let definition, _) = part, subject.mayNotRead(definition.name)
            else { return true }
            refused.append(definition.name)
            return false
        }
        objectEnd = PropertyWriter.propstat(.forbidden, refused) + objectEnd
        objectProperties = try objectProperties.map { part in
            guard case .property(let definition, let tag) = part,
                selection.isNamesOnly || !definition.isOfEachObject
            else { return part }
            let fragment = XMLWriter(namespaces: .webDAV)
            fragment.start(tag)
            if !selection.isNamesOnly { _ = try definition.write(subject, fragment) }
            fragment.end(tag)
            return .markup(fragment.takeBytes())
        }
    }
}

extension PropertySelection {
    /// What to look for on a kind of resource, stored properties aside.
    fileprivate func names(on kind: ResourceKinds) -> [XMLName] {
        switch self {
        case .some(let names): return names
        case .all(let included):
            let all = PropertyTable.all.filter { $0.inAllprop && !$0.on.isDisjoint(with: kind) }
            return all.map(\.name) + included.filter { name in !all.contains { $0.name == name } }
        case .names:
            return PropertyTable.all.filter { !$0.on.isDisjoint(with: kind) }.map(\.name)
        }
    }

    var isNamesOnly: Bool {
        if case .names = self { true } else { false }
    }

    /// Whether dead properties belong to the answer without being named.
    fileprivate var wantsStored: Bool {
        if case .some = self { false } else { true }
    }

    /// Whether a name without a value was asked for by us, not by the client.
    fileprivate var skipsMissing: Bool { wantsStored }

    /// Whether anything stored can be part of the answer: else the store need not be asked.
    var mayNeedStored: Bool {
        guard case .some(let names) = self else { return true }
        return names.contains { name in
            PropertyTable.definition(of: name)?.usesStored ?? true
        }
    }
}

extension Subject {
    /// Whether the viewer may read the resource, but not this property of it.
    func mayNotRead(_ name: XMLName) -> Bool {
        guard let needs = PropertyTable.definition(of: name, on: kind)?.needs, !needs.isEmpty
        else { return false }
        return !privileges.isSuperset(of: needs)
    }

    /// Names of stored properties that no row of the table answers for.
    fileprivate func deadProperties() throws -> [XMLName] {
        try stored().keys.filter { PropertyTable.definition(of: $0) == nil }
            .sorted { ($0.namespace, $0.local) < ($1.namespace, $1.local) }
    }
}
