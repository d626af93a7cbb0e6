import WebDAV

/// Somebody of another server, who brings the secret of one calendar that is shared with them.
///
/// To all the rest of the program they are nobody, to whom that calendar alone grants something. What
/// may be asked for besides is listed here, and nothing else has to know of them.
enum Guest {
    /// What is done with one calendar and with nothing beside it.
    private static let methods = ["OPTIONS", "GET", "HEAD", "PROPFIND", "REPORT", "PUT", "DELETE"]

    /// - Throws: the same 403 for everything that is not the shared calendar, whether it exists or not.
    static func check(_ request: Request, _ opening: Opening) throws(RequestError) {
        guard opening.calendar != nil, methods.contains(request.method) else {
            throw .needPrivileges(.dav("read"), on: request.basePath + request.path)
        }
    }

    /// Signs a guest in: their user name is their cloud id, their password the secret.
    ///
    /// The secret is too long to be guessed, so it takes no slow hash. One that is right is taken however
    /// many were wrong before: Nextcloud asks for all its users from one address.
    /// - Returns: nil where the name is no guest's, or somebody has it who may sign in here.
    static func open(
        _ address: ResourceAddress, _ credentials: SignIn.Credentials, _ request: Request,
        content: Bool, _ services: Services
    ) throws -> Opening? {
        let (store, verifier, log) = (services.store, services.verifier, services.log)
        guard let password = credentials.password,
            let name = CloudID(userName: credentials.name)
        else { return nil }
        let secret = String(decoding: password, as: UTF8.self)
        let key = GuestKey(userName: credentials.name, cloudID: name, secret: secret)
        var opening = try store.open(address, asGuest: key, content: content)
        if opening.user != nil {
            if opening.hasPendingChanges {
                try store.mergePendingChanges()
                opening = try store.open(address, asGuest: key, content: content)
            }
            if opening.user != nil { return opening }
        }
        if try store.open(.root, signingIn: credentials.name, content: false).user != nil {
            return nil
        }
        if let seconds = verifier.lockedFor(secret: secret, from: request.clientAddress) {
            log(.lockedOut(name: name.text, address: request.clientAddress))
            throw RequestError(
                .tooManyRequests, "Too many wrong passwords.",
                fields: [("Retry-After", String(seconds))])
        }
        verifier.note(secret: secret, isKnown: false, from: request.clientAddress)
        log(.signInRefused(name: name.text, address: request.clientAddress))
        throw SignIn.challenge(services.settings, .wrong)
    }
}

/// What a guest signs in with.
package struct GuestKey: Sendable {
    /// As the field has it: who of the CRM has that name is no guest.
    package let userName: String
    package let cloudID: CloudID
    package let secret: String

    package init(userName: String, cloudID: CloudID, secret: String) {
        self.userName = userName
        self.cloudID = cloudID
        self.secret = secret
    }
}
