package import WebDAV

/// One of the things that the service is: WebDAV, Open Cloud Mesh, pages for a browser …
///
/// A surface is a table of routes and nothing else. It knows no other surface; what signs in, finds
/// resources, judges rights and logs is `Services`, the same for all of them. Which there are stands in
/// the program's own table, where one is added; the configuration can switch each off.
package struct Surface: Sendable {
    /// As the configuration names it.
    package let name: String
    /// Header fields of every answer, refusals included.
    package let fields: [(name: String, value: String)]
    package let routes: [Route]

    package init(
        name: String, fields: [(name: String, value: String)] = [], routes: [Route]
    ) {
        self.name = name
        self.fields = fields
        self.routes = routes
    }
}

/// Requests that a surface answers, and how.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, Services) throws -> Response

    /// Which paths.
    package let paths: PathPattern
    /// Nil: the handler judges them itself.
    package let methods: [String]?
    /// Whether other methods at the same paths go to the next route; else they are answered with 405.
    package let isShared: Bool
    /// Of requests with such a path and method, those that are meant; the others go to the next route.
    package let isMeant: (@Sendable (Request) -> Bool)?
    package let handler: Handler

    package init(
        _ paths: PathPattern, _ methods: [String]? = nil, isShared: Bool = false,
        where isMeant: (@Sendable (Request) -> Bool)? = nil, handler: @escaping Handler
    ) {
        self.paths = paths
        self.methods = methods
        self.isShared = isShared || isMeant != nil
        self.isMeant = isMeant
        self.handler = handler
    }
}

/// Paths below the base path, with or without a slash at their end.
package enum PathPattern: Sendable, Equatable {
    /// Whatever no pattern before it took.
    case everything
    /// Segment by segment, percent-encoded; `*` is any one. None at all is the root.
    case segments([String])

    /// Of `ocm/notifications` or `calendars/*/*`.
    package init(_ path: String) {
        self = .segments(path.split(separator: "/").map(String.init))
    }

    /// - Parameter path: as `Request.path`.
    func matches(_ path: String) -> Bool {
        guard case .segments(let segments) = self else { return true }
        var rest = Substring(path).utf8
        for segment in segments {
            guard !rest.isEmpty else { return false }
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            let isAny = segment.utf8.elementsEqual("*".utf8)
            guard isAny || rest[..<end].elementsEqual(segment.utf8) else { return false }
            rest = end == rest.endIndex ? rest[end...] : rest[rest.index(after: end)...]
        }
        return rest.isEmpty
    }
}
