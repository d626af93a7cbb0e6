import WebDAV

extension Surface {
    /// Calendars by a secret address, for programs that subscribe and have no place for a password; and how
    /// their owners make and end such addresses.
    package static let feeds = Surface(
        name: "feeds", fields: [("DAV", Compliance.classes)],
        routes: [
            Route(PathPattern("feed/*"), handler: SecretFeed.respond),
            Route(
                PathPattern("calendars/*/*"), ["GET", "HEAD", "POST"],
                where: FeedAddresses.isMeant, handler: FeedAddresses.respond),
        ])
}

private enum SecretFeed {
    /// Whoever knows the address asks on behalf of the owner.
    ///
    /// A token that there is not costs what one costs that there is, and who tries many is not
    /// listened to for a while.
    static func respond(to request: Request, with services: Services) throws -> Response {
        let path = try ResourcePath(request.path)
        guard case .known(.feed(let token)) = path else { throw RequestError(.notFound) }
        guard let method = Method.named(request.method) else {
            throw Method.refusal(of: request.method, path)
        }
        if request.method == "OPTIONS" { return Options.response(for: .feed) }
        guard method.on.contains(.feed) else { throw method.refusal(on: .feed) }
        try services.checkMayTry(secret: token, from: request)
        let address = ResourceAddress.feed(token: token)
        var opening = try services.store.open(address, signingIn: nil, content: false)
        let isKnown = opening.user != nil && opening.calendar != nil
        services.note(secret: token, isKnown: isKnown, from: request)
        if isKnown, opening.hasPendingChanges {
            try services.store.mergePendingChanges()
            opening = try services.store.open(address, signingIn: nil, content: false)
        }
        guard let user = opening.user, let calendar = opening.calendar else {
            throw RequestError(.notFound)
        }
        let context = try RequestConditions.check(
            .feed(calendar), services.context(of: user, for: request))
        return try Feed.respond(with: calendar, source: nil, in: context)
    }
}

extension FeedAddresses {
    fileprivate static func respond(
        to request: Request, with services: Services
    ) throws -> Response {
        let context = try services.resolve(
            try ResourcePath(request.path), of: request, content: false)
        try context.authorise(.itself(request.method == "POST" ? .bind : .read))
        guard case .calendar(let calendar)? = context.target?.resource else {
            throw RequestError(.notFound, "There is nothing here.")
        }
        guard request.method == "POST" else { return try list(of: calendar, in: context) }
        switch try change(calendar, in: context) {
        case .revoked: return Response(.noContent)
        case .created(let new, let address):
            let json = JSONAnswer.object([
                ("id", .number(new.feed.id)), ("label", .text(new.feed.label)),
                ("created", .text(Timestamp.iso8601(new.feed.created))),
                ("address", .text(address)),
            ])
            var response = JSONAnswer.response(.created, json)
            response.setField("Location", address)
            return response
        }
    }
}
