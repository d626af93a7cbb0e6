import WebDAV

/// An http or https address: origin and path (RFC 3986).
package struct WebAddress: Hashable, Sendable {
    /// `https` or `http`.
    package let scheme: String
    /// Lower case; an IPv6 address in its brackets.
    package let host: String
    package let port: Int
    /// Begins with `/`; percent-encoded as it came; no query.
    package var path: String

    /// Nil for anything but an http(s) address of sane characters; a fragment and a query are
    /// dropped, a user name in it is refused: it would end up in logs.
    package init?(_ text: String) {
        guard let separator = text.utf8Range(of: "://") else { return nil }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = text[separator.upperBound...]
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        let authority = rest[..<end].lowercased()
        guard !authority.isEmpty, !authority.contains("@"),
            authority.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") })
        else { return nil }
        var host = authority[...]
        var port = scheme == "https" ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]),
                (1...65_535).contains(number)
            else { return nil }
            port = number
            host = authority[..<colon]
        }
        guard !host.isEmpty else { return nil }
        self.scheme = scheme
        self.host = String(host)
        self.port = port
        var path = rest[end...]
        path = path[..<(path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex)]
        guard let encoded = WebAddress.encoded(path.isEmpty ? "/" : path) else { return nil }
        self.path = encoded
    }

    /// Bytes that may not stand in a path are percent-encoded, escapes that are there stay. Nil for
    /// control characters.
    private static func encoded(_ path: Substring) -> String? {
        var bytes: [UInt8] = []
        for byte in path.utf8 {
            if byte < 32 || byte == 127 { return nil }
            if byte == 32 || byte > 127 || "\"<>\\^`{|}".utf8.contains(byte) {
                Href.append(segment: CollectionOfOne(byte), to: &bytes)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package var text: String { "\(origin)\(path)" }

    package var origin: String {
        let isDefault = port == (scheme == "https" ? 443 : 80)
        return "\(scheme)://\(host)" + (isDefault ? "" : ":\(port)")
    }

    /// Whether nobody between us and the server reads along: TLS, or this very machine.
    package var isPrivate: Bool { scheme == "https" || isThisMachine }

    /// Whether the host's name says that it is this very machine.
    var isThisMachine: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        return host.hasPrefix("127.") && AddressRange.bytes(of: host) != nil
    }

    package func isSameOrigin(as other: WebAddress) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// The address that an href in an answer from here means; nil where it leads elsewhere: to
    /// another origin than ours credentials never go.
    package func resolving(_ href: String) -> WebAddress? {
        var href = href[...]
        while href.first?.isWhitespace == true { href.removeFirst() }
        while href.last?.isWhitespace == true { href.removeLast() }
        if href.utf8.starts(with: "//".utf8) { href = "\(scheme):\(href)" }
        if String(href).utf8Range(of: "://") != nil {
            guard let absolute = WebAddress(String(href)), absolute.isSameOrigin(as: self) else {
                return nil
            }
            return absolute
        }
        if href.first == "/" { return WebAddress("\(origin)\(href)") }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return WebAddress("\(origin)\(folder)\(href)")
    }

    /// The path as every server's spelling of it compares equal: decoded, without a slash at its end.
    package var comparisonKey: String {
        var bytes = path.utf8[...]
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { part in Href.decode(part).map(Href.encode(segment:)) ?? String(Substring(part)) }
            .joined(separator: "/")
    }

    /// The last segment, decoded.
    package var lastSegment: String? {
        path.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { Href.decode($0) }
    }

    /// A member of this collection.
    package func member(_ name: String) -> WebAddress {
        var member = self
        if !member.path.utf8.elementsEqual("/".utf8), member.path.utf8.last != UInt8(ascii: "/") {
            member.path += "/"
        }
        member.path += Href.encode(segment: name)
        return member
    }
}

extension String {
    /// The first place where `pattern` stands, compared by bytes.
    package func utf8Range(of pattern: String) -> Range<String.Index>? {
        var start = utf8.startIndex
        while start != utf8.endIndex {
            if utf8[start...].starts(with: pattern.utf8) {
                return start..<utf8.index(start, offsetBy: pattern.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
