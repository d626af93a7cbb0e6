import Glibc
package import Outgoing
package import WebDAV
package import XML

/// Requests of WebDAV to another server, each with its one meaning of every status.
package final class CalDAVClient {
    private let http: HTTPClient
    private let credentials: Credentials

    package init(_ http: HTTPClient, _ credentials: Credentials) {
        self.http = http
        self.credentials = credentials
    }

    package var requestCount: Int { http.requestCount }

    /// Bytes of a listing, and of an object.
    private static let listingLimit = 64 << 20
    private static let objectLimit = 32 << 20
    private static let xmlLimits = XMLLimits(bytes: listingLimit, depth: 64, elements: 2_000_000)

    // MARK: Reading

    /// PROPFIND (RFC 4918 §9.1).
    package func propfind(
        _ address: WebAddress, depth: Depth, _ names: [XMLName]
    ) throws(RemoteError) -> RemoteMultistatus {
        let writer = XMLWriter(namespaces: .webDAV)
        writer.startDocument(.dav("propfind"))
        writer.element(.dav("prop")) { for name in names { writer.empty(name) } }
        writer.end(.dav("propfind"))
        var request = HTTPRequest("PROPFIND", address)
        request.set("Depth", depth == .zero ? "0" : "1")
        return try multistatus(request, writer)
    }

    /// REPORT sync-collection (RFC 6578 §3.2).
    ///
    /// - Parameter token: empty for the first.
    package func syncCollection(
        _ calendar: WebAddress, token: String
    ) throws(RemoteError) -> RemoteMultistatus {
        let writer = XMLWriter(namespaces: .webDAV)
        writer.startDocument(.dav("sync-collection"))
        writer.element(.dav("sync-token"), token)
        writer.element(.dav("sync-level"), "1")
        writer.element(.dav("prop")) { writer.empty(.dav("getetag")) }
        writer.end(.dav("sync-collection"))
        var request = HTTPRequest("REPORT", calendar)
        request.set("Depth", "0")
        return try multistatus(request, writer)
    }

    /// REPORT calendar-multiget (RFC 4791 §7.9).
    package func multiget(
        _ addresses: [WebAddress], of calendar: WebAddress
    ) throws(RemoteError) -> RemoteMultistatus {
        let writer = XMLWriter(namespaces: .webDAV)
        writer.startDocument(.caldav("calendar-multiget"))
        writer.element(.dav("prop")) {
            writer.empty(.dav("getetag"))
            writer.empty(.caldav("calendar-data"))
        }
        for address in addresses { writer.element(.dav("href"), address.path) }
        writer.end(.caldav("calendar-multiget"))
        var request = HTTPRequest("REPORT", calendar)
        request.set("Depth", "1")
        return try multistatus(request, writer)
    }

    private func multistatus(
        _ request: HTTPRequest, _ writer: XMLWriter
    ) throws(RemoteError) -> RemoteMultistatus {
        var request = request
        request.set("Content-Type", "application/xml; charset=utf-8")
        request.body = writer.takeBytes()
        let response = try send(request, limit: CalDAVClient.listingLimit)
        guard response.status == 207 else { throw failure(response, request) }
        return try RemoteMultistatus(
            parsing: response.body, from: request.address, limits: CalDAVClient.xmlLimits)
    }

    package struct Content {
        package var etag: String?
        package var text: [UInt8]
    }

    /// - Returns: nil for 404 and 410.
    package func get(_ address: WebAddress) throws(RemoteError) -> Content? {
        var request = HTTPRequest("GET", address)
        request.set("Accept", "text/calendar")
        let response = try send(request, limit: CalDAVClient.objectLimit)
        switch response.status {
        case 200: return Content(etag: response.etag, text: response.body)
        case 404, 410: return nil
        default: throw failure(response, request)
        }
    }

    // MARK: Writing

    /// What has to hold for a write: nobody else may have been there since we looked.
    package enum Condition {
        case isNew
        case matching(etag: String)
    }

    /// PUT of an object.
    ///
    /// - Returns: the ETag of what was sent, nil where the server says none: then it may have changed
    ///   the text (RFC 4791 §5.3.4).
    package func put(
        _ text: [UInt8], at address: WebAddress, if condition: Condition
    ) throws(RemoteError) -> String? {
        var request = HTTPRequest("PUT", address)
        request.set("Content-Type", "text/calendar; charset=utf-8")
        set(condition, of: &request)
        request.body = text
        let response = try send(request, limit: 1 << 20)
        guard [200, 201, 204].contains(response.status) else { throw failure(response, request) }
        if response.status == 200, response.field("content-type")?.hasPrefix("text/html") == true {
            // Somebody's login page says nothing of whether the object was written: what another client
            // writes meanwhile would be taken for it.
            throw .unintelligible("\(address.text) answers a PUT with a page")
        }
        // A weak one does not speak for the bytes.
        return response.field("etag")?.hasPrefix("W/") == true ? nil : response.etag
    }

    /// - Returns: false where it was gone already.
    package func delete(_ address: WebAddress, if condition: Condition) throws(RemoteError) -> Bool
    {
        var request = HTTPRequest("DELETE", address)
        set(condition, of: &request)
        // Nobody is told that we do not come (RFC 6638 §8.1); Nextcloud's trash bin would keep the
        // UID from being used again for 30 days.
        request.set("Schedule-Reply", "F")
        request.set("X-NC-CalDAV-No-Trashbin", "1")
        let response = try send(request, limit: 1 << 20)
        switch response.status {
        case 204: return true
        case 404, 410: return false
        case 200, 202:
            // Whatever a proxy says for the server.
            guard try get(address) == nil else { throw .preconditionFailed }
            return true
        default: throw failure(response, request)
        }
    }

    private func set(_ condition: Condition, of request: inout HTTPRequest) {
        switch condition {
        case .isNew: request.set("If-None-Match", "*")
        case .matching(let etag): request.set("If-Match", "\"\(etag)\"")
        }
    }

    // MARK: Sending

    /// Follows redirects within the same origin (RFC 9110 §15.4), with method and body.
    private func send(_ request: HTTPRequest, limit: Int) throws(RemoteError) -> HTTPResponse {
        var request = request
        for _ in 0..<5 {
            let response: HTTPResponse
            do throws(TransportError) {
                response = try http.send(request, as: credentials, limit: limit)
            } catch {
                throw .transport(error)
            }
            guard [301, 302, 307, 308].contains(response.status),
                let location = response.field("location")
            else { return response }
            guard let next = request.address.resolving(location) else {
                throw .unintelligible(
                    "\(request.address.text) leads to another server, \(location): give its address"
                )
            }
            request.address = next
        }
        throw .unintelligible("\(request.address.text) leads round in circles")
    }

    private func failure(_ response: HTTPResponse, _ request: HTTPRequest) -> RemoteError {
        let body = String(decoding: response.body.prefix(4096), as: UTF8.self)
        switch response.status {
        case 401: return .unauthorized
        case 404, 410: return .notFound(request.address.text)
        case 412: return .preconditionFailed
        case 423, 429, 500, 502...599:
            return .busy(
                status: response.status, retryAfter: response.retryAfter(now: Int64(time(nil))))
        case 400, 403, 405...499, 501:
            if request.method == "REPORT", body.contains("valid-sync-token") {
                return .invalidSyncToken
            }
            if body.contains("no-uid-conflict") || body.contains("uid already exists") {
                return .uidConflict
            }
            if response.status == 403, request.method != "PUT" {
                return .forbidden("\(request.method) of \(request.address.text) is forbidden")
            }
            return .refused(status: response.status, CalDAVClient.words(of: body))
        case 200...299:
            return .unintelligible(
                "\(request.address.text) answers \(request.method) with status \(response.status), "
                    + "as no calendar does")
        default:
            return .unintelligible("status \(response.status) of \(request.method)")
        }
    }

    /// A line of what a server says, without its markup.
    private static func words(of body: String) -> String {
        var words = ""
        var isMarkup = false
        for character in body {
            switch character {
            case "<": isMarkup = true
            case ">":
                isMarkup = false
                if words.last != " " { words.append(" ") }
            default:
                guard !isMarkup else { continue }
                let isSpace = character.isWhitespace || character.isNewline
                if !isSpace { words.append(character) } else if words.last != " " { words += " " }
            }
        }
        return String(words.trimmingPrefix(while: \.isWhitespace).prefix(200))
    }
}
