import WebDAV
import XML

/// MKCALENDAR (RFC 4791 §5.3.1).
enum Mkcalendar {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        var instructions: [PropertyUpdate] = []
        if let root = try context.readXML() {
            guard root.name == .caldav("mkcalendar") else {
                throw RequestError(
                    .badRequest, "The body has to be a CALDAV:mkcalendar element.")
            }
            instructions = try PropertyUpdate.read(inside: root, mayBeEmpty: true)
        }
        var calendar = try NewCalendar(at: resource, instructions, in: context)
        return try calendar.make(refusedAs: .caldav("mkcalendar-response"))
    }
}

/// MKCOL: the extended form (RFC 5689), and the plain one (RFC 4918 §9.3).
///
/// In a home there is nothing to make but calendars, and there are clients that make theirs by a
/// plain MKCOL and name it by PROPPATCH; so both make a calendar.
enum Mkcol {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        var instructions: [PropertyUpdate] = []
        if try context.hasBody() {
            if let root = try context.readXMLOfMkcol() {
                instructions = try PropertyUpdate.read(inside: root, mayBeEmpty: true)
            }
        }
        var calendar = try NewCalendar(at: resource, instructions, in: context)
        return try calendar.make(refusedAs: .dav("mkcol-response"))
    }
}

extension Context {
    /// Whether the client sent something, as far as the fields say.
    fileprivate func hasBody() throws(RequestError) -> Bool {
        request.fields["content-length"].map { $0 != "0" && !$0.isEmpty } ?? true
    }

    /// - Throws: 415 for a body that is no DAV:mkcol (RFC 4918 §9.3).
    fileprivate func readXMLOfMkcol() throws(RequestError) -> XMLElement? {
        if let type = request.fields["content-type"]?.lowercased(), !type.isEmpty,
            !type.contains("xml")
        {
            throw RequestError(.unsupportedMediaType, "The body has to be XML.")
        }
        let root = try readXML()
        guard root == nil || root?.name == .dav("mkcol") else {
            throw RequestError(.unsupportedMediaType, "The body has to be a DAV:mkcol element.")
        }
        return root
    }
}

/// A calendar about to be made.
private struct NewCalendar {
    let uri: String
    var update: PropertyUpdates
    let context: Context

    /// - Throws: 409 without parent, `calendar-collection-location-ok` in another place than a home.
    init(
        at resource: Resource, _ instructions: [PropertyUpdate], in context: Context
    ) throws(RequestError) {
        switch resource {
        case .freeCalendar(let uri, _): self.uri = uri
        case .freeObject:
            throw RequestError(
                .calendarCollectionLocationOK, "There is no calendar inside a calendar.")
        default: throw RequestError(.conflict, "There is no collection to make it in.")
        }
        guard uri.utf8.count <= 200, HomePlace(rawValue: uri.lowercased()) == nil else {
            throw RequestError(.calendarCollectionLocationOK, "That name cannot be used.")
        }
        update = PropertyUpdates(
            instructions,
            of: PropertyOwner(
                kind: .calendar, calendar: nil, isOwn: true, privileges: .all, href: ""))
        self.context = context
    }

    /// - Parameter element: the root of the answer where a property cannot be set.
    mutating func make(refusedAs element: XMLName) throws -> Response {
        guard !update.isRefused else { return refusal(element) }
        var changes = update.changes
        if !changes.contains(where: { if case .displayName = $0 { true } else { false } }) {
            changes.append(.displayName(uri))
        }
        if !changes.contains(where: { if case .components = $0 { true } else { false } }) {
            // RFC 4791 §5.2.3: whoever names none may put anything into it.
            changes.append(.components(ComponentSet.supported))
        }
        do throws(StorageError) {
            try context.calendars.createCalendar(uri, of: context.user.name, with: changes)
        } catch {
            guard case .quotaExceeded(let excess) = error, excess.quota == .properties else {
                throw error
            }
            update.refuseToStore(excess.reason)
            return refusal(element)
        }
        return Response(.created, fields: [("Cache-Control", "no-cache")])
    }

    /// RFC 5689 §3.2, RFC 4791 §5.3.1: the propstats, below a root of their own.
    private func refusal(_ element: XMLName) -> Response {
        let writer = XMLWriter(namespaces: .webDAV)
        writer.startDocument(element)
        update.writePropstats(to: writer)
        writer.end(element)
        let status = update.verdicts.lazy.compactMap { $0.refusal?.status }.first
        return Response(
            status ?? .forbidden, fields: [("Content-Type", "application/xml; charset=utf-8")],
            body: .bytes(writer.takeBytes()))
    }
}
