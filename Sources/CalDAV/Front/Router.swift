import WebDAV

/// Finds the route of a request in the tables of all surfaces.
struct Router: Sendable {
    private struct Entry: Sendable {
        let surface: Surface
        let route: Route
    }

    private let entries: [Entry]

    /// - Parameter surfaces: in the order in which their routes are tried.
    init(_ surfaces: [Surface]) {
        let all = surfaces.flatMap { surface in
            surface.routes.map { Entry(surface: surface, route: $0) }
        }
        // What takes everything leaves it to the others first.
        let isLast = { (entry: Entry) in entry.route.paths == .everything }
        entries = all.filter { !isLast($0) } + all.filter(isLast)
    }

    /// - Throws: 405 where the path is known and its methods are others, 404 where it is not.
    func route(of request: Request) throws(RequestError) -> (Surface, Route) {
        var allowed: [String] = []
        for entry in entries {
            let route = entry.route
            if let methods = route.methods, !methods.contains(request.method) {
                guard !route.isShared, route.paths.matches(request.path) else { continue }
                allowed += methods
            } else if allowed.isEmpty || route.paths != .everything,
                route.paths.matches(request.path), route.isMeant?(request) != false
            {
                return (entry.surface, route)
            }
        }
        guard !allowed.isEmpty else { throw RequestError(.notFound, "There is nothing here.") }
        throw RequestError(
            .methodNotAllowed, "That method means nothing here.",
            fields: [("Allow", allowed.joined(separator: ", "))])
    }
}
