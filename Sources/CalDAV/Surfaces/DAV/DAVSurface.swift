import WebDAV

extension Surface {
    /// WebDAV and CalDAV: all paths that no other surface takes, the methods of `Method.all`.
    ///
    /// Feeds at a calendar's own address belong to it, since they are GET of a calendar collection.
    package static let dav = Surface(
        name: "dav", fields: [("DAV", Compliance.classes)],
        routes: [Route(.everything, handler: DAV.respond)])
}

private enum DAV {
    static func respond(to request: Request, with services: Services) throws -> Response {
        let path = try ResourcePath(request.path)
        guard let method = Method.named(request.method) else {
            throw Method.refusal(of: request.method, path)
        }
        if let response = Unauthenticated.response(to: request, path) { return response }
        let isContentWanted =
            request.method == "GET"
            || request.method == "PUT" && Preferences(request.fields).wantsRepresentation
        var context = try services.resolve(path, of: request, content: isContentWanted)
        guard let resource = context.target?.resource else { throw RequestError(.notFound) }
        try context.authorise(method.needs(on: resource.kind))
        if let needs = method.destinationNeeds(on: resource.kind) {
            let destination = try services.destination(of: request, context)
            try destination.authorise(needs, context.paths)
            context.destination = destination
        }
        try StateConditions.check(resource, context)
        if request.fields["if"] != nil, case .object(let object, _) = resource {
            // What was judged may change until it is written.
            context.judgedETag = object.etag
        }
        return try method.respond(to: resource, in: context)
    }
}
