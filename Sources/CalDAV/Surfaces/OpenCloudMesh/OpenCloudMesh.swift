import WebDAV

extension Surface {
    /// Open Cloud Mesh. A web server leads here from the same places at the host's root.
    package static let federation = Surface(
        name: "federation", fields: [("DAV", Compliance.classes)],
        routes: [
            Route(
                PathPattern(".well-known/ocm"), ["GET", "HEAD"], handler: OpenCloudMesh.discover),
            Route(PathPattern("ocm-provider"), ["GET", "HEAD"], handler: OpenCloudMesh.discover),
            Route(PathPattern("ocm/notifications"), ["POST"], handler: OpenCloudMesh.take),
            Route(PathPattern("ocm/shares"), ["POST"], handler: OpenCloudMesh.refuseShare),
        ])
}

/// What other servers ask us in Open Cloud Mesh: who we are, and what became of a share.
///
/// We share calendars and take none. No key for signatures is published: who publishes one has to sign
/// everything from then on.
private enum OpenCloudMesh {
    /// The version of the interface whose fields we have.
    private static let version = "1.1.0"
    /// Bytes of a notification.
    private static let maxNotificationSize = 1 << 16

    fileprivate static func discover(_ request: Request, _ services: Services) -> Response {
        JSONAnswer.response(.ok, description(request, services.settings))
    }

    fileprivate static func refuseShare(_: Request, _: Services) -> Response {
        refusal(.notImplemented, "Calendars are shared from here, and taken from nobody.")
    }

    // MARK: Discovery

    private static func description(_ request: Request, _ settings: ServerSettings) -> JSONValue {
        let base =
            settings.publicAddress ?? "\(request.scheme)://\(request.authority)\(request.basePath)"
        return [
            "enabled": true, "apiVersion": .string(version), "endPoint": .string(base + "ocm"),
            "provider": "crm-caldav", "capabilities": ["notifications"],
            "resourceTypes": [
                [
                    "name": "calendar", "shareTypes": ["user"],
                    "protocols": ["caldav": .string(path(of: base))],
                ]
            ],
        ]
    }

    private static func path(of address: String) -> String {
        let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count == 4 ? "/\(parts[3])" : "/"
    }

    // MARK: Notifications

    /// What a receiver tells of a share, whose secret shows that it is the receiver.
    ///
    /// Nextcloud tells neither when somebody takes a calendar nor when they decline one; others may.
    fileprivate static func take(_ request: Request, _ services: Services) throws -> Response {
        let body = try request.readAll(limit: maxNotificationSize) { limit in
            RequestError(.contentTooLarge, "A notification may have \(limit) bytes at most.")
        }
        guard let message = JSONValue(parsing: body),
            let type = message["notificationType"]?.string,
            let secret = message["notification"]?["sharedSecret"]?.string, !secret.isEmpty
        else { return refusal(.badRequest, "Missing arguments") }
        guard message["resourceType"]?.string == "calendar" else {
            return refusal(.badRequest, "There are no shares of that resource type here.")
        }
        guard let answer = ShareAnswer(rawValue: type) else {
            return refusal(.notImplemented, "Notifications of that type are not known here.")
        }
        try services.checkMayTry(secret: secret, from: request)
        let isKnown = try services.store.note(answer, ofShareWithSecret: secret)
        services.note(secret: secret, isKnown: isKnown, from: request)
        guard isKnown else { return refusal(.forbidden, "RESOURCE_NOT_FOUND") }
        return JSONAnswer.response(.created, [:])
    }

    private static func refusal(_ status: Status, _ message: String) -> Response {
        JSONAnswer.response(status, ["message": .string(message), "validationErrors": []])
    }
}
