import WebDAV

extension Surface {
    /// Pages for a person with a browser, at the addresses of what they are about.
    package static let pages = Surface(
        name: "pages", fields: [("DAV", Compliance.classes)],
        routes: [
            Route(PathPattern(""), ["GET", "HEAD"], isShared: true, handler: Pages.welcome),
            Route(
                PathPattern("calendars/*"), ["GET", "HEAD"], isShared: true,
                handler: Pages.welcome),
            Route(
                PathPattern("calendars/*/*"), ["GET", "HEAD"], where: Pages.isForReader,
                handler: Pages.calendar),
            Route(
                PathPattern("calendars/*/*"), ["POST"], where: Pages.isForm,
                handler: Pages.changeAddresses),
        ])
}

private enum Pages {
    /// A browser that says who asks: without that, a calendar that everybody may read is given as it is.
    @Sendable static func isForReader(_ request: Request) -> Bool {
        Page.isWanted(by: request)
            && (request.fields["authorization"] != nil || request.remoteUser != nil)
    }

    @Sendable static func isForm(_ request: Request) -> Bool {
        FeedAddresses.isMeant(by: request) && Page.isWanted(by: request)
    }

    static func welcome(_ request: Request, _ services: Services) throws -> Response {
        let context = try resolve(request, services, .read)
        switch context.target?.resource {
        case .root, .home: break
        default: throw RequestError(.notFound, "There is nothing here.")
        }
        return try Welcome.response(in: context)
    }

    static func calendar(_ request: Request, _ services: Services) throws -> Response {
        let context = try resolve(request, services, .read)
        guard case .calendar(let calendar)? = context.target?.resource else {
            throw RequestError(.notFound, "There is nothing here.")
        }
        return try CalendarPage.response(for: calendar, in: context)
    }

    /// The form of a calendar's page.
    static func changeAddresses(_ request: Request, _ services: Services) throws -> Response {
        let context = try resolve(request, services, .bind)
        guard case .calendar(let calendar)? = context.target?.resource else {
            throw RequestError(.notFound, "There is nothing here.")
        }
        switch try FeedAddresses.change(calendar, in: context) {
        case .revoked:
            return Response(.seeOther, fields: [("Location", context.paths.calendar(calendar))])
        case .created(_, let address):
            var response = try CalendarPage.response(
                for: calendar, newAddress: address, in: context)
            response.status = .created
            response.setField("Location", address)
            return response
        }
    }

    private static func resolve(
        _ request: Request, _ services: Services, _ privileges: Privileges
    ) throws -> Context {
        let context = try services.resolve(
            try ResourcePath(request.path), of: request, content: false)
        try context.authorise(.itself(privileges))
        return context
    }
}
