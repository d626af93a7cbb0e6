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
    private var buried: [Int64: [String: Int64]] = [:]
    private var lastID: Int64 = 0
    private var homeProperties: [String: [StoredProperty]] = [:]
    /// Thrown by every call while it is set.
    var failure: StorageError?
    /// Lists fail, and nothing else.
    var failsOnObjects = false
    var hasPendingChanges = false
    var needsHome = false
    /// By token.
    var feeds: [String: FeedRecord] = [:]
    var calls: [String] = []
    /// By secret.
    var guests: [String: MemoryGuest] = [:]

    private func called(_ name: String) throws(StorageError) {
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

    private func granted(
        to viewer: String?, by owner: String, on isMeant: (Int64) -> Bool
    ) -> Privileges {
        shares.filter { $0.owner == owner && isMeant($0.calendar) && $0.isFor(viewer) }
            .reduce([]) { $0.union($1.privileges) }
    }

    private func granted(to viewer: String?, on calendar: CalendarRecord) -> Privileges {
        granted(to: viewer, by: calendar.owner) { $0 == 0 || $0 == calendar.id }
    }

    func calendars(
        of owner: String, grantedTo viewer: String
    ) throws(StorageError) -> [CalendarRecord] {
        try calendars(of: owner).map { calendar in
            var calendar = calendar
            calendar.granted = granted(to: viewer, on: calendar)
            return calendar
        }
    }

    private func find(_ user: String, _ uri: String) -> Calendar? {
        calendars.first { $0.record.owner == user && $0.record.uri == uri }
    }

    private func index(_ calendar: CalendarRecord) throws(StorageError) -> Int {
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

    func calendars(of owner: String) throws(StorageError) -> [CalendarRecord] {
        try called("calendars")
        return calendars.map(\.record).filter { $0.owner == owner }
    }

    func seal(_ text: String) throws(StorageError) -> String {
        try called("seal")
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        return String(hash, radix: 16)
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

    func storedProperties(
        of calendar: CalendarRecord, viewer: String
    ) throws(StorageError) -> [StoredProperty] {
        try called("storedProperties")
        return calendars[try index(calendar)].properties(of: viewer)
    }

    func storedProperties(
        ofCalendarsOf owner: String, viewer: String
    ) throws(StorageError) -> [StoredProperty] {
        try called("storedProperties")
        return calendars.filter { $0.record.owner == owner }.flatMap { $0.properties(of: viewer) }
    }

    func usedBytes(in calendars: [CalendarRecord]) throws(StorageError) -> [Int64: Int64] {
        try called("usedBytes")
        let asked = Set(calendars.map(\.id))
        var bytes: [Int64: Int64] = [:]
        for calendar in self.calendars where asked.contains(calendar.record.id) {
            bytes[calendar.record.id] = calendar.objects.values.reduce(0) { $0 + $1.record.size }
        }
        return bytes
    }

    func instanceName() throws(StorageError) -> String { "memory" }

    func storedProperties(inHomeOf owner: String) throws(StorageError) -> [StoredProperty] {
        try called("storedProperties")
        return homeProperties[owner] ?? []
    }

    func change(
        _ place: StoredPlace, ofHomeOf owner: String, _ changes: [CalendarChange]
    ) throws(StorageError) {
        try called("change")
        for change in changes {
            switch change {
            case .store(let namespace, let name, let xml, _):
                homeProperties[owner, default: []].removeAll {
                    $0.place == place && $0.namespace == namespace && $0.name == name
                }
                var property = StoredProperty(
                    calendar: 0, namespace: namespace, name: name, xml: xml)
                property.place = place
                homeProperties[owner, default: []].append(property)
            case .remove(let namespace, let name, _):
                homeProperties[owner, default: []].removeAll {
                    $0.place == place && $0.namespace == namespace && $0.name == name
                }
            default: continue
            }
        }
    }

    func createCalendar(
        _ uri: String, of owner: String, with properties: [CalendarChange]
    ) throws(StorageError) {
        try called("createCalendar")
        if calendars.contains(where: { $0.record.uri == uri && $0.record.owner == owner }) {
            throw .alreadyExists
        }
        lastID += 1
        let id = lastID
        var record = CalendarRecord(
            id: id, owner: owner, uri: uri, displayName: uri, description: nil, color: nil,
            timeZone: "UTC", components: ["VEVENT", "VTODO"], revision: 1, floor: 1,
            isProtected: false)
        record.created = 784_111_777
        var calendar = Calendar(record: record)
        for property in properties { apply(property, to: &calendar, owner) }
        calendars.append(calendar)
    }

    func change(
        _ calendar: CalendarRecord, _ changes: [CalendarChange], viewer: String
    ) throws(StorageError) {
        try called("change")
        let index = try index(calendar)
        for change in changes { apply(change, to: &calendars[index], viewer) }
        if viewer == calendar.owner || !changes.allSatisfy(\.isForViewer) {
            calendars[index].record.revision += 1
        }
    }

    private func apply(
        _ change: CalendarChange, to calendar: inout Calendar, _ viewer: String
    ) {
        switch change {
        case .displayName(let name): calendar.record.displayName = name
        case .description(let text): calendar.record.description = text
        case .color(let color): calendar.record.color = color
        case .timeZone(let zone): calendar.record.timeZone = zone
        case .components(let components): calendar.record.components = components
        case .subscribed: calendar.record.isSubscribed = true
        case .store(let namespace, let name, let xml, let isViewers):
            apply(
                .remove(namespace: namespace, name: name, isViewers: isViewers), to: &calendar,
                viewer)
            let property = StoredProperty(
                calendar: calendar.record.id, namespace: namespace, name: name, xml: xml)
            if isViewers {
                calendar.viewersProperties[viewer, default: []].append(property)
            } else {
                calendar.properties.append(property)
            }
        case .remove(let namespace, let name, let isViewers):
            func isMeant(_ property: StoredProperty) -> Bool {
                property.namespace == namespace && property.name == name
            }
            calendar.viewersProperties[viewer]?.removeAll(where: isMeant)
            if !isViewers { calendar.properties.removeAll(where: isMeant) }
        }
    }

    func delete(_ calendar: CalendarRecord) throws(StorageError) {
        try called("delete")
        let gone = calendars.remove(at: try index(calendar))
        var names = gone.tombstones
        for (number, name) in gone.objects.keys.sorted().enumerated() {
            names[name] = gone.record.revision + Int64(number) + 1
        }
        buried[calendar.id] = names
    }

    func objects(
        in calendar: CalendarRecord, _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        try called("objects")
        let objects = calendars[try index(calendar)].objects.values.filter { stored in
            switch selection {
            case .all: return true
            case .names(let names): return names.contains(stored.record.name)
            case .component(let component): return stored.record.component == component
            case .overlapping(let range, let component):
                let span = stored.object.span(floating: .utc)
                return (component == nil || stored.record.component == component)
                    && span.first <= range.upperBound && span.last >= range.lowerBound
            case .busy(let range, _):
                let span = stored.object.span(floating: .utc)
                return ["VEVENT", "VFREEBUSY"].contains(stored.record.component)
                    && span.first <= range.upperBound && span.last >= range.lowerBound
            }
        }
        return MemoryCursor(
            objects.sorted { $0.record.name < $1.record.name }.map { .present($0) },
            content: content)
    }

    func objects(
        in calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        var rows: [MemoryCursor.Row] = []
        for calendar in calendars.sorted(by: { $0.id < $1.id }) {
            let cursor = try objects(in: calendar, selection, content: content)
            let own = (cursor as? MemoryCursor)?.remaining ?? []
            rows += own.map { .of(calendar.id, $0) }
        }
        return MemoryCursor(rows, content: content)
    }

    func changes(
        in calendar: CalendarRecord, after revision: Int64?, limit: Int?, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        try called("changes")
        let calendar = calendars[try index(calendar)]
        var rows = calendar.objects.values.filter { $0.revision > revision ?? 0 }.map {
            MemoryCursor.Row.present($0)
        }
        if let revision {
            rows += calendar.tombstones.filter { $0.value > revision }.map {
                .removed(name: $0.key, revision: $0.value)
            }
        }
        rows.sort { $0.revision < $1.revision }
        if let limit { rows = Array(rows.prefix(limit)) }
        return MemoryCursor(rows, content: content)
    }

    func changes(in spans: [ChangeSpan], content: Bool) throws(StorageError) -> any ObjectCursor {
        try called("changes")
        var rows: [MemoryCursor.Row] = []
        for span in spans {
            let calendar = calendars.first { $0.record.id == span.calendar }
            let replacing = calendars.first { $0.record.id == span.unlessIn }
            var own: [MemoryCursor.Row] = []
            if let after = span.objectsAfter, let calendar {
                own += calendar.objects.values.filter { $0.revision > after }.map { .present($0) }
            }
            let tombstones = calendar?.tombstones ?? buried[span.calendar] ?? [:]
            if let after = span.removedAfter {
                own += tombstones.filter { $0.value > after && replacing?.objects[$0.key] == nil }
                    .map { .removed(name: $0.key, revision: $0.value) }
            }
            own.sort { $0.revision < $1.revision }
            rows += own.prefix(span.limit ?? .max).map { .of(span.calendar, $0) }
        }
        return MemoryCursor(rows, content: content)
    }

    func put(
        _ object: CalendarObject, text: [UInt8], name: String, in calendar: CalendarRecord,
        by user: UserRecord, if condition: WriteCondition, isNew: Bool
    ) throws(StorageError) -> PutOutcome {
        try called("put")
        let index = try index(calendar)
        let present = calendars[index].objects[name]
        guard condition.holds(for: present?.record.etag) else {
            throw .preconditionFailed(etag: present?.record.etag)
        }
        let other = calendars[index].objects.first { $0.value.object.uid == object.uid }
        if let other, other.key != name { throw .uidInUse(name: other.key) }
        calendars[index].record.revision += 1
        let revision = calendars[index].record.revision
        let etag = "e\(revision)"
        let record = ObjectRecord(
            name: name, component: object.kind.name, etag: etag, size: Int64(text.count),
            modified: 784_111_777, created: 784_111_777, content: text)
        calendars[index].objects[name] = StoredObject(
            record: record, object: object, revision: revision)
        calendars[index].tombstones[name] = nil
        return PutOutcome(isNew: present == nil, etag: etag)
    }

    func transfer(
        _ transfer: ObjectTransfer, by user: UserRecord
    ) throws(StorageError) -> PutOutcome {
        try called("transfer")
        let (source, destination) = (transfer.source, transfer.destination)
        let (from, to) = (try index(source.calendar), try index(destination.calendar))
        guard let object = calendars[from].objects[source.name] else { throw .notFound }
        guard source.condition.holds(for: object.record.etag) else {
            throw .preconditionFailed(etag: object.record.etag)
        }
        let present = calendars[to].objects[destination.name]
        guard destination.condition.holds(for: present?.record.etag) else {
            throw .preconditionFailed(etag: present?.record.etag)
        }
        let other = calendars[to].objects.first { name, stored in
            stored.object.uid == object.object.uid && name != destination.name
                && !(transfer.isMove && from == to && name == source.name)
        }
        if let other { throw .uidInUse(name: other.key) }
        if transfer.isMove {
            calendars[from].record.revision += 1
            calendars[from].objects[source.name] = nil
            calendars[from].tombstones[source.name] = calendars[from].record.revision
        }
        calendars[to].record.revision += 1
        var moved = object
        moved.record.name = destination.name
        moved.revision = calendars[to].record.revision
        calendars[to].objects[destination.name] = moved
        calendars[to].tombstones[destination.name] = nil
        return PutOutcome(isNew: present == nil, etag: object.record.etag)
    }

    func deleteObject(
        _ name: String, in calendar: CalendarRecord, by user: UserRecord,
        if condition: WriteCondition
    ) throws(StorageError) {
        try called("deleteObject")
        let index = try index(calendar)
        guard let present = calendars[index].objects[name] else { throw .notFound }
        guard condition.holds(for: present.record.etag) else {
            throw .preconditionFailed(etag: present.record.etag)
        }
        calendars[index].record.revision += 1
        calendars[index].objects[name] = nil
        calendars[index].tombstones[name] = calendars[index].record.revision
    }

    func createFeed(
        of calendar: CalendarRecord, label: String
    ) throws(StorageError) -> NewFeed {
        try called("createFeed")
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
