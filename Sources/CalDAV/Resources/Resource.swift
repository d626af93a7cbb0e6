import WebDAV

/// What a request is for, found and authorised.
enum Resource {
    case root
    case principals
    case userPrincipals
    case homes
    case principal(UserRecord)
    case home(UserRecord)
    case calendar(CalendarRecord)
    case object(ObjectRecord, in: CalendarRecord)

    /// A free place in the user's own home.
    case freeCalendar(uri: String)
    /// A free place in a calendar.
    case freeObject(name: String, in: CalendarRecord)
    /// A place that has no parent, or where nothing can be.
    case nowhere
}

extension Resource {
    var kind: ResourceKinds {
        switch self {
        case .root: .root
        case .principals, .userPrincipals, .homes: .container
        case .principal: .principal
        case .home: .home
        case .calendar: .calendar
        case .object: .object
        case .freeCalendar, .freeObject, .nowhere: .unmapped
        }
    }

    /// The canonical href; nil for what does not exist.
    func href(_ paths: Paths) -> String? {
        switch self {
        case .root: paths.root
        case .principals: paths.principals
        case .userPrincipals: paths.userPrincipals
        case .homes: paths.homes
        case .principal(let user): paths.principal(user.name)
        case .home(let user): paths.home(user.name)
        case .calendar(let calendar): paths.calendar(calendar)
        case .object(let object, let calendar): paths.object(object.name, in: calendar)
        case .freeCalendar, .freeObject, .nowhere: nil
        }
    }

    /// - Parameters:
    ///   - path: of the request.
    ///   - opening: what the store found for its address.
    ///   - user: who signed in.
    /// - Throws: 403 below anybody else's home or principal, whether there is something or not.
    init(
        _ path: ResourcePath, _ opening: Opening, user: UserRecord, href: String
    ) throws(RequestError) {
        if path.address.owner != nil {
            guard let owner = opening.owner, owner.name.hasSameBytes(as: user.name) else {
                throw .needPrivileges(.dav("read"), on: href)
            }
        }
        guard case .known(let address) = path else {
            self = .nowhere
            return
        }
        switch address {
        case .root: self = .root
        case .principals: self = .principals
        case .userPrincipals: self = .userPrincipals
        case .homes: self = .homes
        case .principal: self = .principal(user)
        case .home: self = .home(user)
        case .calendar(_, let uri):
            self = opening.calendar.map { .calendar($0) } ?? .freeCalendar(uri: uri)
        case .object(_, _, let name):
            guard let calendar = opening.calendar else {
                self = .nowhere
                return
            }
            self =
                opening.object.map { .object($0, in: calendar) }
                ?? .freeObject(name: name, in: calendar)
        }
    }
}
