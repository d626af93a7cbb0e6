import WebDAV
import XML

/// REPORT principal-property-search (RFC 3744 §9.4).
///
/// Nobody sees other users: the search is over the one principal that may be read, one's own. The
/// Depth field is not looked at, though the RFC wants 0, and a report that looks for nothing means
/// all: there are clients that send it so.
enum PrincipalPropertySearch {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let searches = try root.all(.dav("property-search")).map(Search.init)
        let selection = try selection(root)
        let principal = Subject.principal(context)
        let anyOf = root.attribute("test") == "anyof"
        let found =
            anyOf
            ? try searches.contains { try $0.finds(principal) }
            : try searches.allSatisfy { try $0.finds(principal) }
        return context.multistatus { multistatus in
            guard found else { return }
            try PropertyWriter(selection, context, to: multistatus).write(principal)
        }
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
        let names: [XMLName]
        let match: String
        /// Of CalendarServer's `match-type`; the RFC's own is "contains".
        let type: String

        init(_ element: XMLElement) throws(RequestError) {
            guard let match = element.first(.dav("match")),
                let prop = element.first(.dav("prop"))
            else { throw RequestError(.badRequest, "A search has a prop and a match.") }
            names = prop.elements.map(\.name)
            self.match = match.text.lowercased()
            type = match.attribute("match-type") ?? "contains"
        }

        /// Whether all of the properties hold the text, in any case (§9.4).
        func finds(_ subject: Subject) throws -> Bool {
            for name in names {
                guard PrincipalPropertySearch.searchable.contains(where: { $0.name == name }),
                    try values(of: name, subject).contains(where: fits)
                else { return false }
            }
            return !names.isEmpty
        }

        private func fits(_ value: String) -> Bool {
            let value = value.lowercased()
            return switch type {
            case "equals": value == match
            case "starts-with": value.hasPrefix(match)
            case "ends-with": value.hasSuffix(match)
            default: Collation.octet.contains(value, match)
            }
        }

        /// The texts inside a property.
        private func values(of name: XMLName, _ subject: Subject) throws -> [String] {
            let writer = XMLWriter(namespaces: .webDAV)
            writer.startDocument(name)
            guard let row = PropertyTable.definition(of: name, on: subject.kind),
                try row.write(subject, writer)
            else { return [] }
            writer.end(name)
            guard let element = try? XMLParser.parse(writer.takeBytes()) else { return [] }
            return element.elements.isEmpty ? [element.text] : element.elements.map(\.text)
        }
    }
}

/// REPORT principal-search-property-set (RFC 3744 §9.5).
enum PrincipalSearchPropertySet {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
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
