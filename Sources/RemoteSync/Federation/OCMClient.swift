import CRMStore
package import CalDAV
import Glibc
package import Outgoing

/// Another server's side of Open Cloud Mesh: where it takes shares and notifications.
package struct OCMClient {
    private let http: HTTPClient
    private static let limit = 1 << 18

    package init(_ http: HTTPClient) { self.http = http }

    // MARK: Discovery

    /// Newer servers answer at the first, older ones at the second.
    private static let places = [".well-known/ocm", "ocm-provider/"]

    /// Where a server takes shares.
    ///
    /// Whether it takes calendars is not to be learnt here: a Nextcloud that does names files alone.
    /// - Throws: in words that say what would mend it.
    package func endPoint(of cloudID: CloudID) throws(RemoteError) -> WebAddress {
        for place in OCMClient.places {
            guard let address = WebAddress("\(cloudID.address)/\(place)"), address.isPrivate else {
                throw .unintelligible(
                    "\(cloudID.address) is no https:// address: calendars and their secrets go to no other"
                )
            }
            let answer = try get(address)
            if answer.status == 429 || answer.status >= 500 {
                throw .busy(
                    status: answer.status, retryAfter: answer.retryAfter(now: OCMClient.now))
            }
            guard answer.status == 200, let json = JSONValue(parsing: answer.body),
                json["resourceTypes"] != nil
            else { continue }
            guard json["enabled"]?.boolean != false else {
                throw .forbidden("\(cloudID.server) has federated sharing switched off")
            }
            guard let endPoint = json["endPoint"]?.string, let address = WebAddress(endPoint),
                address.isPrivate
            else { throw .unintelligible("\(cloudID.server) does not say where it takes shares") }
            return address
        }
        throw .unintelligible(
            "\(cloudID.server) is no server that calendars can be shared with: nothing answers at "
                + OCMClient.places.map { "/\($0)" }.joined(separator: " and at "))
    }

    /// Web servers lead from the host's root to where the program is, on another host perhaps: nothing
    /// secret goes with it.
    private func get(_ start: WebAddress) throws(RemoteError) -> HTTPResponse {
        var address = start
        for _ in 0..<4 {
            var request = HTTPRequest("GET", address)
            request.set("Accept", "application/json")
            let answer = try send(request)
            guard (300..<400).contains(answer.status), let target = answer.field("location"),
                let next = address.resolving(target) ?? WebAddress(target), next.isPrivate
            else { return answer }
            address = next
        }
        throw .unintelligible("\(start.text) leads in circles")
    }

    // MARK: Telling

    /// What became of an offer.
    package struct Taken: Sendable {
        /// The receiver's name on their server, where it told us.
        package var recipient: String?
        /// As people write it.
        package var name: String?
    }

    /// Offers a calendar.
    package func offer(
        _ offer: ShareMessage.Offer, at endPoint: WebAddress
    ) throws(RemoteError) -> Taken {
        let answer = try post(offer.json, to: endPoint, "shares")
        guard (200..<300).contains(answer.status) else {
            throw .refused(status: answer.status, OCMClient.words(of: answer))
        }
        let json = JSONValue(parsing: answer.body)
        return Taken(
            recipient: OCMClient.filled(json?["recipientUserId"]),
            name: OCMClient.filled(json?["recipientDisplayName"]))
    }

    /// - Parameter mark: by which the receiver may know a message that comes twice.
    /// - Throws: `.notFound` where the receiver does not know the share (any more).
    package func notify(
        _ message: JSONValue, marked mark: [UInt8], at endPoint: WebAddress
    ) throws(RemoteError) {
        let answer = try post(message, to: endPoint, "notifications", marked: mark)
        switch answer.status {
        case 200..<300: return
        // Nextcloud slows down who names a share that it does not know, so it is named once.
        case 400, 403: throw .notFound(OCMClient.words(of: answer))
        case 429, 500...:
            throw .busy(status: answer.status, retryAfter: answer.retryAfter(now: OCMClient.now))
        default: throw .refused(status: answer.status, OCMClient.words(of: answer))
        }
    }

    private func post(
        _ json: JSONValue, to endPoint: WebAddress, _ name: String, marked mark: [UInt8] = []
    ) throws(RemoteError) -> HTTPResponse {
        var request = HTTPRequest("POST", endPoint.member(name))
        request.set("Content-Type", "application/json")
        request.set("Accept", "application/json")
        if !mark.isEmpty { request.set("Idempotency-Key", Digest.hex(mark)) }
        request.body = json.text
        return try send(request)
    }

    private func send(_ request: HTTPRequest) throws(RemoteError) -> HTTPResponse {
        do throws(TransportError) {
            return try http.send(request, limit: OCMClient.limit)
        } catch {
            throw .transport(error)
        }
    }

    /// What helps, by what stands in Nextcloud's refusals.
    private static let hints: [(words: String, hint: String)] = [
        (
            "not implemented",
            "it takes no calendars: it needs Nextcloud 33 or later (32, to read)"
        ),
        ("does not exist", "their cloud id stands in their personal settings, under Sharing"),
        ("Unsupported access value", "a Nextcloud before 33 takes calendars to read alone"),
        (
            "Unsigned request",
            "its administrator has to take unsigned requests: "
                + "occ config:app:set core enforce_signed_ocm_request --type boolean --value false"
        ),
        (
            "supposed to sign",
            "it knows another server (a Nextcloud?) by our host's name: share from a name of our own"
        ),
        (
            "does not support",
            "its administrator has to switch it on: "
                + "occ config:app:set dav enableCalendarFederation --type boolean --value true"
        ),
    ]

    private static func words(of answer: HTTPResponse) -> String {
        guard let message = filled(JSONValue(parsing: answer.body)?["message"]) else {
            if answer.status == 429 {
                return "a Nextcloud takes five shares within 20 minutes: try again later"
            }
            return "status \(answer.status), without a reason"
        }
        let hint = hints.first { message.utf8Range(of: $0.words) != nil }
        return message + (hint.map { " (\($0.hint))" } ?? "")
    }

    /// Seconds since 1970.
    private static var now: Int64 { Int64(time(nil)) }

    private static func filled(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= 255 else { return nil }
        return text
    }
}
