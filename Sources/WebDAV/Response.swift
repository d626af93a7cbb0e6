/// What a handler answers.
package struct Response {
    package var status: Status

    /// In the order they are sent; Content-Length is added by the carrier where the length is known.
    package var fields: [(name: String, value: String)]

    package var body: Body

    /// Who was signed in, for the access log.
    package var user: String?

    package enum Body {
        case empty
        case bytes([UInt8])
        /// Written piece by piece while it is made.
        ///
        /// The carrier holds the first piece back until it is full, so that an error before it can
        /// still become a status; after that an error breaks the connection instead of ending the
        /// answer as if it were whole.
        case stream((any BodySink) throws -> Void)
    }

    package init(
        _ status: Status, fields: [(name: String, value: String)] = [], body: Body = .empty
    ) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    package mutating func setField(_ name: String, _ value: String) {
        fields.append((name, value))
    }
}

/// Where a streamed body goes.
package protocol BodySink: AnyObject {
    /// - Throws: when the client is no longer there.
    func write(_ bytes: UnsafeRawBufferPointer) throws
}

/// An HTTP status code.
package struct Status: Hashable, Sendable {
    package let code: Int

    package init(_ code: Int) { self.code = code }

    package static let ok = Status(200)
    package static let created = Status(201)
    package static let noContent = Status(204)
    package static let multistatus = Status(207)
    package static let seeOther = Status(303)
    package static let notModified = Status(304)
    package static let temporaryRedirect = Status(307)
    package static let badRequest = Status(400)
    package static let unauthorized = Status(401)
    package static let forbidden = Status(403)
    package static let notFound = Status(404)
    package static let methodNotAllowed = Status(405)
    package static let conflict = Status(409)
    package static let preconditionFailed = Status(412)
    package static let contentTooLarge = Status(413)
    package static let unsupportedMediaType = Status(415)
    package static let failedDependency = Status(424)
    package static let tooManyRequests = Status(429)
    package static let internalServerError = Status(500)
    package static let notImplemented = Status(501)
    package static let badGateway = Status(502)
    package static let serviceUnavailable = Status(503)
    package static let insufficientStorage = Status(507)

    /// The phrase of the status line, as in `Multi-Status`.
    package var reason: String { Status.reasons[code] ?? "Status" }

    private static let reasons: [Int: String] = [
        200: "OK", 201: "Created", 204: "No Content", 207: "Multi-Status",
        301: "Moved Permanently", 303: "See Other", 304: "Not Modified",
        307: "Temporary Redirect",
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 409: "Conflict", 411: "Length Required",
        412: "Precondition Failed", 413: "Content Too Large", 415: "Unsupported Media Type",
        424: "Failed Dependency", 429: "Too Many Requests",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
        503: "Service Unavailable",
        507: "Insufficient Storage",
    ]
}
