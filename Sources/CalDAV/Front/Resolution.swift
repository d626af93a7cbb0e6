import WebDAV

// From a path to a resource: signing in, looking it up with everything in it that is new, and what the user
// may do there.
extension Services {
    /// - Parameter content: whether an object's text is wanted.
    /// - Throws: 401, 403 or 429 where who asks is not let in, and whatever the store says.
    func resolve(
        _ path: ResourcePath, of request: Request, content: Bool
    ) throws -> Context {
        let opening = try open(path.address, request, content: content)
        let user = opening.user ?? .nobody
        note(user)
        if user.guest != nil { try Guest.check(request, opening) }
        var context = context(of: user, for: request)
        let resource = Resource(path, opening, viewer: user)
        context.target = Target(
            resource: resource, address: path.address,
            held: context.privileges(on: resource), href: request.basePath + request.path)
        return context
    }

    /// What COPY or MOVE is to write, as the same user may know it.
    func destination(of request: Request, _ context: Context) throws -> Target {
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

    /// Signs in and finds what the request is for.
    ///
    /// The password is verified before anything is written on the user's behalf.
    private func open(
        _ address: ResourceAddress, _ request: Request, content: Bool
    ) throws -> Opening {
        if let opening = try openWithoutSigningIn(address, request, content: content) {
            return opening
        }
        let credentials = try SignIn.credentials(of: request, settings)
        for kind in CredentialKind.all {
            if let opening = try kind.open(credentials, address, request, content, self) {
                return opening
            }
        }
        throw SignIn.challenge(settings, .wrong)
    }

    /// The opening with everything in it that is new.
    func refreshed(
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
}
