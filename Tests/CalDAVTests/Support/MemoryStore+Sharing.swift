import CalDAV

extension MemoryStore {
    func calendars(
        of owner: String, grantedTo viewer: String
    ) throws(StorageError) -> [CalendarRecord] {
        try calendars(of: owner).map { calendar in
            var calendar = calendar
            calendar.granted = granted(to: viewer, on: calendar)
            return calendar
        }
    }

    func shares(of owner: String) throws(StorageError) -> [Share] {
        try called("shares")
        return shares.filter { $0.owner == owner }.map { share in
            let grantee: Share.Grantee =
                switch share.grantee {
                case nil: .authenticated
                case "": .all
                case let name?: .user(name)
                }
            return Share(
                calendar: share.calendar == 0 ? nil : share.calendar, grantee: grantee,
                privileges: share.privileges)
        }
    }

    func setShares(
        _ shares: [Share], of owner: String, on calendar: Int64?
    ) throws(StorageError) {
        try called("setShares")
        self.shares.removeAll { $0.owner == owner && $0.calendar == calendar ?? 0 }
        self.shares += shares.map { share in
            let grantee: String? =
                switch share.grantee {
                case .authenticated: nil
                case .all: ""
                case .user(let name): name
                }
            return MemoryShare(
                owner: owner, calendar: calendar ?? 0, grantee: grantee,
                privileges: share.privileges)
        }
    }

    func sharers(with viewer: String) throws(StorageError) -> [Sharer] {
        try called("sharers")
        let owners = Set(shares.map(\.owner)).subtracting([viewer]).sorted()
        return owners.compactMap { owner in
            let theirs = shares.filter {
                $0.owner == owner && ($0.grantee == viewer || $0.grantee == nil)
            }
            guard !theirs.isEmpty else { return nil }
            return Sharer(
                owner: owner,
                granted: theirs.filter { $0.calendar == 0 }.reduce([]) { $0.union($1.privileges) },
                grantedWithin: theirs.reduce([]) { $0.union($1.privileges) })
        }
    }

    func people(named names: [String]) throws(StorageError) -> [UserRecord] {
        try called("people")
        return users.filter { names.contains($0.name) }
    }

    func people(
        matching query: PeopleQuery, limit: Int
    ) throws(StorageError) -> [UserRecord] {
        try called("people")
        let found = users.filter { user in
            let values = [user.name, user.email, user.displayName].compactMap { $0?.lowercased() }
            func fits(_ text: String) -> Bool {
                values.contains { query.isWhole ? $0 == text : $0.contains(text) }
            }
            return query.isAnyOf ? query.texts.contains(where: fits) : query.texts.allSatisfy(fits)
        }
        return Array(found.prefix(limit))
    }

    // MARK: Secret addresses

    func createFeed(
        of calendar: CalendarRecord, label: String
    ) throws(StorageError) -> NewFeed {
        try called("createFeed")
        try check(feeds.count + 1, maxFeeds, .feeds)
        let id = Int64(feeds.count + 1)
        let feed = FeedRecord(
            id: id, owner: calendar.owner, uri: calendar.uri, label: label, created: 784_111_777)
        feeds["token\(id)"] = feed
        return NewFeed(feed: feed, token: "token\(id)")
    }

    func feeds(of calendar: CalendarRecord) throws(StorageError) -> [FeedRecord] {
        try called("feeds")
        return feeds.values.filter { $0.uri == calendar.uri && $0.owner == calendar.owner }
            .sorted { $0.id < $1.id }
    }

    func revokeFeed(_ id: Int64, of calendar: CalendarRecord) throws(StorageError) {
        try called("revokeFeed")
        let found = feeds.first { $0.value.id == id && $0.value.uri == calendar.uri }
        guard let found else { throw .notFound }
        feeds[found.key] = nil
    }
}

/// A grant on a calendar, or with 0 on a whole home.
struct MemoryShare {
    var owner: String
    var calendar: Int64
    /// Nil: everybody who signs in; empty: everybody.
    var grantee: String?
    var privileges: Privileges

    func isFor(_ viewer: String?) -> Bool {
        switch grantee {
        case nil: viewer != nil
        case "": true
        default: grantee == viewer
        }
    }
}

/// Somebody of another server with whom a calendar is shared.
struct MemoryGuest {
    var cloudID: CloudID
    var owner: String
    var uri: String
    var access: FederatedAccess
    var state: ShareAnswer?
}
