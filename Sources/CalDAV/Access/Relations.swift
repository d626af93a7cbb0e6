/// Who grants what to whom, as far as a request has asked; each question is asked once.
final class Relations {
    private var shares: [[UInt8]: [Share]] = [:]
    private var sharers: [Sharer]?

    func shares(
        of owner: String, _ store: any SharingStore
    ) throws(StorageError) -> [Share] {
        let key = Array(owner.utf8)
        if let known = shares[key] { return known }
        let found = try store.shares(of: owner)
        shares[key] = found
        return found
    }

    func sharers(
        with viewer: String, _ store: any SharingStore
    ) throws(StorageError) -> [Sharer] {
        if let known = sharers { return known }
        let found = try store.sharers(with: viewer)
        sharers = found
        return found
    }
}

extension Context {
    func shares(of owner: String) throws(StorageError) -> [Share] {
        try relations.shares(of: owner, sharing)
    }

    /// Who grants something to the viewer.
    func sharers() throws(StorageError) -> [Sharer] {
        try relations.sharers(with: user.name, sharing)
    }

    /// Those of the names that belong to somebody, as the viewer stands to them.
    func persons(named names: [String]) throws(StorageError) -> [Person] {
        var persons: [Person] = []
        let others = names.filter { !$0.hasSameBytes(as: user.name) }
        if others.count < names.count { persons.append(Person(viewer: user)) }
        guard !others.isEmpty else { return persons }
        return persons + (try people.people(named: others).map(person))
    }

    func person(_ user: UserRecord) throws(StorageError) -> Person {
        if user.name.hasSameBytes(as: self.user.name) { return Person(viewer: user) }
        let sharer = try sharers().first { $0.owner.hasSameBytes(as: user.name) }
        return Person(
            user, granted: sharer?.granted ?? [], within: sharer?.grantedWithin ?? [])
    }

    /// Members of a person's proxy group: whom they grant it on the home.
    func members(of person: Person, _ level: ProxyLevel) throws(StorageError) -> [String] {
        try shares(of: person.user.name).compactMap { share in
            guard share.calendar == nil, case .user(let name) = share.grantee,
                ProxyLevel(share.privileges) == level
            else { return nil }
            return name
        }
    }
}
