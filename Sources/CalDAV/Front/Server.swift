package import WebDAV

/// The front door: from a request to its answer.
///
/// One is made for each worker thread, with the thread's own store. It finds the surface whose the request
/// is, and knows nothing of any of them. Nothing that a client sends gets past it unanswered: refusals are
/// thrown as `RequestError`, trouble of the store becomes 503 or 500, and 401 means wrong credentials and
/// nothing else.
package struct Server {
    private let settings: ServerSettings
    private let verifier: any PasswordVerifier
    private let store: any CalendarStore
    private let router: Router
    private let log: (ServerEvent) -> Void

    package init(
        settings: ServerSettings, verifier: any PasswordVerifier, store: any CalendarStore,
        surfaces: [Surface], log: @escaping (ServerEvent) -> Void
    ) {
        self.settings = settings
        self.verifier = verifier
        self.store = store
        self.router = Router(surfaces)
        self.log = log
    }

    /// Answers a request.
    ///
    /// A streamed body throws `RequestError` where it fails; `response(to:)` of that error is what
    /// to send as long as nothing was sent.
    package func respond(to request: Request) -> Response {
        let services = Services(
            settings: settings, store: store, verifier: verifier, log: log)
        var surface: Surface?
        var response: Response
        do {
            let (found, route) = try router.route(of: request)
            surface = found
            response = try route.handler(request, services)
        } catch {
            response = self.response(to: error)
        }
        if case .stream(let write) = response.body {
            response.body = .stream { sink in
                do {
                    try write(sink)
                } catch let error as StorageError {
                    throw self.requestError(for: error)
                }
            }
        }
        response.user = services.userName
        for field in surface?.fields ?? [] { response.setField(field.name, field.value) }
        return response
    }

    /// The answer to what a handler or a streamed body threw.
    package func response(to error: any Error) -> Response {
        switch error {
        case let error as RequestError: return error.response
        case let error as StorageError: return requestError(for: error).response
        default:
            log(.unexpected("\(error)"))
            return RequestError(.internalServerError, "Something went wrong here.").response
        }
    }

    private func requestError(for error: StorageError) -> RequestError {
        switch error {
        case .unavailable(let reason):
            log(.storageUnavailable(reason))
            return RequestError(
                .serviceUnavailable, "The calendars cannot be reached just now.",
                fields: [("Retry-After", String(settings.retryAfter))])
        case .preconditionFailed(let etag):
            return RequestError(
                .preconditionFailed, "The resource is not as the request supposes.",
                fields: etag.map { [("ETag", "\"\($0)\"")] } ?? [])
        case .notFound: return RequestError(.notFound, "There is nothing here.")
        case .alreadyExists:
            return RequestError(.resourceMustBeNull, "There is something here already.")
        case .spellingConflict(let uri):
            return RequestError(
                .conflict, "The calendar \"\(uri)\" is here, whose name differs in case alone.")
        case .uidInUse:
            return RequestError(.noUIDConflict, "Another object of the calendar has that UID.")
        case .refused(let reason): return RequestError(.forbidden, reason)
        case .quotaExceeded(let excess): return RequestError(.quotaNotExceeded, excess.reason)
        case .failed(let reason):
            log(.unexpected(reason))
            return RequestError(.internalServerError, "Something went wrong here.")
        }
    }
}
