import WebDAV

/// What a report makes of the Depth field (RFC 3253 §3.6: 0 where it is missing).
struct DepthRule: Sendable {
    enum Kind: Sendable {
        /// The report is about the resource alone; with another Depth it is 400.
        case zeroOnly
        /// Whatever the field says, the report means the same.
        case ignored
        /// Which members the report is about.
        case members
    }

    let kind: Kind
    /// What a missing field means.
    let absent: Depth
    /// Clients that send another Depth than they mean, by how their User-Agent begins.
    private let meant: [(agent: String, depth: Depth)]

    private init(_ kind: Kind, absent: Depth = .zero, meant: [(agent: String, depth: Depth)] = []) {
        self.kind = kind
        self.absent = absent
        self.meant = meant
    }

    static let ignored = DepthRule(.ignored)
    static let zeroOnly = DepthRule(.zeroOnly)

    /// - Parameter agent: of a client that sends something else and means 0.
    static func zeroOnly(except agent: String) -> DepthRule {
        DepthRule(.zeroOnly, meant: [(agent, .zero)])
    }

    /// - Parameter meant: the Depth that clients mean which send 0, by User-Agent.
    static func members(absent: Depth, meant: [(agent: String, depth: Depth)] = []) -> DepthRule {
        DepthRule(.members, absent: absent, meant: meant)
    }

    /// The Depth that a request means.
    /// - Throws: 400 for one that the report is not defined for.
    func depth(of request: Request) throws(RequestError) -> Depth {
        if kind == .ignored { return absent }
        if kind == .zeroOnly, let depth = correction(for: request) { return depth }
        let depth = try request.depth(absent: absent)
        switch (kind, depth) {
        case (.zeroOnly, .one), (.zeroOnly, .infinity):
            throw RequestError(.badRequest, "The report is defined for Depth 0 alone.")
        case (.members, .zero): return correction(for: request) ?? .zero
        default: return depth
        }
    }

    private func correction(for request: Request) -> Depth? {
        guard let agent = request.fields["user-agent"] else { return nil }
        return meant.first { agent.hasPrefix($0.agent) }?.depth
    }
}
