package import XML

/// Writes a multistatus (RFC 4918 §13) while it is made.
package struct Multistatus {
    package let writer: XMLWriter

    /// Writes the head of the document.
    package init(writer: XMLWriter) {
        self.writer = writer
        writer.startDocument(.dav("multistatus"))
    }

    package func end() {
        writer.end(.dav("multistatus"))
    }

    /// One response; `href` is encoded already.
    package func response(_ href: String, _ content: () -> Void) {
        writer.element(.dav("response")) {
            writer.element(.dav("href"), href)
            content()
        }
    }

    /// A response about a resource as a whole, without properties.
    package func response(_ href: String, _ status: Status, error: RequestError? = nil) {
        response(href) {
            self.status(status)
            if let error, error.precondition != nil {
                writer.element(.dav("error")) { error.writeContent(to: writer) }
            }
        }
    }

    package func propstat(_ status: Status, _ properties: () -> Void) {
        Multistatus.propstat(status, to: writer, properties)
    }

    /// - Parameter writer: of a fragment that will stand in a multistatus.
    package static func propstat(
        _ status: Status, to writer: XMLWriter, _ properties: () -> Void
    ) {
        writer.element(.dav("propstat")) {
            writer.element(.dav("prop"), properties)
            writer.element(.dav("status"), line(status))
        }
    }

    package func status(_ status: Status) {
        writer.element(.dav("status"), Multistatus.line(status))
    }

    /// `HTTP/1.1 200 OK`
    package static func line(_ status: Status) -> String {
        "HTTP/1.1 \(status.code) \(status.reason)"
    }
}

extension Response {
    /// A 207 whose body is written by `content` while it is sent, head and end included.
    package static func multistatus(
        _ content: @escaping (Multistatus) throws -> Void
    ) -> Response {
        Response(
            .multistatus, fields: [("Content-Type", "application/xml; charset=utf-8")],
            body: .stream { sink in
                let writer = XMLWriter(namespaces: .webDAV) { try sink.write($0) }
                let multistatus = Multistatus(writer: writer)
                try content(multistatus)
                multistatus.end()
                try writer.flush()
            })
    }
}
