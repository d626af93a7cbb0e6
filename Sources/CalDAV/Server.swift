package import WebDAV

/// The front door: from a request to its answer.
///
/// One is made for each worker thread, with the thread's own store. Nothing that a client sends
/// gets past it unanswered: refusals are thrown as `RequestError`, trouble of the store becomes 503
/// or 500, and 401 means wrong credentials and nothing else.
package struct Server {
    private let settings: ServerSettings
    private let verifier: any PasswordVerifier
    private let store: any CalendarStore
    private let log: (ServerEvent) -> Void

    package init(
        settings: ServerSettings, verifier: any PasswordVerifier, store: any CalendarStore,
        log: @escaping (ServerEvent) -> Void
    ) {
        self.settings = settings
        self.verifier = verifier
        self.store = store
        self.log = log
    }

    /// Answers a request.
    ///
    /// A streamed body throws `RequestError` where it fails; `response(to:)` of that error is what
    /// to send as long as nothing was sent.
    package func respond(to request: Request) -> Response {
        var response: Response
        var userName: String?
        do {
            response = try answer(request, userName: &userName)
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
        response.user = userName
        response.setField("DAV", Compliance.classes)
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

    private func answer(_ request: Request, userName: inout String?) throws -> Response {
        let path = try ResourcePath(request.path)
        guard let method = Method.named(request.method) else {
            throw Method.refusal(of: request.method, path)
        }
        if let response = Unauthenticated.response(to: request, path) { return response }
        if let response = try OpenCloudMesh.response(
            to: request, store, verifier, settings, log: log)
        {
            return response
        }
        if case .known(.feed(let token)) = path {
            return try answer(request, method, path, token: token)
        }
        let isContentWanted =
            request.method == "GET"
            || request.method == "PUT" && Preferences(request.fields).wantsRepresentation
        let opening = try open(path.address, request, content: isContentWanted)
        let user = opening.user ?? .nobody
        if !user.isNobody || user.guest != nil { userName = user.actor }
        if user.guest != nil { try Guest.check(request, opening) }
        var context = context(of: user, for: request)
        let resource = Resource(path, opening, viewer: user)
        context.target = Target(
            resource: resource, address: path.address,
            held: context.privileges(on: resource), href: request.basePath + request.path)
        try context.authorise(method.needs(on: resource.kind))
        if let needs = method.destinationNeeds(on: resource.kind) {
            let destination = try self.destination(of: request, context)
            try destination.authorise(needs, context.paths)
            context.destination = destination
        }
        try StateConditions.check(resource, context)
        if request.fields["if"] != nil, case .object(let object, _) = resource {
            // What was judged may change until it is written.
            context.judgedETag = object.etag
        }
        return try method.respond(to: resource, in: context)
    }

    private func context(of user: UserRecord, for request: Request) -> Context {
        Context(
            settings: settings, store: store, request: request, user: user,
            paths: Paths(base: request.basePath), preferences: Preferences(request.fields),
            log: log)
    }

    /// Answers on a calendar's secret address: whoever knows it asks on behalf of the owner.
    ///
    /// A token that there is not costs what one costs that there is, and who tries many is not
    /// listened to for a while.
    private func answer(
        _ request: Request, _ method: Method, _ path: ResourcePath, token: String
    ) throws -> Response {
        guard method.on.contains(.feed) else { throw method.refusal(on: .feed) }
        if let seconds = verifier.lockedFor(secret: token, from: request.clientAddress) {
            throw RequestError(
                .tooManyRequests, "Too many wrong addresses.",
                fields: [("Retry-After", String(seconds))])
        }
        var opening = try store.open(path.address, signingIn: nil, content: false)
        let isKnown = opening.user != nil && opening.calendar != nil
        verifier.note(secret: token, isKnown: isKnown, from: request.clientAddress)
        if !isKnown { log(.secretRefused(address: request.clientAddress)) }
        if isKnown, opening.hasPendingChanges {
            try store.mergePendingChanges()
            opening = try store.open(path.address, signingIn: nil, content: false)
        }
        guard let user = opening.user, let calendar = opening.calendar else {
            throw RequestError(.notFound)
        }
        return try method.respond(to: .feed(calendar), in: context(of: user, for: request))
    }

    /// Signs in and finds what the request is for, with everything in it that is new.
    ///
    /// The password is verified before anything is written on the user's behalf.
    private func open(
        _ address: ResourceAddress, _ request: Request, content: Bool
    ) throws -> Opening {
        if let opening = try openWithoutSigningIn(address, request, content: content) {
            return opening
        }
        let credentials = try SignIn.credentials(of: request, settings)
        if let opening = try Guest.open(
            address, credentials, request, store, verifier, settings, content: content, log: log)
        {
            return opening
        }
        let opening = try store.open(address, signingIn: credentials.name, content: content)
        try SignIn.verify(
            credentials, opening.user, verifier, from: request.clientAddress, settings, log: log)
        guard opening.user != nil else { throw SignIn.challenge(settings, .wrong) }
        return try refreshed(opening, address, credentials.name, content: content)
    }

    /// The opening with everything in it that is new.
    private func refreshed(
        _ opening: Opening, _ address: ResourceAddress, _ userName: String, content: Bool
    ) throws -> Opening {
        var isStale = false
        if opening.hasPendingChanges {
            try store.mergePendingChanges()
            isStale = true
        }
        if opening.needsHome, let user = opening.user {
            try store.prepareHome(of: user)
            isStale = true
        }
        return isStale
            ? try store.open(address, signingIn: userName, content: content) : opening
    }

    /// What COPY or MOVE is to write, as the same user may know it.
    private func destination(of request: Request, _ context: Context) throws -> Target {
        let (path, href) = try Transfer.destination(of: request)
        let name = context.user.name
        let opening = try refreshed(
            store.open(path.address, signingIn: name, content: false), path.address, name,
            content: false)
        let resource = Resource(path, opening, viewer: context.user)
        return Target(
            resource: resource, address: path.address, held: context.privileges(on: resource),
            href: href)
    }

    /// What is granted to `all` may be read by GET without signing in. Whatever else is asked for is
    /// answered with the challenge: there are clients that sign in only when they get one.
    private func openWithoutSigningIn(
        _ address: ResourceAddress, _ request: Request, content: Bool
    ) throws -> Opening? {
        guard request.method == "GET" || request.method == "HEAD",
            request.fields["authorization"] == nil,
            !(settings.trustsRemoteUser && request.remoteUser != nil)
        else { return nil }
        switch address {
        case .calendar, .object: break
        default: return nil
        }
        var opening = try store.open(address, signingIn: nil, content: content)
        guard opening.calendar != nil, opening.granted.contains(.read) else { return nil }
        if opening.hasPendingChanges {
            try store.mergePendingChanges()
            opening = try store.open(address, signingIn: nil, content: content)
        }
        return opening
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
