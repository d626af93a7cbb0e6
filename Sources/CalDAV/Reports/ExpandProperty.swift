import WebDAV
import XML

/// REPORT expand-property (RFC 3253 §3.8): properties, with what their hrefs lead to in place of
/// the hrefs; 403 or 404 for what may not be read or is not there.
enum ExpandProperty {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let wanted = try root.all(.dav("property")).map(Wanted.init)
        let subject = try subject(of: resource, context)
        return context.multistatus { multistatus in
            try Expansion(context: context, multistatus: multistatus).write(subject, wanted)
        }
    }

    private static func subject(of resource: Resource, _ context: Context) throws -> Subject {
        guard let href = resource.href(context.paths) else { throw RequestError(.notFound) }
        switch resource {
        case .calendar(let calendar):
            let stored = try context.properties.storedProperties(
                of: calendar, viewer: context.user.name)
            return Subject(
                context, .calendar, href: href, calendar: calendar,
                stored: { stored.elements(of: calendar) })
        case .object: throw RequestError(.supportedReport)
        case .home(let person): return .home(of: person, context)
        case .place(let place, let person): return .place(place, of: person, context)
        case .principal(let person): return .principal(of: person, context)
        case .proxy(let person, let level): return .proxy(of: person, level, context)
        default: return Subject(context, resource.kind, href: href)
        }
    }

    /// DAV:property with those inside it.
    fileprivate struct Wanted {
        let property: AskedProperty
        let inner: [Wanted]

        var name: XMLName { property.name }

        init(_ element: XMLElement) throws(RequestError) {
            guard let local = element.attribute("name"), !local.isEmpty else {
                throw RequestError(.badRequest, "DAV:property has to have a name.")
            }
            property = AskedProperty(
                XMLName(
                    namespace: element.attribute("namespace") ?? XMLName.davNamespace, local: local)
            )
            var inner: [Wanted] = []
            for child in element.all(.dav("property")) { inner.append(try Wanted(child)) }
            self.inner = inner
        }
    }

    private final class Expansion {
        /// Responses inside one another; properties that name each other could go on for ever.
        private static let limit = 2_000

        private let context: Context
        private let multistatus: Multistatus
        private var count = 0

        init(context: Context, multistatus: Multistatus) {
            self.context = context
            self.multistatus = multistatus
        }

        private var writer: XMLWriter { multistatus.writer }

        func write(_ subject: Subject, _ wanted: [Wanted]) throws {
            var missing: [XMLName] = []
            var refused: [XMLName] = []
            writer.start(.dav("response"))
            writer.element(.dav("href"), subject.href)
            writer.start(.dav("propstat"))
            writer.start(.dav("prop"))
            for wanted in wanted {
                let definition = wanted.property.definition(on: subject.kind)
                if let definition, subject.mayNotRead(definition) {
                    refused.append(wanted.name)
                } else if try !write(wanted, of: subject) {
                    missing.append(wanted.name)
                }
            }
            writer.end(.dav("prop"))
            multistatus.status(.ok)
            writer.end(.dav("propstat"))
            if context.preferences.isMinimal { missing = [] }
            for (status, names) in [(Status.notFound, missing), (.forbidden, refused)]
            where !names.isEmpty {
                multistatus.propstat(status) { names.forEach(writer.empty) }
            }
            writer.end(.dav("response"))
        }

        private func write(_ wanted: Wanted, of subject: Subject) throws -> Bool {
            guard let definition = wanted.property.definition(on: subject.kind) else {
                guard let xml = try subject.stored()[wanted.name] else { return false }
                writer.raw(xml)
                return true
            }
            let mark = writer.mark
            writer.start(wanted.name)
            guard try definition.write(subject, writer) else {
                writer.goBack(to: mark)
                return false
            }
            if !wanted.inner.isEmpty {
                let hrefs = try subject.hrefs(in: wanted.property)
                if !hrefs.isEmpty {
                    writer.goBack(to: mark)
                    writer.start(wanted.name)
                    try expand(hrefs, wanted.inner)
                }
            }
            writer.end(wanted.name)
            return true
        }

        /// Writes a response for what each href of a property leads to.
        private func expand(_ hrefs: [String], _ wanted: [Wanted]) throws {
            let addresses = hrefs.map(address)
            // All people that a property names are looked up at once.
            let names = addresses.compactMap { $0?.owner }
            let persons = names.isEmpty ? [] : try context.persons(named: names)
            for (href, address) in zip(hrefs, addresses) {
                count += 1
                guard count <= Expansion.limit else {
                    let error = RequestError(.numberOfMatchesWithinLimits)
                    return multistatus.response(href, error.status, error: error)
                }
                let refusal: RequestError
                if let subject = subject(at: address, persons) {
                    if subject.privileges.contains(.read) {
                        try write(subject, wanted)
                        continue
                    }
                    refusal = .needPrivileges(.dav("read"), on: href)
                } else {
                    refusal = RequestError(.notFound)
                }
                multistatus.response(href, refusal.status, error: refusal)
            }
        }

        private func address(of href: String) -> ResourceAddress? {
            let base = context.paths.base.utf8
            guard let path = Href.path(of: href), path.utf8.starts(with: base),
                case .known(let address)? = try? ResourcePath(
                    Substring(path.utf8.dropFirst(base.count)))
            else { return nil }
            return address
        }

        private func subject(at address: ResourceAddress?, _ persons: [Person]) -> Subject? {
            let person = address?.owner.flatMap { name in
                persons.first { $0.user.name.hasSameBytes(as: name) }
            }
            let paths = context.paths
            return switch (address, person) {
            case (.principal, let person?): .principal(of: person, context)
            case (.proxy(_, let level), let person?): .proxy(of: person, level, context)
            case (.home, let person?): .home(of: person, context)
            case (.place(_, let place), let person?): .place(place, of: person, context)
            case (.root, _): Subject(context, .root, href: paths.root)
            case (.principals, _): Subject(context, .container, href: paths.principals)
            case (.userPrincipals, _): Subject(context, .container, href: paths.userPrincipals)
            case (.homes, _): Subject(context, .container, href: paths.homes)
            default: nil
            }
        }
    }
}
