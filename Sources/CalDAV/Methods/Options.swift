import WebDAV

/// OPTIONS (RFC 9110 §9.3.7), which asks for no sign-in: clients look for the DAV field first.
enum Options {
    static func respond(to resource: Resource, in context: Context) -> Response {
        response(for: resource.kind)
    }

    static func response(for kind: ResourceKinds) -> Response {
        Response(.ok, fields: [("Allow", Method.allowed(on: kind))])
    }
}

/// What is answered without knowing who asks.
enum Unauthenticated {
    /// Nil for everything that needs a user.
    static func response(to request: Request, _ path: ResourcePath) -> Response? {
        if request.path == ".well-known/caldav" || request.path == ".well-known/caldav/" {
            // RFC 6764 §5, where the worker stands at the root of its host. After a 301 there are
            // clients that ask again without their body.
            return Response(
                .temporaryRedirect, fields: [("Location", request.basePath)])
        }
        guard request.method == "OPTIONS" else { return nil }
        return Options.response(for: path.likelyKind)
    }
}

extension Method {
    /// Of a method that is not in the table.
    static func refusal(of name: String, _ path: ResourcePath) -> RequestError {
        guard absent.contains(name) else {
            return RequestError(.notImplemented, "There is no such method here.")
        }
        return RequestError(
            .methodNotAllowed, "\(name) is not offered here.",
            fields: [("Allow", allowed(on: path.likelyKind))])
    }
}

extension ResourcePath {
    /// The kind a path has by its shape alone, which gives nothing away.
    fileprivate var likelyKind: ResourceKinds {
        guard case .known(let address) = self else { return .unmapped }
        return switch address {
        case .root: .root
        case .principals, .userPrincipals, .homes: .container
        case .principal: .principal
        case .proxy: .proxy
        case .home: .home
        case .place(_, let place): place.kind
        case .calendar: .calendar
        case .object: .object
        case .feed: .feed
        }
    }
}
