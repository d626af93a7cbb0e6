/// What the DAV header field says on every answer (RFC 4918 §10.1).
///
/// Clients decide by it whether there is a calendar at all, some by that of the principal, some by
/// that of the home: so it is the same everywhere. Only what is true stands here; a half-true
/// `calendar-auto-schedule` would stop clients from sending invitations themselves.
enum Compliance {
    static let classes = "1, 3, access-control, extended-mkcol, calendar-access, calendar-proxy"
}
