import WebDAV
import XML

/// REPORT expand-property (RFC 3253 §3.8): properties, with what their hrefs lead to in place of
/// the hrefs.
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
            let stored = try context.store.storedProperties(
                of: calendar, viewer: context.user.name)
            return Subject(
                context, .calendar, href: href, calendar: calendar,
                stored: { stored.elements(of: calendar) })
        case .object: throw RequestError(.supportedReport)
        case .home(let person): return .home(of: person, context)
        case .place(let place, let person): return .place(place, of: person, context)
        case .principal(let person): return .principal(of: person, context)
        default: return Subject(context, resource.kind, href: href)
        }
    }

    /// DAV:property with those inside it.
    fileprivate struct Wanted {
        let name: XMLName
        let inner: [Wanted]

        init(_ element: XMLElement) throws(RequestError) {
            guard let local = element.attribute("name"), !local.isEmpty else {
                throw RequestError(.badRequest, "DAV:property has to have a name.")
            }
            name = XMLName(
                namespace: element.attribute("namespace") ?? XMLName.davNamespace, local: local)
            var inner: [Wanted] = []
            for child in element.all(.dav("property")) { inner.append(try Wanted(child)) }
            self.inner = inner
        }
    }

    private struct Expansion {
        let context: Context
        let multistatus: Multistatus

        private var writer: XMLWriter { multistatus.writer }

        func write(_ subject: Subject, _ wanted: [Wanted]) throws {
            var missing: [XMLName] = []
            writer.start(.dav("response"))
            writer.element(.dav("href"), subject.href)
            writer.start(.dav("propstat"))
            writer.start(.dav("prop"))
            for property in wanted {
                if try !write(property, of: subject) { missing.append(property.name) }
            }
            writer.end(.dav("prop"))
            multistatus.status(.ok)
            writer.end(.dav("propstat"))
            if !missing.isEmpty, !context.preferences.isMinimal {
                multistatus.propstat(.notFound) {
                    for name in missing { writer.empty(name) }
                }
            }
            writer.end(.dav("response"))
        }

        private func write(_ wanted: Wanted, of subject: Subject) throws -> Bool {
            guard let definition = PropertyTable.definition(of: wanted.name, on: subject.kind)
            else {
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
                let hrefs = try hrefs(of: definition, subject)
                if !hrefs.isEmpty {
                    writer.goBack(to: mark)
                    writer.start(wanted.name)
                    for href in hrefs { try expand(href, wanted.inner) }
                }
            }
            writer.end(wanted.name)
            return true
        }

        private func hrefs(
            of definition: PropertyDefinition, _ subject: Subject
        ) throws -> [String] {
            let scratch = XMLWriter(namespaces: .webDAV)
            scratch.startDocument(definition.name)
            _ = try definition.write(subject, scratch)
            scratch.end(definition.name)
            let element = try? XMLParser.parse(scratch.takeBytes())
            return element?.all(.dav("href")).map(\.text) ?? []
        }

        /// Writes a response for what an href leads to.
        private func expand(_ href: String, _ wanted: [Wanted]) throws {
            let paths = context.paths
            switch href {
            case context.principalHref: try write(.principal(context), wanted)
            case paths.home(context.user.name):
                try write(.home(of: Person(viewer: context.user), context), wanted)
            case paths.userPrincipals, paths.principals, paths.homes:
                try write(Subject(context, .container, href: href), wanted)
            default: multistatus.response(href, .notFound)
            }
        }
    }
}
