import CalDAV
import ICalendar

/// Calendars in memory, for the logic of the protocol alone: whatever is about the database runs
/// against the real one elsewhere.
final class MemoryStore: CalendarStore {
    struct StoredObject {
        var record: ObjectRecord
        var object: CalendarObject
        var revision: Int64
    }

    struct Calendar {
        var record: CalendarRecord
        /// By name.
        var objects: [String: StoredObject] = [:]
        var tombstones: [String: Int64] = [:]
        var properties: [StoredProperty] = []
        /// By viewer.
        var viewersProperties: [String: [StoredProperty]] = [:]

        func properties(of viewer: String) -> [StoredProperty] {
            properties + (viewersProperties[viewer] ?? [])
        }
    }

    var users: [UserRecord] = []
    var shares: [MemoryShare] = []
    var calendars: [Calendar] = []
    /// Names of the objects of deleted calendars.
    var buried: [Int64: [String: Int64]] = [:]
    var lastID: Int64 = 0
    var homeProperties: [String: [StoredProperty]] = [:]
    /// Thrown by every call while it is set.
    var failure: StorageError?
    /// Lists fail, and nothing else.
    var failsOnObjects = false
    var hasPendingChanges = false
    var needsHome = false
    /// By token.
    var feeds: [String: FeedRecord] = [:]
    var calls: [String] = []
    /// Nil: as much as there may be.
    var maxProperties: Int?
    var maxCalendars: Int?
    var maxFeeds: Int?
    var maxHomeSize: Int64?
    /// By secret.
    var guests: [String: MemoryGuest] = [:]

    func called(_ name: String) throws(StorageError) {
        calls.append(name)
        if let failure { throw failure }
        if failsOnObjects, name == "objects" || name == "changes" { throw .unavailable("lists") }
    }

    func open(
        _ address: ResourceAddress, signingIn userName: String?, content: Bool
    ) throws(StorageError) -> Opening {
        try called("open")
        var opening = Opening()
        opening.user = users.first { $0.name == userName }
        opening.owner = users.first { $0.name == address.owner }
        opening.hasPendingChanges = hasPendingChanges
        opening.needsHome = needsHome
        if let owner = address.owner, owner != userName {
            opening.grantedWithin = granted(to: userName, by: owner) { _ in true }
            opening.granted = granted(to: userName, by: owner) { $0 == 0 }
        }
        switch address {
        case .feed(let token):
            guard let feed = feeds[token] else { break }
            opening.user = users.first { $0.name == feed.owner }
            opening.owner = opening.user
            opening.calendar = find(feed.owner, feed.uri)?.record
        case .calendar(let user, let uri): opening.calendar = find(user, uri)?.record
        case .object(let user, let uri, let name):
            let calendar = find(user, uri)
            opening.calendar = calendar?.record
            opening.object = calendar?.objects[name]?.record
            if !content { opening.object?.content = [] }
        default: break
        }
        if let calendar = opening.calendar, calendar.owner != userName {
            opening.granted = granted(to: userName, on: calendar)
            opening.calendar?.granted = opening.granted
            opening.calendar?.ownerEmail = opening.owner?.email
        }
        return opening
    }

    func open(
        _ address: ResourceAddress, asGuest key: GuestKey, content: Bool
    ) throws(StorageError) -> Opening {
        try called("openAsGuest")
        var opening = Opening()
        guard let guest = guests[key.secret], guest.cloudID.user == key.cloudID.user,
            guest.state != .declined, !users.contains(where: { $0.name == key.userName })
        else { return opening }
        opening.user = .guest(guest.cloudID.text)
        opening.hasPendingChanges = hasPendingChanges
        let (owner, uri, name): (String, String, String?)
        switch address {
        case .calendar(let user, let named): (owner, uri, name) = (user, named, nil)
        case .object(let user, let named, let object): (owner, uri, name) = (user, named, object)
        default: return opening
        }
        guard owner == guest.owner, uri == guest.uri, let calendar = find(owner, uri) else {
            return opening
        }
        opening.owner = users.first { $0.name == owner }
        opening.granted = guest.access.privileges
        opening.calendar = calendar.record
        opening.calendar?.granted = opening.granted
        opening.object = name.flatMap { calendar.objects[$0]?.record }
        if !content { opening.object?.content = [] }
        return opening
    }

    func note(
        _ answer: ShareAnswer, ofShareWithSecret secret: String
    ) throws(StorageError) -> Bool {
        try called("noteAnswer")
        guard guests[secret] != nil else { return false }
        guests[secret]?.state = answer
        return true
    }

    func granted(
        to viewer: String?, by owner: String, on isMeant: (Int64) -> Bool
    ) -> Privileges {
        shares.filter { $0.owner == owner && isMeant($0.calendar) && $0.isFor(viewer) }
            .reduce([]) { $0.union($1.privileges) }
    }

    func granted(to viewer: String?, on calendar: CalendarRecord) -> Privileges {
        granted(to: viewer, by: calendar.owner) { $0 == 0 || $0 == calendar.id }
    }

    func find(_ user: String, _ uri: String) -> Calendar? {
        calendars.first { $0.record.owner == user && $0.record.uri == uri }
    }

    func index(_ calendar: CalendarRecord) throws(StorageError) -> Int {
        guard let index = calendars.firstIndex(where: { $0.record.id == calendar.id }) else {
            throw .notFound
        }
        return index
    }

    func mergePendingChanges() throws(StorageError) {
        try called("merge")
        hasPendingChanges = false
    }

    func prepareHome(of user: UserRecord) throws(StorageError) {
        try called("prepareHome")
        needsHome = false
    }

    func seal(_ text: String) throws(StorageError) -> String {
        try called("seal")
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return String(hash, radix: 16)
    }
}
