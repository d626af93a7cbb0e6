import CalDAV
package import Outgoing

/// OAuth 2.0 (RFC 6749 §6): a refresh token that somebody consented to, and the access tokens that it
/// gives. Google's calendars know no other way.
package struct OAuthGrant: Sendable {
    package var tokenAddress: WebAddress
    package var clientID: String
    package var clientSecret: String
    package var refreshToken: String

    package init(
        tokenAddress: WebAddress, clientID: String, clientSecret: String, refreshToken: String
    ) {
        self.tokenAddress = tokenAddress
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.refreshToken = refreshToken
    }

    // MARK: As a secret

    /// One line a part.
    package var text: String {
        [tokenAddress.text, clientID, clientSecret, refreshToken].joined(separator: "\n")
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let address = WebAddress(parts[0]), address.isPrivate else {
            return nil
        }
        self.init(
            tokenAddress: address, clientID: parts[1], clientSecret: parts[2],
            refreshToken: parts[3])
    }

    // MARK: Use

    package struct Access: Sendable {
        package let token: String
        /// Seconds.
        package let lifetime: Int64
    }

    /// - Throws: `.unauthorized` where the consent was taken back.
    package func access(_ http: HTTPClient) throws(RemoteError) -> Access {
        var request = HTTPRequest("POST", tokenAddress)
        request.set("Content-Type", "application/x-www-form-urlencoded")
        request.set("Accept", "application/json")
        let form = [
            ("grant_type", "refresh_token"), ("refresh_token", refreshToken),
            ("client_id", clientID), ("client_secret", clientSecret),
        ]
        let body = form.map { "\($0.0)=\(Form.encode($0.1))" }.joined(separator: "&")
        request.body = Array(body.utf8)
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try http.send(request, limit: 1 << 16)
        } catch {
            throw .transport(error)
        }
        let json = JSONValue(parsing: answer.body)
        switch answer.status {
        case 200:
            guard let token = json?["access_token"]?.string else {
                throw .unintelligible("the token server's answer cannot be read")
            }
            return Access(token: token, lifetime: json?["expires_in"]?.integer ?? 3600)
        case 400, 401:
            // RFC 6749 §5.2
            throw json?["error"]?.string == "invalid_grant" || answer.status == 401
                ? .unauthorized
                : .unintelligible(
                    "the token server refuses: \(json?["error"]?.string ?? "status 400")")
        case 429, 500...599: throw .busy(status: answer.status, retryAfter: nil)
        default: throw .unintelligible("status \(answer.status) of the token server")
        }
    }
}
