import WebDAV

/// The methods: one row for each.
struct Method: Sendable {
    let name: String
    /// Where it may be used; elsewhere it is answered with 405, or 404 where nothing is.
    let on: ResourceKinds
    private let needs: Needs
    private let handler: @Sendable (Resource, Context) throws -> Response

    private init(
        _ name: String, on: ResourceKinds, needs: Needs,
        _ handler: @escaping @Sendable (Resource, Context) throws -> Response
    ) {
        self.name = name
        self.on = on
        self.needs = needs
        self.handler = handler
    }

    static let all: [Method] = [
        Method("OPTIONS", on: [.all, .unmapped], needs: .nothing, Options.respond),
        Method("GET", on: [.root, .calendar, .object], needs: .itself(.read), Get.respond),
        Method("HEAD", on: [.root, .calendar, .object], needs: .itself(.read), Get.respond),
        Method(
            "PUT", on: [.object, .unmapped], needs: .itself(.writeContent, orParent: .bind),
            Put.respond),
        Method("POST", on: .calendar, needs: .itself(.bind), Post.respond),
        Method("DELETE", on: [.calendar, .object], needs: .parent(.unbind), Delete.respond),
        Method("PROPFIND", on: .all, needs: .itself(.read), Propfind.respond),
        // Which privilege it takes depends on the property.
        Method("PROPPATCH", on: .all, needs: .itself(.read), Proppatch.respond),
        // The least that a report needs; each has its own.
        Method("REPORT", on: .all, needs: .itself(.readFreeBusy), ReportMethod.respond),
        Method("MKCALENDAR", on: .unmapped, needs: .parent(.bind), Mkcalendar.respond),
        Method("MKCOL", on: .unmapped, needs: .parent(.bind), Mkcol.respond),
    ]

    /// Case matters (RFC 9110 §9.1).
    static func named(_ name: String) -> Method? {
        all.first { $0.name == name }
    }

    /// The Allow header field of a kind of resource.
    static func allowed(on kind: ResourceKinds) -> String {
        all.filter { !$0.on.isDisjoint(with: kind) }.map(\.name).joined(separator: ", ")
    }

    /// To be told that the method means nothing for a resource, one has to be allowed to read it.
    func needs(on kind: ResourceKinds) -> Needs {
        on.isDisjoint(with: kind) ? .itself(.read) : needs
    }

    func respond(to resource: Resource, in context: Context) throws -> Response {
        let kind = resource.kind
        guard on.isDisjoint(with: kind) else { return try handler(resource, context) }
        if kind == .unmapped { throw RequestError(.notFound, "There is nothing here.") }
        let allow = [("Allow", Method.allowed(on: kind))]
        if name == "MKCALENDAR" || name == "MKCOL" {
            throw RequestError(
                status: .methodNotAllowed, precondition: .resourceMustBeNull,
                message: "There is something here already.", fields: allow)
        }
        throw RequestError(
            .methodNotAllowed, "\(name) means nothing for this resource.", fields: allow)
    }
}
