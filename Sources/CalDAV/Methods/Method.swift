import WebDAV

/// The methods: one row for each.
package struct Method: Sendable {
    let name: String
    /// Where it may be used; elsewhere it is answered with 405, or 404 where nothing is.
    let on: ResourceKinds
    private let needs: Needs
    /// Whether If-Match and its kin mean something (RFC 9110 §13.2.1).
    private let isConditional: Bool
    /// Of what the Destination field names; nil for a method that has no destination.
    private let needsAtDestination: Needs?
    private let handler: @Sendable (Resource, Context) throws -> Response

    private init(
        _ name: String, on: ResourceKinds, needs: Needs, isConditional: Bool = true,
        atDestination: Needs? = nil,
        _ handler: @escaping @Sendable (Resource, Context) throws -> Response
    ) {
        self.name = name
        self.on = on
        self.needs = needs
        self.isConditional = isConditional
        self.needsAtDestination = atDestination
        self.handler = handler
    }

    static let all: [Method] = [
        Method(
            "OPTIONS", on: [.all, .feed, .unmapped], needs: .nothing, isConditional: false,
            Options.respond),
        Method("GET", on: readable, needs: .itself(.read), Get.respond),
        Method("HEAD", on: readable, needs: .itself(.read), Get.respond),
        Method(
            "PUT", on: [.object, .unmapped], needs: .itself(.writeContent, orParent: .bind),
            Put.respond),
        Method("POST", on: .calendar, needs: .itself(.bind), Post.respond),
        Method("DELETE", on: [.calendar, .object], needs: .parent(.unbind), Delete.respond),
        Method(
            "COPY", on: .object, needs: .itself(.read),
            atDestination: .itself([.writeContent, .writeProperties], orParent: .bind),
            Transfer.copy),
        Method(
            "MOVE", on: .object, needs: .parent([.read, .unbind]),
            atDestination: .parent([.bind, .unbind], free: .bind), Transfer.move),
        Method("PROPFIND", on: .all, needs: .itself(.read), Propfind.respond),
        // Which privilege it takes depends on the property.
        Method("PROPPATCH", on: .all, needs: .itself(.read), Proppatch.respond),
        // The least that a report needs; each has its own.
        Method("REPORT", on: .all, needs: .itself(.readFreeBusy), ReportMethod.respond),
        Method("ACL", on: [.home, .calendar], needs: .itself(.writeACL), ACL.respond),
        Method("MKCALENDAR", on: .unmapped, needs: .parent(.bind), Mkcalendar.respond),
        Method("MKCOL", on: .unmapped, needs: .parent(.bind), Mkcol.respond),
    ]

    /// As a client may send them.
    package static var names: [String] { all.map(\.name) }

    private static let readable: ResourceKinds = [.root, .home, .calendar, .object, .feed]

    /// What others serve and nobody here, said so by 405 with what there is instead: locks, which
    /// sync by ETags makes needless (class 2 of RFC 4918 is not claimed), and patches.
    static let absent = ["LOCK", "UNLOCK", "PATCH"]

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

    /// Nil where it does not matter which destination is named.
    func destinationNeeds(on kind: ResourceKinds) -> Needs? {
        on.isDisjoint(with: kind) ? nil : needsAtDestination
    }

    func respond(to resource: Resource, in context: Context) throws -> Response {
        let kind = resource.kind
        guard on.isDisjoint(with: kind) else {
            guard isConditional else { return try handler(resource, context) }
            let checked: Context
            do {
                checked = try RequestConditions.check(resource, context)
            } catch {
                if name == "PUT", let answer = Put.present(resource, after: error, context) {
                    return answer
                }
                throw error
            }
            return try handler(resource, checked)
        }
        if kind == .unmapped { throw RequestError(.notFound, "There is nothing here.") }
        throw refusal(on: kind)
    }

    func refusal(on kind: ResourceKinds) -> RequestError {
        let allow = [("Allow", Method.allowed(on: kind))]
        if name == "MKCALENDAR" || name == "MKCOL" {
            return RequestError(
                status: .methodNotAllowed, precondition: .resourceMustBeNull,
                message: "There is something here already.", fields: allow)
        }
        return RequestError(
            .methodNotAllowed, "\(name) means nothing for this resource.", fields: allow)
    }
}
