import WebDAV

/// The If header field of a request, judged (RFC 4918 §10.4; sync tokens: RFC 6578 §5).
///
/// There are no locks here, so no lock token ever matches. A resource that is neither the request's
/// own, nor its destination, nor a collection around one of them is in no state that we would know.
enum StateConditions {
    /// - Throws: 412 where no list holds, 400 where the field cannot be read.
    static func check(_ resource: Resource, _ context: Context) throws {
        guard let field = context.request.fields["if"] else { return }
        let header = try IfHeader(headerField: field)
        let isFulfilled = try header.isFulfilled { tagged, state in
            try holds(state, of: target(tagged, resource, context), context)
        }
        guard isFulfilled else {
            var fields: [(name: String, value: String)] = []
            if case .object(let object, _) = resource {
                fields = [("ETag", "\"\(object.etag)\"")]
            }
            throw RequestError(
                .preconditionFailed, "No list of the If field holds.", fields: fields)
        }
    }

    private enum Target {
        case object(ObjectRecord)
        case calendar(CalendarRecord)
        case home(Person)
        case other
    }

    private static func target(
        _ tagged: String?, _ resource: Resource, _ context: Context
    ) -> Target {
        guard let tagged else {
            switch resource {
            case .object(let object, _): return .object(object)
            case .calendar(let calendar): return .calendar(calendar)
            case .home(let person): return .home(person)
            default: return .other
            }
        }
        guard let segments = segments(of: tagged) else { return .other }
        let viewer = Person(viewer: context.user)
        if segments == Self.segments(of: context.paths.home(viewer.user.name)) {
            return .home(viewer)
        }
        var known = known(resource, context.paths)
        if let destination = context.destination {
            known += self.known(destination.resource, context.paths)
        }
        return known.first { self.segments(of: $0.href) == segments }?.target ?? .other
    }

    /// What was read of a resource and the calendar around it.
    private static func known(
        _ resource: Resource, _ paths: Paths
    ) -> [(href: String, target: Target)] {
        switch resource {
        case .object(let object, let calendar):
            [
                (paths.object(object.name, in: calendar), .object(object)),
                (paths.calendar(calendar), .calendar(calendar)),
            ]
        case .calendar(let calendar), .freeObject(_, let calendar):
            [(paths.calendar(calendar), .calendar(calendar))]
        default: []
        }
    }

    /// Decoded bytes of each segment.
    private static func segments(of href: String) -> [[UInt8]]? {
        guard let path = Href.path(of: href) else { return nil }
        return try? Href.segments(of: path.dropFirst()).map { Array($0.utf8) }
    }

    private static func holds(
        _ state: IfHeader.State, of target: Target, _ context: Context
    ) throws -> Bool {
        switch (state, target) {
        case (.etag(let tag), .object(let object)): tag == object.etag
        case (.token(let token), .calendar(let calendar)):
            SyncToken(token)?.revision == calendar.revision
        case (.token(let token), .home(let person)):
            try context.text(
                of: HomeToken(
                    of: HomeMember.all(
                        context.calendars(ofHomeOf: person, with: .read), in: person)),
                person
            ).hasSameBytes(as: token)
        default: false
        }
    }
}
