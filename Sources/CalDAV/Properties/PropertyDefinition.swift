import WebDAV
import XML

/// A property: one row of the table.
struct PropertyDefinition: Sendable {
    let name: XMLName
    /// Where it exists; elsewhere it is answered with 404.
    ///
    /// What exists on objects and is not `isOfEachObject` is the same for all objects of a calendar, and
    /// is made once for a listing.
    let on: ResourceKinds
    /// Read from the object's row.
    let isOfEachObject: Bool
    /// Part of `allprop`; the properties of RFC 4791 are not (§5.2).
    let inAllprop: Bool
    /// Beside `read`, to be told its value: else it is answered with 403.
    let needs: Privileges
    /// Writes what stands inside the property's element; false where the resource has no value,
    /// with nothing written.
    let write: @Sendable (Subject, XMLWriter) throws -> Bool
    /// Turns a new value (nil: removal) into what the store has to do.
    ///
    /// Nil for a protected property: PROPPATCH answers 403 `cannot-modify-protected-property`.
    let change: Setter?
    /// Where `change` holds; elsewhere the property is protected.
    let changeableOn: ResourceKinds
    /// May be given while a calendar is made, and never after.
    let isFixedAtCreation: Bool
    /// Whether the value, or part of it, is what a client stored.
    let usesStored: Bool
    /// Whether each viewer of a calendar has a value of their own, which to set takes no more than to
    /// read the calendar.
    let isViewers: Bool

    typealias Setter =
        @Sendable (XMLElement?, PropertyOwner) throws(RequestError) -> [CalendarChange]

    init(
        _ name: XMLName, on: ResourceKinds, inAllprop: Bool = false, needs: Privileges = [],
        isOfEachObject: Bool? = nil, changeableOn: ResourceKinds = .calendar,
        isFixedAtCreation: Bool = false,
        usesStored: Bool = false, isViewers: Bool = false, change: Setter? = nil,
        write: @escaping @Sendable (Subject, XMLWriter) throws -> Bool
    ) {
        self.name = name
        self.on = on
        self.isOfEachObject = isOfEachObject ?? (on == .object)
        self.inAllprop = inAllprop
        self.needs = needs
        self.changeableOn = changeableOn
        self.isFixedAtCreation = isFixedAtCreation
        self.usesStored = usesStored
        self.isViewers = isViewers
        self.change = change
        self.write = write
    }
}

/// What properties are set of.
struct PropertyOwner {
    let kind: ResourceKinds
    /// Nil while it is being made, and for what is no calendar.
    let calendar: CalendarRecord?
    /// Whether the one who sets them owns it.
    let isOwn: Bool
    /// What they may do with it.
    let privileges: Privileges
    let href: String
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

    /// The row of a name, for whichever kind of resource; `AskedProperty` knows whether it answers.
    static func definition(of name: XMLName) -> PropertyDefinition? { byName[name] }
}
