/// A resource of the URL space, by the names in its path.
///
/// The names are percent-decoded. They are compared as bytes, by the store; Swift's `==` on strings
/// takes canonically equivalent spellings for equal and is not to be used for them.
package enum ResourceAddress: Sendable {
    case root
    /// `principals/`
    case principals
    /// `principals/users/`
    case userPrincipals
    case principal(user: String)
    /// `calendar-proxy-read` or `-write` below a principal.
    case proxy(user: String, ProxyLevel)
    /// `calendars/`
    case homes
    case home(user: String)
    case place(user: String, HomePlace)
    case calendar(user: String, uri: String)
    case object(user: String, uri: String, name: String)
    /// `feed/TOKEN.ics`: a calendar's feed for who knows the token, without signing in.
    case feed(token: String)

    /// Below whose home or principal the resource stands; nil for what belongs to nobody.
    package var owner: String? {
        switch self {
        case .root, .principals, .userPrincipals, .homes, .feed: nil
        case .principal(let user), .proxy(let user, _), .home(let user), .place(let user, _),
            .calendar(let user, _),
            .object(let user, _, _):
            user
        }
    }
}

/// What the members of a proxy group may do with all of somebody's calendars (caldav-proxy).
package enum ProxyLevel: String, Sendable, CaseIterable {
    case read = "calendar-proxy-read"
    case write = "calendar-proxy-write"

    /// What a new member is granted on the home.
    package var privileges: Privileges {
        switch self {
        case .read: .read
        case .write: [.read, .write]
        }
    }

    /// Of which group a grant makes somebody a member; nil where it lets nothing be read.
    package init?(_ privileges: Privileges) {
        guard privileges.contains(.read) else { return nil }
        self = privileges.isDisjoint(with: [.writeContent, .bind]) ? .read : .write
    }
}
