import WebDAV
import XML

/// REPORT principal-property-search (RFC 3744 §9.4).
///
/// Finds oneself, and those with whom calendars can be shared, as far as the operator lets people be
/// found: by at least two characters, and never by looking for nothing. A report that looks for nothing
/// finds oneself: there are clients that send it so.
enum PrincipalPropertySearch {
    /// Beyond this, `number-of-matches-within-limits`.
    private static let limit = 100
    private static let fewestCharacters = 2

    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let searches = try root.all(.dav("property-search")).map(Search.init)
        let selection = try selection(root)
        let isAnyOf = try isAnyOf(root)
        let others = try others(searches, isAnyOf: isAnyOf, context)
        let isWhole = context.settings.findPeople != .part
        let found = try ([Person(viewer: context.user)] + others)
            .map { Subject.principal(of: $0, context) }
            .filter { subject in
                let isWhole = isWhole && subject.person?.isViewer != true
                return isAnyOf
                    ? try searches.contains { try $0.finds(subject, isWhole: isWhole) }
                    : try searches.allSatisfy { try $0.finds(subject, isWhole: isWhole) }
            }
        return context.multistatus { multistatus in
            let properties = PropertyWriter(selection, context, to: multistatus)
            for subject in found { try properties.write(subject) }
        }
    }

    /// `test`, which CalendarServer added.
    private static func isAnyOf(_ root: XMLElement) throws(RequestError) -> Bool {
        switch root.attribute("test") ?? "allof" {
        case "allof": return false
        case "anyof": return true
        default: throw RequestError(.badRequest, "test has to be allof or anyof.")
        }
    }

    /// Whom the store finds: never less than who is looked for.
    private static func others(
        _ searches: [Search], isAnyOf: Bool, _ context: Context
    ) throws -> [Person] {
        let texts = searches.map(\.textToLookFor)
        guard context.settings.findPeople != .nobody, !texts.isEmpty,
            texts.allSatisfy({ $0.count >= fewestCharacters })
        else { return [] }
        let query = PeopleQuery(
            texts: texts, isAnyOf: isAnyOf, isWhole: context.settings.findPeople == .whole)
        let people = try context.people.people(matching: query, limit: limit + 1)
        guard people.count <= limit else {
            throw RequestError(.numberOfMatchesWithinLimits, "Look for something more precise.")
        }
        return try people.filter { !$0.name.hasSameBytes(as: context.user.name) }
            .map(context.person)
    }

    /// The properties to show: those in DAV:prop, and those beside it, where python-caldav has them.
    private static func selection(_ root: XMLElement) throws(RequestError) -> PropertySelection {
        let own: [XMLName] = [
            .dav("prop"), .dav("property-search"), .dav("apply-to-principal-collection-set"),
        ]
        let beside = root.elements.map(\.name).filter { !own.contains($0) }
        switch try PropertySelection(inside: root) {
        case .some(.some(let names)): return .some(names + beside.filter { !names.contains($0) })
        case let other?: return other
        case nil: return .some(beside)
        }
    }

    /// Properties that can be searched, as principal-search-property-set tells (§9.5).
    static let searchable: [(name: XMLName, description: String)] = [
        (.dav("displayname"), "Name"),
        (.caldav("calendar-user-address-set"), "Calendar user address"),
        (.calendarServer("email-address-set"), "E-mail address"),
    ]

    private struct Search {
        let properties: [AskedProperty]
        let match: String
        /// Of the attribute that CalendarServer added; the RFC's own is `contains`.
        let type: MatchType

        init(_ element: XMLElement) throws(RequestError) {
            let matches = element.all(.dav("match"))
            let props = element.all(.dav("prop"))
            guard matches.count == 1, props.count == 1 else {
                throw RequestError(.badRequest, "A search has one prop and one match.")
            }
            properties = props[0].elements.map { AskedProperty($0.name) }
            match = matches[0].text.lowercased()
            let named = matches[0].attribute("match-type") ?? "contains"
            guard let type = MatchType(rawValue: named) else {
                throw RequestError(.badRequest, "There is no match-type \"\(named)\".")
            }
            self.type = type
        }

        /// What the store is to look for in names and addresses.
        var textToLookFor: String {
            var text = match[...]
            if text.hasPrefix("mailto:") { text = text.dropFirst(7) }
            // Of a principal's address, the name.
            let segments = text.split(separator: "/")
            return segments.count > 1 ? String(segments[segments.count - 1]) : String(text)
        }

        /// Whether all of the properties hold the text, in any case (§9.4).
        ///
        /// - Parameter isWhole: whether it has to be all of the value.
        func finds(_ subject: Subject, isWhole: Bool) throws -> Bool {
            for property in properties {
                let isSearchable = PrincipalPropertySearch.searchable.contains {
                    $0.name == property.name
                }
                guard isSearchable,
                    try values(of: property, subject).contains(where: { fits($0, isWhole) })
                else { return false }
            }
            return !properties.isEmpty
        }

        private func fits(_ value: String, _ isWhole: Bool) -> Bool {
            let value = value.lowercased()
            if isWhole { return value == match || value == "mailto:" + match }
            return Collation.octet.matches(value, match, type)
        }

        /// The texts inside a property.
        private func values(of property: AskedProperty, _ subject: Subject) throws -> [String] {
            guard let definition = property.definition(on: subject.kind),
                let element = try subject.element(definition)
            else { return [] }
            return element.elements.isEmpty ? [element.text] : element.elements.map(\.text)
        }
    }
}

/// REPORT principal-search-property-set (RFC 3744 §9.5).
enum PrincipalSearchPropertySet {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        guard root.elements.isEmpty else {
            throw RequestError(.badRequest, "The report has nothing inside.")
        }
        let writer = XMLWriter(namespaces: .webDAV)
        writer.startDocument(.dav("principal-search-property-set"))
        for (name, description) in PrincipalPropertySearch.searchable {
            writer.element(.dav("principal-search-property")) {
                writer.element(.dav("prop")) { writer.empty(name) }
                writer.start(.dav("description"))
                writer.attribute("xml:lang", "en")
                writer.text(description)
                writer.end(.dav("description"))
            }
        }
        writer.end(.dav("principal-search-property-set"))
        return Response(
            .ok, fields: [("Content-Type", "application/xml; charset=utf-8")],
            body: .bytes(writer.takeBytes()))
    }
}
