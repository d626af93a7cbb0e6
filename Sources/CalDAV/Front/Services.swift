package import WebDAV

/// What every surface stands on, for one request: who asks, what there is, and what they may do.
package struct Services {
    package let settings: ServerSettings
    package let store: any CalendarStore
    let verifier: any PasswordVerifier
    package let log: (ServerEvent) -> Void
    private let actor = Actor()

    init(
        settings: ServerSettings, store: any CalendarStore, verifier: any PasswordVerifier,
        log: @escaping (ServerEvent) -> Void
    ) {
        self.settings = settings
        self.store = store
        self.verifier = verifier
        self.log = log
    }

    private final class Actor {
        var name: String?
    }

    /// Who was found to be asking, for the log; nil as long as nobody is.
    var userName: String? { actor.name }

    func note(_ user: UserRecord) {
        if !user.isNobody || user.guest != nil { actor.name = user.actor }
    }

    // MARK: Secrets in addresses and bodies

    /// - Throws: 429 for a client that tried many secrets which there are not.
    package func checkMayTry(secret: String, from request: Request) throws(RequestError) {
        guard let seconds = verifier.lockedFor(secret: secret, from: request.clientAddress) else {
            return
        }
        throw RequestError(
            .tooManyRequests, "Too many wrong secrets.",
            fields: [("Retry-After", String(seconds))])
    }

    /// Counts a wrong secret, and forgets the wrong ones after a right one.
    package func note(secret: String, isKnown: Bool, from request: Request) {
        verifier.note(secret: secret, isKnown: isKnown, from: request.clientAddress)
        if !isKnown { log(.secretRefused(address: request.clientAddress)) }
    }

    // MARK: Contexts

    func context(of user: UserRecord, for request: Request) -> Context {
        Context(
            settings: settings, store: store, request: request, user: user,
            paths: Paths(base: request.basePath), preferences: Preferences(request.fields),
            log: log)
    }
}
