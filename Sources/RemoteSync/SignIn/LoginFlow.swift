import CalDAV
package import Outgoing

/// Nextcloud's Login Flow v2: the user signs in with a browser, second factor and all, and the server
/// gives us a password of our own.
package struct LoginFlow {
    /// What the user is to open.
    package let page: String
    private let endpoint: WebAddress
    private let token: String

    package struct Account: Sendable {
        package let server: WebAddress
        package let name: String
        package let password: String
    }

    private static let limit = 1 << 16

    /// Begins at a server.
    package init(_ server: WebAddress, _ http: HTTPClient) throws(RemoteError) {
        var folder = server.path
        if folder.utf8.last != UInt8(ascii: "/") { folder += "/" }
        guard let start = WebAddress("\(server.origin)\(folder)index.php/login/v2") else {
            throw .unintelligible("\(server.text) is no address")
        }
        let answer = try LoginFlow.post("", to: start, http)
        guard answer.status == 200, let json = JSONValue(parsing: answer.body),
            let page = json["login"]?.string, let poll = json["poll"],
            let token = poll["token"]?.string, let endpoint = poll["endpoint"]?.string
        else { throw .unintelligible("\(server.text) has no Login Flow v2: is it a Nextcloud?") }
        // The server's own name may differ from the one that the user knows; not its origin.
        guard let address = server.resolving(endpoint), WebAddress(page) != nil else {
            throw .unintelligible("\(server.text) sends us elsewhere: \(endpoint)")
        }
        self.page = page
        self.endpoint = address
        self.token = token
    }

    /// - Returns: nil as long as the user has not signed in.
    package func poll(_ http: HTTPClient) throws(RemoteError) -> Account? {
        let answer = try LoginFlow.post("token=\(Form.encode(token))", to: endpoint, http)
        if answer.status == 404 { return nil }
        guard answer.status == 200, let json = JSONValue(parsing: answer.body),
            let name = json["loginName"]?.string, let password = json["appPassword"]?.string
        else { throw .unintelligible("status \(answer.status) of the sign-in") }
        // Below the address that was given to us: a server does not choose where its password goes.
        let server = json["server"]?.string.flatMap { endpoint.resolving($0) }
        return Account(server: server ?? endpoint.root, name: name, password: password)
    }

    private static func post(
        _ body: String, to address: WebAddress, _ http: HTTPClient
    ) throws(RemoteError) -> HTTPResponse {
        var request = HTTPRequest("POST", address)
        request.set("Content-Type", "application/x-www-form-urlencoded")
        request.set("Accept", "application/json")
        request.body = Array(body.utf8)
        do throws(TransportError) {
            return try http.send(request, limit: limit)
        } catch {
            throw .transport(error)
        }
    }
}

/// Values of a form (application/x-www-form-urlencoded).
enum Form {
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || "-._~".utf8.contains(byte)
            if isPlain {
                encoded.unicodeScalars.append(scalar)
            } else {
                encoded += byte < 16 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}

extension WebAddress {
    /// The origin's root.
    var root: WebAddress {
        var root = self
        root.path = "/"
        return root
    }
}
