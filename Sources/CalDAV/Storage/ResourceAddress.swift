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
        case .principal(let user), .home(let user), .place(let user, _), .calendar(let user, _),
            .object(let user, _, _):
            user
        }
    }
}
