/// Where a worker takes its connections from.
package enum ListenAddress: Sendable, Equatable {
    /// The listening socket that whoever started us left open: descriptor 0 (spawn-fcgi,
    /// mod_fcgid, systemd with `StandardInput=socket`) or systemd's first one.
    case inherited
    case unix(path: String)
    /// `host` is a name or a numeric address without brackets; nil: every address.
    case tcp(host: String?, port: UInt16)

    /// Reads `unix:PATH`, `/PATH`, `HOST:PORT`, `[IPV6]:PORT`, `:PORT` (loopback), `*:PORT` (every
    /// address) or `inherited`.
    package init?(_ text: String) {
        if text == "inherited" {
            self = .inherited
        } else if text.hasPrefix("/") {
            self.init(path: text)
        } else if text.hasPrefix("unix:") {
            self.init(path: String(text.dropFirst("unix:".count)))
        } else {
            guard let colon = text.lastIndex(of: ":"),
                let port = UInt16(text[text.index(after: colon)...]), port > 0
            else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            switch host {
            case "": self = .tcp(host: "127.0.0.1", port: port)
            case "*": self = .tcp(host: nil, port: port)
            default: self = .tcp(host: String(host), port: port)
            }
        }
    }

    /// Longest path of a Unix socket: `sun_path` less its final zero byte.
    private static let longestPath = 107

    private init?(path: String) {
        guard (1...Self.longestPath).contains(path.utf8.count) else { return nil }
        self = .unix(path: path)
    }
}
