/// One HTTP request as a handler sees it, whatever carried it.
package struct Request {
    /// As sent; methods are case-sensitive (RFC 9110 §9.1).
    package var method: String

    /// The path below `basePath`, still percent-encoded, without a leading slash: empty for the
    /// root, `calendars/anna/crm-tasks/` for a calendar.
    package var path: String

    /// What followed `?`, still encoded; nil where there was none.
    package var query: String?

    /// Absolute path the service lives below; begins and ends with `/`.
    package var basePath: String

    /// `http` or `https`, as the client sees it.
    package var scheme: String

    /// The host and port the client addressed, as in the Host field.
    package var authority: String

    package var fields: HeaderFields

    /// The peer's address as the web server told it, for logs and limits.
    package var clientAddress: String

    /// The user whom the web server signed in, where the configuration trusts it to.
    package var remoteUser: String?

    /// Reads the whole body, once, up to a number of bytes.
    ///
    /// Lazy, so that a request is signed in and judged by its fields before a large body is read.
    package var readBody: (_ limit: Int) throws(BodyError) -> [UInt8]

    package init(
        method: String, path: String, query: String? = nil, basePath: String,
        scheme: String, authority: String, fields: HeaderFields, clientAddress: String,
        remoteUser: String? = nil,
        readBody: @escaping (_ limit: Int) throws(BodyError) -> [UInt8]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.basePath = basePath
        self.scheme = scheme
        self.authority = authority
        self.fields = fields
        self.clientAddress = clientAddress
        self.remoteUser = remoteUser
        self.readBody = readBody
    }
}

/// Why a request's body could not be had.
package enum BodyError: Error {
    /// Longer than the limit asked for.
    case tooLarge
    /// The client or the web server stopped in the middle.
    case cutShort
}

/// Header fields in the order of arrival, looked up by name in any case (RFC 9110 §5.1).
package struct HeaderFields: Sendable {
    private var fields: [(name: String, value: String)] = []

    package init() {}

    /// - Parameter name: lower case, as in `if-none-match`.
    package mutating func append(name: String, value: String) {
        fields.append((name, value))
    }

    /// The value of the first field of that name.
    ///
    /// - Parameter name: lower case.
    package subscript(name: String) -> String? {
        for field in fields where field.name == name { return field.value }
        return nil
    }
}
