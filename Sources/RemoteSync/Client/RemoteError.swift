package import Outgoing

/// Why a remote calendar did not do what it was asked.
package enum RemoteError: Error, Sendable {
    /// No answer: see `TransportError.Kind`.
    case transport(TransportError)
    /// 401: the user name or the password is not, or no longer, right.
    case unauthorized
    /// 403: this account may not do that.
    case forbidden(String)
    /// 404 or 410 of what should be there.
    case notFound(String)
    /// 412: somebody else was first.
    case preconditionFailed
    /// 403 or 409 with DAV:valid-sync-token, and what other servers mean by it.
    case invalidSyncToken
    /// Another object of the calendar has that UID.
    case uidConflict
    /// The object itself is refused (400, 403, 409, 413, 415, 422 …), in the server's words.
    case refused(status: Int, String)
    /// 429, 5xx, 423: later, and not before `retryAfter` seconds have passed.
    case busy(status: Int, retryAfter: Int64?)
    /// An answer that is none of WebDAV: HTML, half a document, a redirect elsewhere.
    case unintelligible(String)
}

extension RemoteError {
    /// Seconds for which the server asks to be left alone.
    var retryAfter: Int64? {
        guard case .busy(_, let seconds) = self else { return nil }
        return seconds
    }
}

extension RemoteError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .transport(let error): error.reason
        case .unauthorized: "the server does not accept the user name and password"
        case .forbidden(let reason), .unintelligible(let reason): reason
        case .notFound(let what): "\(what) is not there"
        case .preconditionFailed: "it was changed meanwhile"
        case .invalidSyncToken: "the server forgot what was changed since"
        case .uidConflict: "the server has another object of that UID"
        case .refused(let status, let reason): "refused with status \(status): \(reason)"
        case .busy(let status, _): "the server is busy (status \(status))"
        }
    }
}
