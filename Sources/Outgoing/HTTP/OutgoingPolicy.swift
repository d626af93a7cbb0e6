/// Which servers may be reached over HTTP.
///
/// Addresses come from users and from other servers, so a name could lead to this machine, to the local
/// network or to a cloud's metadata service. What a name resolves to is therefore judged at each connection.
package struct OutgoingPolicy: Sendable {
    /// Networks that may be reached although they are not public, by the administrator's word.
    package var allowedNetworks: [AddressRange] = []

    /// Whether servers may be reached without TLS. This machine always may, where its network is allowed.
    package var allowsPlainHTTP = false

    private var allowsEverything = false

    package init() {}

    /// For an address that the administrator has just typed, to look at and not to send secrets to.
    package static let unrestricted: OutgoingPolicy = {
        var policy = OutgoingPolicy()
        policy.allowsPlainHTTP = true
        policy.allowsEverything = true
        return policy
    }()

    /// - Parameter address: in network order: 4 bytes, or 16.
    func allows(_ address: [UInt8]) -> Bool {
        let address = AddressRange.unmapped(address)
        if allowsEverything || allowedNetworks.contains(where: { $0.contains(address) }) {
            return true
        }
        if let embedded = OutgoingPolicy.translated(address) { return allows(embedded) }
        return !OutgoingPolicy.special.contains { $0.contains(address) }
    }

    /// - Throws: `.forbidden` where the scheme, or an address that stands for itself, is not allowed.
    func check(_ address: WebAddress) throws(TransportError) {
        guard address.scheme == "https" || allowsPlainHTTP || address.isThisMachine else {
            throw TransportError(
                kind: .forbidden,
                reason: "\(address.origin) is not encrypted: use https, or set outgoing_http = yes")
        }
        var host = address.host[...]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        // Where a proxy makes the connection, this is all that there is to judge by.
        if let literal = AddressRange.bytes(of: String(host)), !allows(literal) {
            throw OutgoingPolicy.refusal(of: String(host))
        }
    }

    static func refusal(of address: String) -> TransportError {
        TransportError(
            kind: .forbidden,
            reason: "\(address) is not a public address: list its network in "
                + "outgoing_allowed_networks if it is to be reached")
    }

    /// The IPv4 address behind one of NAT64 (RFC 6052 §2.1).
    private static func translated(_ address: [UInt8]) -> [UInt8]? {
        nat64?.contains(address) == true ? Array(address.suffix(4)) : nil
    }

    private static let nat64 = AddressRange("64:ff9b::/96")

    /// Networks that lead to no public server (RFC 6890 and its registries, and the address of one cloud's
    /// metadata service that lies among public ones).
    static let specialNetworks = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",
        // ::, ::1 and the former IPv4-compatible addresses.
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    ]
    private static let special = specialNetworks.compactMap(AddressRange.init)
}
