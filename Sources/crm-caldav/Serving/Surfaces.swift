import CalDAV

/// The surfaces of the service: adding one is adding it here, beside its own folder or target.
enum Surfaces {
    /// In the order in which their routes are tried.
    static let all: [Surface] = [.federation, .pages, .feeds, .dav]

    static let names = all.map(\.name)

    /// Names with commas between them; nil where one is none.
    @Sendable static func list(_ text: String) -> [String]? {
        let chosen = text.split(separator: ",").map { String($0.trimmed) }
        return chosen.isEmpty || !chosen.allSatisfy(names.contains) ? nil : chosen
    }
}
