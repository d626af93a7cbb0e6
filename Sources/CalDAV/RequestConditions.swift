import WebDAV

/// Conditions in header fields (RFC 9110 §13, RFC 6638 §3.2.10), in the order of precedence.
///
/// The If field has a grammar of its own: `StateConditions`.
enum RequestConditions {
    /// What a resource is now. A calendar is what GET answers to the same request.
    private struct Validators {
        var exists = true
        var etag: String?
        /// Of an object, where any of its forms will do.
        var objectETag: String?
        /// Seconds since 1970, UTC.
        var modified: Int64?
    }

    /// - Returns: the context for the handler, with the ETag that was judged.
    /// - Throws: 412 with the present ETag.
    static func check(
        _ resource: Resource, _ context: Context
    ) throws(RequestError) -> Context {
        let fields = context.request.fields
        guard names.contains(where: { fields[$0] != nil }) else { return context }
        let present = validators(of: resource, context)
        var context = context
        if fields["if-schedule-tag-match"] != nil {
            // Nothing has a tag of that kind as long as nothing is scheduled.
            throw failed(present)
        }
        if let field = fields["if-match"] {
            guard holds(field, for: present) else { throw failed(present) }
        } else if let date = fields["if-unmodified-since"].flatMap(Timestamp.seconds(ofHTTPDate:)),
            let modified = present.modified
        {
            guard modified <= date else { throw failed(present) }
            // What was judged may change until it is written.
            context.judgedETag = present.etag
        }
        let isReading = ["GET", "HEAD"].contains(context.request.method)
        if !isReading, let field = fields["if-none-match"], holds(field, for: present) {
            throw failed(present)
        }
        return context
    }

    private static let names = [
        "if-match", "if-none-match", "if-unmodified-since", "if-schedule-tag-match",
    ]

    /// Whether 304 is the answer to GET or HEAD.
    static func isUnchanged(etag: String, modified: Int64?, _ context: Context) -> Bool {
        let fields = context.request.fields
        if let field = fields["if-none-match"] {
            return holds(field, for: Validators(etag: etag))
        }
        let date = fields["if-modified-since"].flatMap(Timestamp.seconds(ofHTTPDate:))
        guard let modified, let date else { return false }
        return modified <= date
    }

    private static func holds(_ field: String, for present: Validators) -> Bool {
        switch EntityTagList(headerField: field) {
        case .any: present.exists
        case .tags(let tags):
            tags.contains { tag in
                present.etag == tag || present.objectETag == CalendarFormat.objectETag(tag)
            }
        }
    }

    private static func failed(_ present: Validators) -> RequestError {
        RequestError(
            .preconditionFailed, "The resource is not as the request supposes.",
            fields: present.etag.map { [("ETag", "\"\($0)\"")] } ?? [])
    }

    private static func validators(of resource: Resource, _ context: Context) -> Validators {
        switch resource {
        case .object(let object, _):
            return Validators(
                etag: object.etag, objectETag: object.etag, modified: object.modified)
        case .calendar(let calendar):
            return feed(of: calendar, source: context.address(of: calendar), context)
        case .feed(let calendar): return feed(of: calendar, source: nil, context)
        case .freeCalendar, .freeObject, .nowhere: return Validators(exists: false)
        default: return Validators()
        }
    }

    private static func feed(
        of calendar: CalendarRecord, source: String?, _ context: Context
    ) -> Validators {
        let header = FeedHeader(calendar, source: source, context.settings)
        return Validators(etag: (try? FeedRequest(context.request)).map(header.etag))
    }
}
