import WebDAV
import XML

/// Writes the properties that one request asks for, resource by resource.
///
/// Made once a request: which names have a row on objects is settled then, so that an object in a
/// listing costs its own bytes alone.
final class PropertyWriter {
    private let asked: AskedProperties
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

    init(_ asked: AskedProperties, _ context: Context, to multistatus: Multistatus) {
        self.asked = asked
        self.multistatus = multistatus
        isMinimal = context.preferences.isMinimal
        var found: [ObjectPart] = []
        var missing: [XMLTag] = []
        for property in asked.on(.object) {
            if let definition = property.definition(on: .object) {
                found.append(.property(definition, property.tag))
            } else {
                missing.append(property.tag)
            }
        }
        objectProperties = found
        let lacks = isMinimal ? [] : PropertyWriter.propstat(.notFound, missing)
        objectsLackAll = found.isEmpty && !lacks.isEmpty
        objectEnd = lacks + PropertyWriter.afterResponse
    }

    convenience init(
        _ selection: PropertySelection, _ context: Context, to multistatus: Multistatus
    ) {
        self.init(AskedProperties(selection), context, to: multistatus)
    }

    // Markup around each object of a listing.
    private static let beforeHref = Array("<d:response><d:href>".utf8)
    private static let afterHref = Array("</d:href>".utf8)
    private static let beforeProperties = Array("<d:propstat><d:prop>".utf8)
    private static let noProperties = Array("<d:propstat><d:prop/>".utf8)
    private static let afterProperties = Array("</d:prop>".utf8)
    private static let afterResponse = Array("</d:response>".utf8)
    private static let afterProp = Array(
        "<d:status>\(Multistatus.line(.ok))</d:status></d:propstat>".utf8)

    private static func propstat(_ status: Status, _ tags: [XMLTag]) -> [UInt8] {
        guard !tags.isEmpty else { return [] }
        let writer = XMLWriter(namespaces: .webDAV)
        Multistatus.propstat(status, to: writer) { tags.forEach(writer.empty) }
        return writer.takeBytes()
    }

    // MARK: Collections

    /// A response with all that is asked of a collection.
    func write(_ subject: Subject) throws {
        var missing: [XMLTag] = []
        var refused: [XMLTag] = []
        var properties = asked.on(subject.kind)
        if asked.wantsStored {
            properties += try subject.deadProperties().map(AskedProperty.init)
        }
        let writer = self.writer
        writer.raw(PropertyWriter.beforeHref)
        writer.text(subject.href)
        writer.raw(PropertyWriter.afterHref)
        let start = writer.mark
        writer.raw(PropertyWriter.beforeProperties)
        var isEmpty = true
        for property in properties {
            if let definition = property.definition(on: subject.kind),
                subject.mayNotRead(definition)
            {
                refused.append(property.tag)
            } else if try write(property, of: subject) {
                isEmpty = false
            } else if !asked.skipsMissing {
                missing.append(property.tag)
            }
        }
        if asked.skipsMissing { refused = [] }
        let lacks =
            (isMinimal ? [] : PropertyWriter.propstat(.notFound, missing))
            + PropertyWriter.propstat(.forbidden, refused)
        if isEmpty {
            writer.goBack(to: start)
            if lacks.isEmpty {
                writer.raw(PropertyWriter.noProperties)
                writer.raw(PropertyWriter.afterProp)
            }
        } else {
            writer.raw(PropertyWriter.afterProperties)
            writer.raw(PropertyWriter.afterProp)
        }
        writer.raw(lacks)
        writer.raw(PropertyWriter.afterResponse)
    }

    private func write(_ property: AskedProperty, of subject: Subject) throws -> Bool {
        let writer = self.writer
        guard let definition = property.definition(on: subject.kind) else {
            guard property.definition == nil, let xml = try subject.stored()[property.name]
            else { return false }
            asked.isNamesOnly ? writer.empty(property.tag) : writer.raw(xml)
            return true
        }
        let mark = writer.mark
        writer.start(property.tag)
        guard try definition.write(subject, writer) else {
            writer.goBack(to: mark)
            return false
        }
        if asked.isNamesOnly {
            writer.goBack(to: mark)
            writer.start(property.tag)
        }
        writer.end(property.tag)
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
        var refused: [XMLTag] = []
        objectProperties = objectProperties.filter { part in
            guard case .property(let definition, let tag) = part, subject.mayNotRead(definition)
            else { return true }
            refused.append(tag)
            return false
        }
        objectEnd = PropertyWriter.propstat(.forbidden, refused) + objectEnd
        objectProperties = try objectProperties.map { part in
            guard case .property(let definition, let tag) = part,
                asked.isNamesOnly || !definition.isOfEachObject
            else { return part }
            let fragment = XMLWriter(namespaces: .webDAV)
            fragment.start(tag)
            if !asked.isNamesOnly { _ = try definition.write(subject, fragment) }
            fragment.end(tag)
            return .markup(fragment.takeBytes())
        }
    }
}

extension Subject {
    /// Whether the viewer may read the resource, but not this property of it.
    func mayNotRead(_ property: PropertyDefinition) -> Bool {
        !property.needs.isEmpty && !privileges.isSuperset(of: property.needs)
    }

    /// Names of stored properties that no row of the table answers for.
    fileprivate func deadProperties() throws -> [XMLName] {
        try stored().keys.filter { PropertyTable.definition(of: $0) == nil }
            .sorted { ($0.namespace, $0.local) < ($1.namespace, $1.local) }
    }
}
