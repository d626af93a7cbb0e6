internal import CCurl
import Glibc

/// The one door for outgoing HTTP: blocking requests over one kept connection, for one thread.
///
/// Which servers may be reached, `OutgoingPolicy` says; it is asked for each address that a name resolves
/// to. Certificates are verified, always. A redirect is an answer like any other: whoever asked decides
/// whether the credentials may follow it. Proxies come from the environment (`https_proxy`,
/// `no_proxy`), as everywhere; a proxy's own address is judged like a server's.
package final class HTTPClient {
    private let library: ccurl_library
    private let handle: UnsafeMutableRawPointer
    private let settings: HTTPSettings
    /// Requests sent so far.
    package private(set) var requestCount = 0

    /// - Throws: `.noLibrary`.
    package init(_ settings: HTTPSettings) throws(TransportError) {
        guard let library = CurlLibrary.shared?.functions, let handle = library.easy_init() else {
            throw TransportError(
                kind: .noLibrary,
                reason: "libcurl.so.4 is not on this machine: install the package libcurl4")
        }
        self.library = library
        self.handle = handle
        self.settings = settings
    }

    deinit { library.easy_cleanup(handle) }

    /// - Parameter limit: bytes that the answer's body may have.
    package func send(
        _ request: HTTPRequest, as credentials: Credentials? = nil, limit: Int
    ) throws(TransportError) -> HTTPResponse {
        try settings.policy.check(request.address)
        requestCount += 1
        library.easy_reset(handle)
        let exchange = Exchange(limit: limit, policy: settings.policy)
        let fields = fieldList(of: request, credentials)
        defer { library.slist_free_all(fields) }
        prepare(request, credentials, exchange, fields)
        let code = withExtendedLifetime(exchange) {
            request.body.withUnsafeBytes { body in
                if request.method == "HEAD" {
                    set(CURLOPT_NOBODY, 1)
                } else if !request.body.isEmpty || request.method == "PUT" {
                    _ = ccurl_set_size(
                        library, handle, CURLOPT_POSTFIELDSIZE_LARGE, Int(body.count))
                    withUnsafePointer(to: UInt8(0)) { none in
                        _ = ccurl_set_pointer(
                            library, handle, CURLOPT_POSTFIELDS,
                            body.baseAddress ?? UnsafeRawPointer(none))
                    }
                }
                _ = ccurl_set_text(library, handle, CURLOPT_CUSTOMREQUEST, request.method)
                return library.easy_perform(handle)
            }
        }
        guard code == CURLE_OK else { throw failure(code, exchange) }
        var status = 0
        _ = ccurl_get_number(library, handle, CURLINFO_RESPONSE_CODE, &status)
        return HTTPResponse(status: status, fields: exchange.fields, body: exchange.body)
    }

    // MARK: One request

    private func set(_ option: CURLoption, _ value: Int) {
        _ = ccurl_set_number(library, handle, option, value)
    }

    private func prepare(
        _ request: HTTPRequest, _ credentials: Credentials?, _ exchange: Exchange,
        _ fields: UnsafeMutablePointer<curl_slist>?
    ) {
        _ = ccurl_allow_only_http(library, handle)
        _ = ccurl_set_text(library, handle, CURLOPT_URL, request.address.text)
        _ = ccurl_set_pointer(library, handle, CURLOPT_HTTPHEADER, fields)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_CONNECTTIMEOUT, settings.connectTimeout)
        // A large answer may take its time as long as it comes.
        set(CURLOPT_LOW_SPEED_LIMIT, 16)
        set(CURLOPT_LOW_SPEED_TIME, settings.idleTimeout)
        set(CURLOPT_TIMEOUT, settings.timeout)
        set(CURLOPT_MAXCONNECTS, 1)
        // `..` in a path is the server's to understand.
        set(CURLOPT_PATH_AS_IS, 1)
        if let file = settings.caFile {
            _ = ccurl_set_text(library, handle, CURLOPT_CAINFO, file)
        }
        if case .basic(let name, let password) = credentials {
            set(CURLOPT_HTTPAUTH, 1)
            _ = ccurl_set_text(library, handle, CURLOPT_USERNAME, name)
            _ = ccurl_set_text(library, handle, CURLOPT_PASSWORD, password)
        }
        let state = Unmanaged.passUnretained(exchange).toOpaque()
        _ = ccurl_set_callback(library, handle, CURLOPT_WRITEFUNCTION, Exchange.takeBody)
        _ = ccurl_set_pointer(library, handle, CURLOPT_WRITEDATA, state)
        _ = ccurl_set_callback(library, handle, CURLOPT_HEADERFUNCTION, Exchange.takeField)
        _ = ccurl_set_pointer(library, handle, CURLOPT_HEADERDATA, state)
        _ = ccurl_set_socket_opener(library, handle, Exchange.openSocket, state)
    }

    private func fieldList(
        of request: HTTPRequest, _ credentials: Credentials?
    ) -> UnsafeMutablePointer<curl_slist>? {
        var lines = request.fields.map { "\($0.name): \($0.value)" }
        lines.append("User-Agent: \(settings.userAgent)")
        if !request.fields.contains(where: { $0.name == "Expect" }) {
            // The body goes at once: waiting for a 100 costs a round trip, or a second.
            lines.append("Expect:")
        }
        if case .bearer(let token) = credentials { lines.append("Authorization: Bearer \(token)") }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines where !line.utf8.contains(where: { $0 == 10 || $0 == 13 }) {
            list = library.slist_append(list, line) ?? list
        }
        return list
    }

    private func failure(_ code: CURLcode, _ exchange: Exchange) -> TransportError {
        if let address = exchange.refusedAddress { return OutgoingPolicy.refusal(of: address) }
        let words =
            library.easy_strerror(code).map { String(cString: $0) } ?? "code \(code.rawValue)"
        let kind: TransportError.Kind =
            switch code {
            case CURLE_WRITE_ERROR where exchange.isTooLarge: .tooLarge
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CERTPROBLEM:
                .certificate
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT,
                CURLE_SSL_CONNECT_ERROR, CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
                .unreachable
            default: .interrupted
            }
        let reason = kind == .tooLarge ? "the answer has more than \(exchange.limit) bytes" : words
        return TransportError(kind: kind, reason: reason)
    }
}

