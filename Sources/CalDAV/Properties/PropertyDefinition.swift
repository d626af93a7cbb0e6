import WebDAV
import XML

/// A property: one row of the table.
struct PropertyDefinition: Sendable {
    let name: XMLName
    /// Where it exists; elsewhere it is answered with 404.
    ///
    /// What exists on objects alone is read from the object's row; what exists elsewhere too is the
    /// same for all objects of a calendar, and is made once for a listing.
    let on: ResourceKinds
    /// Part of `allprop`; the properties of RFC 4791 are not (§5.2).
    let inAllprop: Bool
    /// Writes what stands inside the property's element; false where the resource has no value,
    /// with nothing written.
    let write: @Sendable (Subject, XMLWriter) throws -> Bool
    /// Turns a new value (nil: removal) into what the store has to do.
    ///
    /// Nil for a protected property: PROPPATCH answers 403 `cannot-modify-protected-property`.
    let change: Setter?
    /// May be given while a calendar is made, and never after.
    let isFixedAtCreation: Bool

    typealias Setter =
        @Sendable (XMLElement?, CalendarRecord?) throws(RequestError) -> [CalendarChange]

    init(
        _ name: XMLName, on: ResourceKinds, inAllprop: Bool = false,
        isFixedAtCreation: Bool = false, change: Setter? = nil,
        write: @escaping @Sendable (Subject, XMLWriter) throws -> Bool
    ) {
        self.name = name
        self.on = on
        self.inAllprop = inAllprop
        self.isFixedAtCreation = isFixedAtCreation
        self.change = change
        self.write = write
    }
}

/// All properties that mean something to us.
enum PropertyTable {
    static let all: [PropertyDefinition] =
        webDAV + accessControl + caldav + calendarServer + apple

    private static let byName: [XMLName: PropertyDefinition] = {
        var byName: [XMLName: PropertyDefinition] = [:]
        for definition in all { byName[definition.name] = definition }
        return byName
    }()

    static func definition(of name: XMLName) -> PropertyDefinition? { byName[name] }

    /// The row that answers for a name on a kind of resource.
    static func definition(of name: XMLName, on kind: ResourceKinds) -> PropertyDefinition? {
        guard let definition = byName[name], !definition.on.isDisjoint(with: kind) else {
            return nil
        }
        return definition
    }
}
