import WebDAV
import XML

/// The body of a sync-collection report (RFC 6578 §6), but for what is asked of each member.
///
/// A missing sync-level means 1: Nextcloud's federation sends none.
struct SyncRequest {
    /// Of whichever kind; nil where the client has seen nothing.
    let token: String?
    /// Whether members of members are wanted too.
    let isInfinite: Bool
    /// The most members to report; nil for all (§3.7).
    let limit: Int?

    /// - Throws: 400 for a level or a limit that means nothing.
    init(_ root: XMLElement) throws(RequestError) {
        let token = root.first(.dav("sync-token"))?.trimmedText ?? ""
        // What Nextcloud's federation begins with.
        let isInitial = token.isEmpty || SyncToken(token)?.revision == 0
        self.token = isInitial ? nil : token
        switch root.first(.dav("sync-level"))?.trimmedText {
        case nil, "1": isInfinite = false
        case "infinite", "infinity": isInfinite = true
        default: throw RequestError(.badRequest, "DAV:sync-level has to be 1 or infinite.")
        }
        limit = try ResultLimit.read(root)
    }

    static var invalidToken: RequestError {
        RequestError(.validSyncToken, "The token is not, or no longer, valid: start anew.")
    }
}

/// DAV:limit of a report (RFC 5323 §5.17, RFC 6578 §3.7).
enum ResultLimit {
    /// - Returns: the most results; nil for all.
    /// - Throws: 400 for what is no number above 0.
    static func read(_ root: XMLElement) throws(RequestError) -> Int? {
        guard let limit = root.first(.dav("limit")) else { return nil }
        guard let text = limit.first(.dav("nresults"))?.trimmedText, let number = Int(text),
            number > 0
        else { throw RequestError(.badRequest, "DAV:nresults has to be a number above 0.") }
        return min(number, 1_000_000)
    }
}

extension Multistatus {
    /// Says that more is left than the report tells (RFC 6578 §3.6).
    func truncated(at href: String) {
        response(
            href, .insufficientStorage, error: RequestError(.numberOfMatchesWithinLimits))
    }
}
