import ICalendar
import WebDAV

/// A sync token of a calendar home: what its holder knows of each collection there (RFC 6578 §4).
///
/// Of its own kind, with nothing kept for it anywhere. Calendars are made, renamed and deleted by the
/// CRM behind our back too, shared and withdrawn, and brought back by a restored dump; comparing what
/// a client knows with what is there now misses none of it.
///
/// It is sealed: it names calendars by number, and whoever could write one would be told the names of
/// what was removed from any of them.
struct HomeToken: Sendable {
    /// A collection as the holder of the token knows it.
    struct Entry: Sendable {
        /// Of a calendar; 0 of any other collection.
        var id: Int64
        /// The last segment of its path.
        var uri: String
        /// Its revision when it was last reported itself.
        var seen: Int64
        /// The revision up to which its objects are known; 0 where none is.
        var known: Int64
        /// As `HomeMember.digest`: the CRM changes calendars without a new revision.
        var digest: String
    }

    var entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    /// What somebody knows who has just listed everything.
    init(of members: [HomeMember]) {
        entries = members.map { Entry($0, known: $0.revision) }
    }

    // MARK: As text

    fileprivate static let prefix = "urn:x-crm-caldav:home:"
    /// More calendars than any home has; what claims to know more is not ours.
    private static let mostEntries = 2_000

    /// Nil for what we never wrote.
    fileprivate init?(_ text: String) {
        guard text.hasPrefix(HomeToken.prefix) else { return nil }
        let parts = text.dropFirst(HomeToken.prefix.count).split(separator: ":")
        guard parts.count <= HomeToken.mostEntries else { return nil }
        entries = []
        for part in parts {
            guard let entry = Entry(part) else { return nil }
            entries.append(entry)
        }
    }

    /// Without its seal: the same for the same state.
    var text: String {
        HomeToken.prefix + entries.map(\.text).joined(separator: ":")
    }
}

extension Context {
    /// The token as this user may bring it back, for this home.
    func text(of token: HomeToken, _ home: Person) throws(StorageError) -> String {
        let seal = try installation.seal(sealed(token.text, home))
        return HomeToken.prefix + seal + ":" + token.text.dropFirst(HomeToken.prefix.count)
    }

    /// Nil for what we never gave to this user for this home.
    func homeToken(_ text: String, _ home: Person) throws(StorageError) -> HomeToken? {
        guard text.hasPrefix(HomeToken.prefix) else { return nil }
        let rest = text.dropFirst(HomeToken.prefix.count)
        guard let end = rest.firstIndex(of: ":") else { return nil }
        let body = HomeToken.prefix + rest[rest.index(after: end)...]
        guard try installation.seal(sealed(body, home)).hasSameBytes(as: String(rest[..<end]))
        else {
            return nil
        }
        return HomeToken(body)
    }

    private func sealed(_ text: String, _ home: Person) -> String {
        "\(home.user.name)\n\(user.name)\n\(text)"
    }
}

extension HomeToken.Entry {
    init(_ member: HomeMember, known: Int64) {
        self.init(
            id: member.id, uri: member.uri, seen: member.revision, known: known,
            digest: member.digest)
    }

    /// `id.seen.known.digest.uri`, the numbers to base 36.
    fileprivate init?(_ text: Substring) {
        let parts = text.split(separator: ".", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count == 5, let id = Int64(parts[0], radix: 36),
            let seen = Int64(parts[1], radix: 36), let known = Int64(parts[2], radix: 36),
            id >= 0, seen >= 0, known >= 0, let uri = Href.decode(parts[4].utf8), !uri.isEmpty
        else { return nil }
        self.init(id: id, uri: uri, seen: seen, known: known, digest: String(parts[3]))
    }

    fileprivate var text: String {
        let numbers = [id, seen, known].map { String($0, radix: 36) }.joined(separator: ".")
        return "\(numbers).\(digest).\(Href.encode(segment: uri))"
    }

    func isOf(_ member: HomeMember) -> Bool {
        id == member.id && uri.hasSameBytes(as: member.uri)
    }
}

extension CalendarRecord {
    /// Another one after any change of a column of `caldav_calendars`.
    var columnsDigest: String {
        var hash = FNV1a()
        let columns = [
            displayName, description ?? "", color ?? "", timeZone,
            components.joined(separator: ","),
        ]
        for column in columns {
            hash.add(column)
            hash.add(CollectionOfOne(0))
        }
        return hash.text
    }
}
