import CRMStore
import Outgoing
import WebDAV
import XML

/// What a remote calendar says has changed since the last turn.
struct RemoteListing {
    struct Member {
        var address: WebAddress
        /// Nil where the server says none.
        var etag: String?
    }

    /// By `WebAddress.comparisonKey`.
    var present: [String: Member] = [:]
    /// Said to be gone.
    var gone: Set<String> = []
    /// Whether `present` is all there is: what is not in it is gone.
    var isComplete = false
    var syncToken: String?
    var ctag: String?
}

extension CalDAVClient {
    /// Asks what is new, by the cheapest means the server has: sync-collection, else the ctag, and the
    /// ETags of everything where neither helps or `full` wants it.
    func listing(
        of calendar: WebAddress, since cursors: RemoteCursors, full: Bool
    ) throws(RemoteError) -> RemoteListing {
        if cursors.ctag == nil, let synced = try synced(calendar, cursors.syncToken) {
            guard full, !synced.isComplete else { return synced }
            // The server's memory of changes is not to be trusted for ever.
            var complete = try members(of: calendar)
            complete.syncToken = synced.syncToken
            return complete
        }
        let before = try ctag(of: calendar)
        if let before, before == cursors.ctag, !full {
            return RemoteListing(ctag: before)
        }
        var complete = try members(of: calendar)
        complete.ctag = before
        return complete
    }

    /// - Returns: nil where the server has no sync-collection.
    private func synced(
        _ calendar: WebAddress, _ token: String?
    ) throws(RemoteError) -> RemoteListing? {
        var listing = RemoteListing()
        listing.isComplete = token == nil
        var token = token ?? ""
        // A server may answer in pieces (RFC 6578 §3.6).
        for _ in 0..<1000 {
            let answer: RemoteMultistatus
            do throws(RemoteError) {
                answer = try syncCollection(calendar, token: token)
            } catch .invalidSyncToken where !token.isEmpty {
                return try synced(calendar, nil)
            } catch .refused, .forbidden, .invalidSyncToken {
                if token.isEmpty { return nil }
                return try synced(calendar, nil)
            }
            guard let next = answer.syncToken, !next.isEmpty else { return nil }
            let isTruncated = take(answer, of: calendar, into: &listing)
            if !isTruncated || next == token {
                listing.syncToken = next
                return listing
            }
            token = next
        }
        throw .unintelligible("the list of changes does not end")
    }

    /// - Returns: whether there is more.
    private func take(
        _ answer: RemoteMultistatus, of calendar: WebAddress, into listing: inout RemoteListing
    ) -> Bool {
        let own = calendar.comparisonKey
        var isTruncated = false
        for resource in answer.resources {
            let key = resource.address.comparisonKey
            if key == own {
                if resource.status == 507 { isTruncated = true }
            } else if let status = resource.status, status == 404 || status == 410 {
                listing.gone.insert(key)
                listing.present[key] = nil
            } else if !resource.isCollection, resource.status.map({ $0 < 300 }) ?? true {
                listing.present[key] = .init(address: resource.address, etag: resource.etag)
                listing.gone.remove(key)
            }
        }
        return isTruncated
    }

    private func members(of calendar: WebAddress) throws(RemoteError) -> RemoteListing {
        let answer = try propfind(calendar, depth: .one, [.dav("getetag"), .dav("resourcetype")])
        // A collection that does not name itself is none: half an answer, or another's.
        guard
            answer.resources.contains(where: { $0.address.comparisonKey == calendar.comparisonKey })
        else { throw .unintelligible("\(calendar.text) does not list itself") }
        var listing = RemoteListing()
        _ = take(answer, of: calendar, into: &listing)
        listing.isComplete = true
        return listing
    }

    private func ctag(of calendar: WebAddress) throws(RemoteError) -> String? {
        let answer = try propfind(calendar, depth: .zero, [.calendarServer("getctag")])
        let text = answer.resources.first?.property(.calendarServer("getctag"))?.trimmedText
        return text?.isEmpty == true ? nil : text
    }
}
