import WebDAV

/// Who asks: Basic credentials, or the name that the web server vouches for.
enum SignIn {
    struct Credentials {
        let name: String
        /// Nil where the web server signed the user in.
        let password: [UInt8]?
    }

    /// - Throws: 401 where there are none.
    static func credentials(
        of request: Request, _ settings: ServerSettings
    ) throws(RequestError) -> Credentials {
        if settings.trustsRemoteUser, let name = request.remoteUser, !name.isEmpty {
            return Credentials(name: name, password: nil)
        }
        guard let field = request.fields["authorization"] else {
            throw challenge(settings, .missing)
        }
        guard let basic = BasicCredentials(headerField: field) else {
            throw challenge(settings, .unreadable)
        }
        return Credentials(name: basic.name, password: basic.password)
    }

    /// - Parameter user: as the store found them; nil for a name that nobody has.
    static func verify(
        _ credentials: Credentials, _ user: UserRecord?, _ verifier: any PasswordVerifier,
        from address: String, _ settings: ServerSettings, log: (ServerEvent) -> Void
    ) throws(RequestError) {
        guard let password = credentials.password else {
            // No 401: the client could not send anything better.
            guard user != nil else {
                throw RequestError(.forbidden, "That user is not known here.")
            }
            return
        }
        let verdict = verifier.verify(
            password, for: user, named: credentials.name, from: address)
        switch verdict {
        case .accepted: return
        case .refused:
            log(.signInRefused(name: credentials.name, address: address))
            throw challenge(settings, .wrong)
        case .busy(let seconds):
            throw RequestError(
                .tooManyRequests, "Too many are signing in.",
                fields: [("Retry-After", String(seconds))])
        case .lockedOut(let seconds):
            log(.lockedOut(name: credentials.name, address: address))
            throw RequestError(
                .tooManyRequests, "Too many wrong passwords.",
                fields: [("Retry-After", String(seconds))])
        }
    }

    /// RFC 7617 §2 and §2.1.
    static func challenge(_ settings: ServerSettings, _ reason: SignInRefusal) -> RequestError {
        let realm = settings.realm.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline }
        return RequestError(
            .unauthorized, reason.rawValue,
            fields: [("WWW-Authenticate", "Basic realm=\"\(realm)\", charset=\"UTF-8\"")])
    }
}

/// What the body of a 401 says. Who looks at an installation from outside tells by it whether the web
/// server passes passwords on.
package enum SignInRefusal: String, Sendable {
    case missing = "Sign in with the user name and password of the CRM."
    case unreadable = "The Authorization field holds no user name and password: Basic is offered."
    case wrong = "The user name or the password is wrong."
}
