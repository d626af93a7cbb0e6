import WebDAV
import XML

/// What a handler knows besides the resource: one request, its user and the store.
struct Context {
    let settings: ServerSettings
    let store: any CalendarStore
    let request: Request
    let user: UserRecord
    let paths: Paths
    let preferences: Preferences
    let log: (ServerEvent) -> Void
    let relations = Relations()
    /// The object's ETag that the If field, or a date, was judged by.
    var judgedETag: String?
    /// What the Destination field names, of COPY and MOVE.
    var destination: Target?
    /// What the request is for, with what the user may do there; set once it is known.
    var target: Target?
    /// What was found once and is asked for again.
    let found = FoundForRequest()
}

/// Answers of the store that several properties of one request are made of.
final class FoundForRequest {
    private var usedBytes: [Int64: Int64] = [:]
    /// By owner.
    private var availableBytes: [String: Int64] = [:]

    /// Bytes that may still be put into somebody's home.
    func availableBytes(inHomeOf owner: String, _ store: any CalendarCollectionStore) throws
        -> Int64
    {
        if let known = availableBytes[owner] { return known }
        let bytes = try store.availableBytes(inHomeOf: owner)
        availableBytes[owner] = bytes
        return bytes
    }

    /// Bytes of the objects in a calendar.
    ///
    /// - Parameter others: calendars that will be asked about too.
    func usedBytes(
        in calendar: CalendarRecord, and others: [CalendarRecord],
        _ store: any CalendarCollectionStore
    ) throws -> Int64 {
        if usedBytes[calendar.id] == nil {
            let found = try store.usedBytes(in: others.isEmpty ? [calendar] : others)
            usedBytes.merge(found) { $1 }
        }
        return usedBytes[calendar.id] ?? 0
    }
}

// The store by its roles: a handler names the one that it needs.
extension Context {
    var calendars: any CalendarCollectionStore { store }
    var properties: any PropertyStore { store }
    var objects: any ObjectStore { store }
    var sharing: any SharingStore { store }
    var people: any PeopleStore { store }
    var feeds: any FeedStore { store }
    var installation: any InstallationStore { store }
}

extension Context {
    /// - Throws: `need-privileges`.
    func authorise(_ needs: Needs) throws(RequestError) {
        try target?.authorise(needs, paths)
    }

    /// The body as XML; nil where there is none.
    func readXML() throws(RequestError) -> XMLElement? {
        try request.readXML(limit: settings.maxXMLSize)
    }

    /// Scheme and authority, as the client addressed us.
    var origin: String { "\(request.scheme)://\(request.authority)" }

    /// A calendar's own whole address.
    func address(of calendar: CalendarRecord) -> String { origin + paths.calendar(calendar) }

    /// If-Match and If-None-Match of the request.
    var writeCondition: WriteCondition {
        WriteCondition(
            ifMatch: request.fields["if-match"].map(WriteCondition.ETagList.init)
                ?? judgedETag.map { .tags([$0]) },
            ifNoneMatch: request.fields["if-none-match"].map(WriteCondition.ETagList.init))
    }

    /// A 207 that says which preference it honours.
    func multistatus(_ content: @escaping (Multistatus) throws -> Void) -> Response {
        var response = Response.multistatus(content)
        if let applied = preferences.appliedMinimal {
            response.setField("Preference-Applied", applied)
        }
        if preferences.isMinimal { response.setField("Vary", "Brief, Prefer") }
        return response
    }
}

extension WriteCondition.ETagList {
    init(_ headerField: String) {
        switch EntityTagList(headerField: headerField) {
        case .any: self = .any
        case .tags(let tags): self = .tags(tags.map(CalendarFormat.objectETag))
        }
    }
}

/// Something an operator may have to know of.
package enum ServerEvent {
    /// Nobody of that name, or a wrong password.
    case signInRefused(name: String, address: String)
    case lockedOut(name: String, address: String)
    /// A secret address that there is not, or no longer.
    case secretRefused(address: String)
    /// The database is away or too busy: answered with 503.
    case storageUnavailable(String)
    /// A bug of ours or a database that contradicts itself: answered with 500.
    case unexpected(String)
    /// A stored object that cannot be read; it was left out of an answer.
    case unreadableObject(calendar: Int64, name: String, reason: String)
}
