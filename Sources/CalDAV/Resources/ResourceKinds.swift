/// Kinds of resource, for the tables that say what exists where.
struct ResourceKinds: OptionSet, Sendable, Hashable {
    let rawValue: UInt16

    static let root = ResourceKinds(rawValue: 1 << 0)
    /// Collections that only lead on: `principals/`, `principals/users/`, `calendars/`.
    static let container = ResourceKinds(rawValue: 1 << 1)
    static let principal = ResourceKinds(rawValue: 1 << 2)
    static let home = ResourceKinds(rawValue: 1 << 3)
    static let calendar = ResourceKinds(rawValue: 1 << 4)
    static let object = ResourceKinds(rawValue: 1 << 5)
    /// An address where nothing is.
    static let unmapped = ResourceKinds(rawValue: 1 << 6)
    static let inbox = ResourceKinds(rawValue: 1 << 7)
    static let outbox = ResourceKinds(rawValue: 1 << 8)
    static let notifications = ResourceKinds(rawValue: 1 << 9)
    /// `calendar-proxy-read` and `-write`, groups below a principal.
    static let proxy = ResourceKinds(rawValue: 1 << 11)

    /// A secret address, which belongs to no collection.
    static let feed = ResourceKinds(rawValue: 1 << 10)

    static let principals: ResourceKinds = [.principal, .proxy]
    /// The collections of a home that are no calendars.
    static let places: ResourceKinds = [.inbox, .outbox, .notifications]
    static let collections: ResourceKinds = [
        .root, .container, .principals, .home, .calendar, .places,
    ]
    /// What belongs to somebody.
    static let owned: ResourceKinds = [.principals, .home, .places, .calendar, .object]
    /// Where clients may keep properties of their own.
    static let keepers: ResourceKinds = [.principal, .home, .calendar, .places]
    static let all: ResourceKinds = [.collections, .object]
}
