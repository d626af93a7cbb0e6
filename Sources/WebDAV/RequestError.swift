package import XML

/// Why a request is not done; it knows its status and its DAV:error body (RFC 4918 §16).
package struct RequestError: Error {
    package let status: Status
    package let precondition: Precondition?
    /// A sentence for the person who reads the answer; says nothing of the inside.
    package let message: String
    /// Header fields that belong to the refusal, such as Retry-After.
    package let fields: [(name: String, value: String)]
    /// What to blame, inside the precondition's element: already encoded.
    package let hrefs: [String]
    /// Names of privileges that were missing on the first of `hrefs` (RFC 3744 §7.1.1).
    package let privileges: [XMLName]

    package init(
        _ status: Status, _ message: String = "", fields: [(name: String, value: String)] = []
    ) {
        self.init(status: status, precondition: nil, message: message, fields: fields)
    }

    package init(_ precondition: Precondition, _ message: String = "", href: String? = nil) {
        self.init(
            status: precondition.status, precondition: precondition, message: message,
            hrefs: href.map { [$0] } ?? [])
    }

    package init(
        status: Status, precondition: Precondition?, message: String,
        fields: [(name: String, value: String)] = [], hrefs: [String] = [],
        privileges: [XMLName] = []
    ) {
        self.status = status
        self.precondition = precondition
        self.message = message
        self.fields = fields
        self.hrefs = hrefs
        self.privileges = privileges
    }

    /// RFC 3744 §7.1.1.
    package static func needPrivileges(_ privileges: XMLName..., on href: String) -> RequestError {
        needPrivileges(privileges, on: href)
    }

    package static func needPrivileges(_ privileges: [XMLName], on href: String) -> RequestError {
        RequestError(
            status: .forbidden, precondition: .needPrivileges,
            message: "You may not do that here.", hrefs: [href], privileges: privileges)
    }
}

extension RequestError {
    /// The answer: XML where there is a precondition to name, else a line of text.
    package var response: Response {
        var response = Response(status, fields: fields)
        if precondition != nil {
            let writer = XMLWriter(namespaces: .webDAV)
            writer.startDocument(.dav("error"))
            writeContent(to: writer)
            writer.end(.dav("error"))
            response.setField("Content-Type", "application/xml; charset=utf-8")
            response.body = .bytes(writer.takeBytes())
        } else if !message.isEmpty {
            response.setField("Content-Type", "text/plain; charset=utf-8")
            response.body = .bytes(Array((message + "\n").utf8))
        }
        return response
    }

    /// What stands inside DAV:error.
    package func writeContent(to writer: XMLWriter) {
        guard let precondition else { return }
        writer.start(precondition.element)
        for href in hrefs {
            guard !privileges.isEmpty else {
                writer.element(.dav("href"), href)
                continue
            }
            for privilege in privileges {
                writer.element(.dav("resource")) {
                    writer.element(.dav("href"), href)
                    writer.element(.dav("privilege")) { writer.empty(privilege) }
                }
            }
        }
        writer.end(precondition.element)
        if !message.isEmpty {
            // Servers have long said what is wrong in this place; readers skip what they do not know.
            writer.element(.dav("responsedescription"), message)
        }
    }
}
