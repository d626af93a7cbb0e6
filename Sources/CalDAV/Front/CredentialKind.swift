import WebDAV

/// A way of being let in by what a request brings in its Authorization field, or by the web server's word.
struct CredentialKind: Sendable {
    /// Finds what the request is for, once who asks is known. Nil where the credentials are of another kind.
    let open:
        @Sendable (
            SignIn.Credentials, ResourceAddress, Request, _ content: Bool, Services
        ) throws -> Opening?

    /// In the order in which they are tried.
    static let all = [guest, user]

    /// Somebody of another server, with the secret of a calendar that is shared with them.
    private static let guest = CredentialKind { credentials, address, request, content, services in
        try Guest.open(address, credentials, request, content: content, services)
    }

    /// Somebody of the CRM, with the CRM's password.
    private static let user = CredentialKind { credentials, address, request, content, services in
        let opening = try services.store.open(
            address, signingIn: credentials.name, content: content)
        try SignIn.verify(
            credentials, opening.user, services.verifier, from: request.clientAddress,
            services.settings, log: services.log)
        guard opening.user != nil else { return nil }
        return try services.refreshed(opening, address, credentials.name, content: content)
    }
}