/// What an operator may say about connections to other servers.
package struct HTTPSettings: Sendable {
    package var policy = OutgoingPolicy()
    /// PEM file of the authorities to trust instead of the machine's.
    package var caFile: String?
    /// Seconds.
    package var connectTimeout = 10
    /// Seconds in which nothing, or next to nothing, comes.
    package var idleTimeout = 30
    /// Seconds for the whole of an exchange.
    package var timeout = 300
    package var userAgent = "crm-caldav"

    package init() {}
}

/// By what a server knows us.
package enum Credentials: Sendable {
    /// RFC 7617.
    case basic(name: String, password: String)
    /// RFC 6750.
    case bearer(String)
}

/// What arrives of one answer.
private final class Exchange {
    let limit: Int
    private(set) var isTooLarge = false
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private let policy: OutgoingPolicy
    /// What the policy does not allow, where no other address could be reached.
    private(set) var refusedAddress: String?

    init(limit: Int, policy: OutgoingPolicy) {
        self.limit = limit
        self.policy = policy
    }

    static let openSocket:
        @convention(c) (
            UnsafeMutableRawPointer?, curlsocktype, UnsafeMutablePointer<curl_sockaddr>?
        ) -> curl_socket_t = { state, _, target in
            guard let state, let target else { return -1 }
            let exchange = Unmanaged<Exchange>.fromOpaque(state).takeUnretainedValue()
            return exchange.open(target)
        }

    private func open(_ target: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        let bytes = withUnsafePointer(to: &target.pointee.addr) { Exchange.bytes(of: $0) }
        guard let bytes, policy.allows(bytes) else {
            refusedAddress = bytes.map(Exchange.text) ?? "an address of another family"
            return -1
        }
        refusedAddress = nil
        let kind = target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(target.pointee.family, kind, target.pointee.protocol)
    }

    /// In network order; nil for what is neither IPv4 nor IPv6.
    private static func bytes(of address: UnsafePointer<sockaddr>) -> [UInt8]? {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let value = raw.assumingMemoryBound(to: sockaddr_in.self).pointee.sin_addr
            return withUnsafeBytes(of: value) { Array($0) }
        case AF_INET6:
            let value = raw.assumingMemoryBound(to: sockaddr_in6.self).pointee.sin6_addr
            return withUnsafeBytes(of: value) { Array($0) }
        default: return nil
        }
    }

    /// The corresponding C function is `inet_ntop`.
    private static func text(of address: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = address.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, address, &text, socklen_t(text.count)) != nil else { return "?" }
        return String(
            decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    static let takeBody:
        @convention(c) (
            UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
        ) -> Int = { bytes, _, count, state in
            guard let bytes, let state else { return 0 }
            let exchange = Unmanaged<Exchange>.fromOpaque(state).takeUnretainedValue()
            guard exchange.body.count + count <= exchange.limit else {
                exchange.isTooLarge = true
                return 0
            }
            exchange.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }

    static let takeField:
        @convention(c) (
            UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
        ) -> Int = { bytes, _, count, state in
            guard let bytes, let state else { return 0 }
            let exchange = Unmanaged<Exchange>.fromOpaque(state).takeUnretainedValue()
            exchange.take(line: UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        }

    private func take(line: UnsafeRawBufferPointer) {
        // A new status line: what came before was an interim answer, or the proxy's.
        if line.starts(with: "HTTP/".utf8) { return fields.removeAll() }
        guard fields.count < 200, line.count < 16_384,
            let colon = line.firstIndex(of: UInt8(ascii: ":"))
        else { return }
        let isSpace = { (byte: UInt8) in byte <= 32 }
        let value = line[(colon + 1)...].drop(while: isSpace)
        let end = value.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? value.startIndex
        fields.append(
            (
                String(decoding: line[..<colon], as: UTF8.self).lowercased(),
                String(decoding: value[value.startIndex..<end], as: UTF8.self)
            ))
    }
}
