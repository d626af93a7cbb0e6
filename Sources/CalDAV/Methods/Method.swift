import WebDAV

/// The methods: one row for each.
struct Method: Sendable {
    let name: String
    /// Where it may be used; elsewhere it is answered with 405, or 404 where nothing is.
    let on: ResourceKinds
    private let handler: @Sendable (Resource, Context) throws -> Response

    private init(
        _ name: String, on: ResourceKinds,
        _ handler: @escaping @Sendable (Resource, Context) throws -> Response
    ) {
        self.name = name
        self.on = on
        self.handler = handler
    }

    static let all: [Method] = [
        Method("OPTIONS", on: [.all, .unmapped], Options.respond),
        Method("GET", on: [.root, .calendar, .object], Get.respond),
        Method("HEAD", on: [.root, .calendar, .object], Get.respond),
        Method("PUT", on: [.object, .unmapped], Put.respond),
        Method("POST", on: .calendar, Post.respond),
        Method("DELETE", on: [.calendar, .object], Delete.respond),
        Method("PROPFIND", on: .all, Propfind.respond),
        Method("PROPPATCH", on: .all, Proppatch.respond),
        Method("REPORT", on: .all, ReportMethod.respond),
        Method("MKCALENDAR", on: .unmapped, Mkcalendar.respond),
        Method("MKCOL", on: .unmapped, Mkcol.respond),
    ]

    /// Case matters (RFC 9110 §9.1).
    static func named(_ name: String) -> Method? {
        all.first { $0.name == name }
    }

    /// The Allow header field of a kind of resource.
    static func allowed(on kind: ResourceKinds) -> String {
        all.filter { !$0.on.isDisjoint(with: kind) }.map(\.name).joined(separator: ", ")
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
