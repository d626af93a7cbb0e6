import WebDAV
import XML

/// Where clients keep properties, beside calendars.
package enum StoredPlace: String, Sendable {
    case principal, home, inbox, outbox, notifications

    init(_ place: HomePlace) {
        switch place {
        case .inbox: self = .inbox
        case .outbox: self = .outbox
        case .notifications: self = .notifications
        }
    }
}

/// What is stored for somebody's principal, home and the collections in it, asked for once at most.
final class StoredInHome {
    private let context: Context
    private let owner: String
    private var known: [StoredPlace: [XMLName: [UInt8]]]?

    init(_ owner: String, _ context: Context) {
        self.owner = owner
        self.context = context
    }

    func elements(at place: StoredPlace) throws -> [XMLName: [UInt8]] {
        if let known { return known[place] ?? [:] }
        var all: [StoredPlace: [XMLName: [UInt8]]] = [:]
        for property in try context.properties.storedProperties(inHomeOf: owner) {
            guard let place = property.place else { continue }
            all[place, default: [:]][property.propertyName] = property.xml
        }
        known = all
        return all[place] ?? [:]
    }
}

extension StoredProperty {
    var propertyName: XMLName { XMLName(namespace: namespace, local: name) }
}

extension Array where Element == StoredProperty {
    /// The properties of one calendar by name.
    func elements(of calendar: CalendarRecord) -> [XMLName: [UInt8]] {
        var elements: [XMLName: [UInt8]] = [:]
        for property in self where property.calendar == calendar.id {
            elements[property.propertyName] = property.xml
        }
        return elements
    }
}

extension PropertyDefinition {
    /// A property whose value is what a client stored.
    ///
    /// - Parameters:
    ///   - isViewers: whether each viewer of a calendar has a value of their own.
    ///   - check: refuses a value that means nothing.
    ///   - absent: writes what holds where nothing is stored; false for no value.
    static func stored(
        _ name: XMLName, on kinds: ResourceKinds, isViewers: Bool = false,
        check: @escaping @Sendable (XMLElement) throws(RequestError) -> Void = { _ in },
        absent: @escaping @Sendable (Subject, XMLWriter) throws -> Bool = { _, _ in false }
    ) -> PropertyDefinition {
        PropertyDefinition(
            name, on: kinds, changeableOn: kinds, usesStored: true, isViewers: isViewers,
            change: { value, _ throws(RequestError) in
                guard let value else { return [.remove(name, isViewers: isViewers)] }
                try check(value)
                return [.store(value, isViewers: isViewers)]
            },
            write: { subject, writer in
                if try subject.writeStored(name, to: writer) { return true }
                return try absent(subject, writer)
            })
    }
}

extension CalendarChange {
    static func store(
        _ element: XMLElement, language: String? = nil, isViewers: Bool
    ) -> CalendarChange {
        .store(
            namespace: element.name.namespace, name: element.name.local,
            xml: element.serialized(language: language), isViewers: isViewers)
    }

    static func remove(_ name: XMLName, isViewers: Bool) -> CalendarChange {
        .remove(namespace: name.namespace, name: name.local, isViewers: isViewers)
    }
}

extension Subject {
    /// Writes what a stored property has inside; false where it is not stored.
    func writeStored(_ name: XMLName, to writer: XMLWriter) throws -> Bool {
        guard let xml = try stored()[name], let element = try? XMLParser.parse(xml) else {
            return false
        }
        for node in element.content {
            switch node {
            case .element(let child): writer.raw(child.serialized())
            case .text(let text): writer.text(text)
            }
        }
        return true
    }
}
