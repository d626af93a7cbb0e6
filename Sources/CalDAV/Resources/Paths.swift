import WebDAV

/// Hrefs of our resources: absolute paths, encoded, collections with a slash at the end.
///
/// The one place that makes them, so that the same resource always has the same string: there are
/// clients that compare `owner`, `principal-URL` and the principal of an ACE as strings.
struct Paths: Sendable {
    /// Begins and ends with `/`.
    let base: String

    var root: String { base }
    var principals: String { base + "principals/" }
    var userPrincipals: String { base + "principals/users/" }
    var homes: String { base + "calendars/" }

    func principal(_ user: String) -> String {
        userPrincipals + Href.encode(segment: user) + "/"
    }

    func proxy(_ user: String, _ level: ProxyLevel) -> String {
        principal(user) + level.rawValue + "/"
    }

    func home(_ user: String) -> String {
        homes + Href.encode(segment: user) + "/"
    }

    func place(_ place: HomePlace, of user: String) -> String {
        home(user) + place.rawValue + "/"
    }

    func calendar(_ calendar: CalendarRecord) -> String {
        self.calendar(calendar.uri, of: calendar.owner)
    }

    func calendar(_ uri: String, of owner: String) -> String {
        home(owner) + Href.encode(segment: uri) + "/"
    }

    /// - Parameter token: as it was made; it needs no encoding.
    func feed(_ token: String) -> String { base + "feed/" + token + ".ics" }

    func object(_ name: String, in calendar: CalendarRecord) -> String {
        self.calendar(calendar) + Href.encode(segment: name)
    }
}
