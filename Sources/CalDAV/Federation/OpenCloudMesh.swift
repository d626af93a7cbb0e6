import WebDAV

/// What other servers ask us in Open Cloud Mesh: who we are, and what became of a share.
///
/// We share calendars and take none. No key for signatures is published: who publishes one has to sign
/// everything from then on.
enum OpenCloudMesh {
    /// Below the base path; a web server leads here from the same places at the host's root.
    private static let discovery = [".well-known/ocm", "ocm-provider"]
    private static let notifications = "ocm/notifications"
    private static let shares = "ocm/shares"

    /// The version of the interface whose fields we have.
    private static let version = "1.1.0"
    /// Bytes of a notification.
    private static let maxNotificationSize = 1 << 16

    /// Nil for everything else.
    static func response(
        to request: Request, _ store: any CalendarStore, _ verifier: any PasswordVerifier,
        _ settings: ServerSettings, log: (ServerEvent) -> Void
    ) throws -> Response? {
        // Nearly nothing is asked for there.
        let first = request.path.utf8.first
        guard first == UInt8(ascii: ".") || first == UInt8(ascii: "o") else { return nil }
        let path = request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
        switch path {
        case discovery[0], discovery[1]:
            guard request.method == "GET" || request.method == "HEAD" else {
                throw notAllowed("GET, HEAD")
            }
            return JSONAnswer.response(.ok, description(request, settings))
        case notifications:
            guard request.method == "POST" else { throw notAllowed("POST") }
            return try take(request, store, verifier, log: log)
        case shares:
            guard request.method == "POST" else { throw notAllowed("POST") }
            return refusal(
                .notImplemented, "Calendars are shared from here, and taken from nobody.")
        default: return nil
        }
    }

    private static func notAllowed(_ methods: String) -> RequestError {
        RequestError(
            .methodNotAllowed, "That method means nothing here.", fields: [("Allow", methods)])
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
    private static func take(
        _ request: Request, _ store: any CalendarStore, _ verifier: any PasswordVerifier,
        log: (ServerEvent) -> Void
    ) throws -> Response {
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
        if let seconds = verifier.lockedFor(secret: secret, from: request.clientAddress) {
            throw RequestError(
                .tooManyRequests, "Too many wrong secrets.",
                fields: [("Retry-After", String(seconds))])
        }
        let isKnown = try store.note(answer, ofShareWithSecret: secret)
        verifier.note(secret: secret, isKnown: isKnown, from: request.clientAddress)
        guard isKnown else {
            log(.secretRefused(address: request.clientAddress))
            return refusal(.forbidden, "RESOURCE_NOT_FOUND")
        }
        return JSONAnswer.response(.created, [:])
    }

    private static func refusal(_ status: Status, _ message: String) -> Response {
        JSONAnswer.response(status, ["message": .string(message), "validationErrors": []])
    }
}

/// What a receiver may tell of a share (Open Cloud Mesh, notification types).
package enum ShareAnswer: String, Sendable {
    case accepted = "SHARE_ACCEPTED"
    case declined = "SHARE_DECLINED"
}
