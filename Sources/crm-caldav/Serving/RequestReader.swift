import FastCGI
import Outgoing
import WebDAV

/// Makes a `Request` of what the web server tells.
struct RequestReader: Sendable {
    let settings: ServeSettings

    /// A request, or what is known of one that is not for us.
    enum Reading {
        case request(Request)
        /// Its path is not below the base path.
        case elsewhere
    }

    /// Where it came from and what it wants, for the log whatever becomes of it.
    struct Origin {
        var method: String
        var uri: String
        var clientAddress: String
    }

    func origin(of exchange: Exchange) -> Origin {
        Origin(
            method: exchange.parameter("REQUEST_METHOD") ?? "",
            uri: exchange.parameter("REQUEST_URI") ?? "",
            clientAddress: clientAddress(of: exchange))
    }

    func read(_ exchange: Exchange, _ origin: Origin) -> Reading {
        // By bytes, here and below: by characters it would take as long as all the rest.
        var path = Substring(origin.uri)
        var query: String?
        if let mark = path.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = String(path[path.utf8.index(after: mark)...])
            path = path[..<mark]
        }
        path = Self.withoutAuthority(path)
        let basePath = settings.basePath ?? Self.basePath(exchange.parameter("SCRIPT_NAME"), path)
        guard let below = Self.below(basePath, path) else { return .elsewhere }
        let isProxied = isTrustedProxy(exchange.parameter("REMOTE_ADDR"))
        return .request(
            Request(
                method: origin.method, path: below, query: query, basePath: basePath,
                scheme: scheme(of: exchange, isProxied: isProxied),
                authority: authority(of: exchange, isProxied: isProxied),
                fields: fields(of: exchange), clientAddress: origin.clientAddress,
                remoteUser: remoteUser(of: exchange),
                readBody: { limit throws(BodyError) in
                    do throws(Exchange.InputError) {
                        return try exchange.readBody(limit: limit)
                    } catch {
                        switch error {
                        case .tooLarge: throw .tooLarge
                        case .cutShort: throw .cutShort
                        }
                    }
                }))
    }

    // MARK: Path

    /// The path of an absolute-form target (RFC 9112 §3.2.2); any other as it is.
    private static func withoutAuthority(_ target: Substring) -> Substring {
        guard target.utf8.first != UInt8(ascii: "/") else { return target }
        for scheme in ["http://", "https://"] where target.hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            return rest.firstIndex(of: "/").map { rest[$0...] } ?? "/"
        }
        return target
    }

    /// What of SCRIPT_NAME prefixes the path: all of it, or, where a rewritten address hides the
    /// script's name, its directory.
    static func basePath(_ scriptName: String?, _ path: Substring) -> String {
        let slash = UInt8(ascii: "/")
        guard let scriptName, scriptName.utf8.first == slash else { return "/" }
        let whole = scriptName.utf8.last == slash ? scriptName : scriptName + "/"
        if path.utf8.starts(with: whole.utf8) || path == scriptName { return whole }
        let last = scriptName.utf8.lastIndex(of: slash) ?? scriptName.startIndex
        let directory = String(scriptName[...last])
        if path.utf8.starts(with: directory.utf8) || path + "/" == directory { return directory }
        return "/"
    }

    /// What follows the base path; nil where the path is not below it.
    static func below(_ basePath: String, _ path: Substring) -> String? {
        if path.utf8.starts(with: basePath.utf8) {
            return String(Substring(path.utf8.dropFirst(basePath.utf8.count)))
        }
        return path + "/" == basePath ? "" : nil
    }

    // MARK: Fields

    /// Parameters that a rewrite inside Apache hides, with the first that counts first.
    private static let authorization = [
        "HTTP_AUTHORIZATION", "REDIRECT_HTTP_AUTHORIZATION", "REDIRECT_REDIRECT_HTTP_AUTHORIZATION",
    ]

    private func fields(of exchange: Exchange) -> HeaderFields {
        var fields = HeaderFields()
        for name in Self.authorization {
            if let value = exchange.parameter(name), !value.isEmpty {
                fields.append(name: "authorization", value: value)
                break
            }
        }
        exchange.forEachParameter { name, value in
            guard !value.isEmpty, let field = Self.fieldName(name) else { return }
            fields.append(name: field, value: String(decoding: value, as: UTF8.self))
        }
        return fields
    }

    /// `depth` of HTTP_DEPTH; nil for what is no header field, or was taken already.
    private static func fieldName(_ parameter: UnsafeBufferPointer<UInt8>) -> String? {
        let prefix = "HTTP_".utf8
        if parameter.starts(with: prefix) {
            let name = parameter.dropFirst(prefix.count)
            if name.elementsEqual("AUTHORIZATION".utf8) { return nil }
            return String(
                unsafeUninitializedCapacity: name.count
            ) { buffer in
                for (index, byte) in name.enumerated() {
                    switch byte {
                    case UInt8(ascii: "_"): buffer[index] = UInt8(ascii: "-")
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"): buffer[index] = byte | 0x20
                    default: buffer[index] = byte
                    }
                }
                return name.count
            }
        }
        if parameter.elementsEqual("CONTENT_TYPE".utf8) { return "content-type" }
        if parameter.elementsEqual("CONTENT_LENGTH".utf8) { return "content-length" }
        return nil
    }

    private func remoteUser(of exchange: Exchange) -> String? {
        guard settings.trustsRemoteUser else { return nil }
        for name in ["REMOTE_USER", "REDIRECT_REMOTE_USER"] {
            if let user = exchange.parameter(name), !user.isEmpty { return user }
        }
        return nil
    }

    // MARK: Client

    private func isTrustedProxy(_ address: String?) -> Bool {
        guard let address, !settings.trustedProxies.isEmpty else { return false }
        return settings.trustedProxies.contains { $0.contains(address) }
    }

    /// The nearest address that is no proxy of ours: what is further left in X-Forwarded-For anybody
    /// may have written.
    private func clientAddress(of exchange: Exchange) -> String {
        let peer = exchange.parameter("REMOTE_ADDR") ?? ""
        guard isTrustedProxy(peer), let forwarded = exchange.parameter("HTTP_X_FORWARDED_FOR")
        else { return peer }
        let hops = forwarded.split(separator: ",").map { String($0.trimmed) }
        return hops.last { !isTrustedProxy($0) } ?? hops.first ?? peer
    }

    private func scheme(of exchange: Exchange, isProxied: Bool) -> String {
        if isProxied, let scheme = exchange.parameter("HTTP_X_FORWARDED_PROTO") {
            return scheme.lowercased() == "https" ? "https" : "http"
        }
        if let https = exchange.parameter("HTTPS") {
            return https.isEmpty || https.lowercased() == "off" ? "http" : "https"
        }
        return exchange.parameter("REQUEST_SCHEME") == "https" ? "https" : "http"
    }

    private func authority(of exchange: Exchange, isProxied: Bool) -> String {
        if isProxied, let host = exchange.parameter("HTTP_X_FORWARDED_HOST"),
            let first = host.split(separator: ",").first
        {
            return String(first.trimmed)
        }
        return exchange.parameter("HTTP_HOST") ?? exchange.parameter("SERVER_NAME") ?? ""
    }
}
