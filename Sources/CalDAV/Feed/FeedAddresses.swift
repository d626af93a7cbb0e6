import WebDAV

/// A calendar's secret addresses, at `?feed` behind its own: POST makes and revokes them, GET lists
/// them.
///
/// A form's fields: `label`, what the new one is for; or `revoke`, the number of one that is to end.
/// An address is told once, when it is made; later there are its number and its label.
enum FeedAddresses {
    /// Bytes of a form.
    private static let maxFormSize = 4096

    @Sendable static func isMeant(by request: Request) -> Bool {
        request.queryFields["feed"] != nil
    }

    /// What a form made of the addresses.
    enum Change {
        case created(NewFeed, address: String)
        case revoked
    }

    /// Makes or revokes an address, as the form says.
    /// - Throws: 404 for a number that the calendar does not have.
    static func change(_ calendar: CalendarRecord, in context: Context) throws -> Change {
        try check(calendar, context)
        let form = try form(of: context.request)
        guard let new = try apply(form, of: context.request, to: calendar, context.feeds) else {
            return .revoked
        }
        return .created(new, address: context.origin + context.paths.feed(new.token))
    }

    /// - Returns: the new address; nil where one was revoked.
    static func apply(
        _ form: FormFields, of request: Request, to calendar: CalendarRecord,
        _ store: any FeedStore
    ) throws -> NewFeed? {
        guard let number = form["revoke"] else {
            let label = form["label"] ?? request.queryFields["label"] ?? ""
            return try store.createFeed(of: calendar, label: label)
        }
        guard let id = Int64(number) else {
            throw RequestError(.badRequest, "revoke has to be a number.")
        }
        try store.revokeFeed(id, of: calendar)
        return nil
    }

    /// What there is, without the addresses themselves: nobody has them but those who were told.
    static func list(of calendar: CalendarRecord, in context: Context) throws -> Response {
        try check(calendar, context)
        let feeds = try context.feeds.feeds(of: calendar)
        let items = feeds.map { feed in
            JSONAnswer.object([
                ("id", .number(feed.id)), ("label", .text(feed.label)),
                ("created", .text(Timestamp.iso8601(feed.created))),
            ])
        }
        return JSONAnswer.response(.ok, "[" + items.joined(separator: ",") + "]")
    }

    /// Only its owner gives a calendar away, and no other site in the owner's name: browsers send
    /// what they know of a password with the form of any page.
    private static func check(
        _ calendar: CalendarRecord, _ context: Context
    ) throws(RequestError) {
        guard !context.user.isNobody || context.user.guest != nil else {
            throw SignIn.challenge(context.settings, .missing)
        }
        guard calendar.owner.hasSameBytes(as: context.user.name) else {
            throw .needPrivileges(.dav("write-acl"), on: context.paths.calendar(calendar))
        }
        let fields = context.request.fields
        if let site = fields["sec-fetch-site"], site != "same-origin", site != "none",
            context.request.method == "POST"
        {
            throw RequestError(.forbidden, "That form is of another site.")
        }
        if let origin = fields["origin"], !origin.hasSuffix("//" + context.request.authority) {
            throw RequestError(.forbidden, "That form is of another site.")
        }
    }

    private static func form(of request: Request) throws(RequestError) -> FormFields {
        let body = try request.readAll(limit: maxFormSize) { limit in
            RequestError(.contentTooLarge, "A form may have \(limit) bytes at most.")
        }
        guard !body.isEmpty else { return FormFields("") }
        let type = request.fields["content-type"]?.lowercased() ?? ""
        guard type.hasPrefix("application/x-www-form-urlencoded") else {
            throw RequestError(.unsupportedMediaType, "Send a form, or nothing.")
        }
        return FormFields(String(decoding: body, as: UTF8.self))
    }
}
