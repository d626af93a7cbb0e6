package import ICalendar

/// Calendars and their objects, wherever they are kept.
///
/// One instance belongs to one worker thread. Every call is a bounded, constant number of
/// statements, whatever the size of the calendar.
package protocol CalendarStore: AnyObject {
    /// Finds who signs in and what the request is for, in one statement.
    ///
    /// - Parameters:
    ///   - address: names as the client wrote them; those of users and calendars in the answer are
    ///     the database's spelling.
    ///   - userName: what the client signs in with; nil for nobody, who has what is granted to all.
    ///   - content: whether the object's text is wanted.
    func open(
        _ address: ResourceAddress, signingIn userName: String?, content: Bool
    ) throws(StorageError) -> Opening

    /// Finds a calendar that is shared with somebody of another server, by the secret that they bring,
    /// and what the request is for as far as it is in that calendar.
    ///
    /// - Returns: without a user where there is no such share, or somebody who may sign in has that
    ///   user name; without a calendar where the address is none of the shared calendar.
    func open(
        _ address: ResourceAddress, asGuest key: GuestKey, content: Bool
    ) throws(StorageError) -> Opening

    /// Takes over what the CRM changed since the last time, within a bounded time; called when
    /// `Opening.hasPendingChanges`, before opening anew.
    func mergePendingChanges() throws(StorageError)

    /// Gives a user who signs in the calendar that everybody has; called when
    /// `Opening.needsHome`, before opening anew.
    func prepareHome(of user: UserRecord) throws(StorageError)

    // MARK: Calendars

    /// The calendars of a home, by `uri`.
    func calendars(of owner: String) throws(StorageError) -> [CalendarRecord]

    /// The same with what was granted to somebody who is not the owner; all are there, whether
    /// something was granted or not.
    func calendars(
        of owner: String, grantedTo viewer: String
    ) throws(StorageError) -> [CalendarRecord]

    /// What is stored for a calendar, or for all calendars of its owner, as `viewer` sees it.
    func storedProperties(
        of calendar: CalendarRecord, viewer: String
    ) throws(StorageError) -> [StoredProperty]
    func storedProperties(
        ofCalendarsOf owner: String, viewer: String
    ) throws(StorageError) -> [StoredProperty]

    /// Bytes of the objects in each of the calendars, by `caldav_calendars.id`; asked for again before
    /// anything has changed there, it costs nothing.
    func usedBytes(in calendars: [CalendarRecord]) throws(StorageError) -> [Int64: Int64]

    /// Bytes that may still be put into somebody's home; what is in its trash counts (RFC 4331 §3).
    func availableBytes(inHomeOf owner: String) throws(StorageError) -> Int64

    /// Makes what is here different from what is in any other database, for names that have to be
    /// unique; costs nothing once it is known.
    func instanceName() throws(StorageError) -> String

    /// What is stored for somebody's principal, their home and the collections in it that are no
    /// calendars.
    func storedProperties(inHomeOf owner: String) throws(StorageError) -> [StoredProperty]

    /// All or nothing; of the changes, those that store and remove.
    /// - Throws: `.quotaExceeded`.
    func change(
        _ place: StoredPlace, ofHomeOf owner: String, _ changes: [CalendarChange]
    ) throws(StorageError)

    /// - Throws: `.alreadyExists`, `.spellingConflict` where only the case of `uri` differs,
    ///   `.quotaExceeded`.
    func createCalendar(
        _ uri: String, of owner: String, with properties: [CalendarChange]
    ) throws(StorageError)

    /// All or nothing.
    /// - Throws: `.quotaExceeded`.
    func change(
        _ calendar: CalendarRecord, _ changes: [CalendarChange], viewer: String
    ) throws(StorageError)

    /// Removes a calendar with its objects and their tasks.
    func delete(_ calendar: CalendarRecord) throws(StorageError)

    /// Sixteen bytes in hexadecimal digits that only this installation can make of a text.
    func seal(_ text: String) throws(StorageError) -> String

    // MARK: Sharing

    /// All that an owner grants, on the home and on each calendar.
    func shares(of owner: String) throws(StorageError) -> [Share]

    /// Replaces all that an owner grants on a calendar, or with nil on the home.
    func setShares(
        _ shares: [Share], of owner: String, on calendar: Int64?
    ) throws(StorageError)

    /// Who grants something to a user by name, or to everybody who signs in.
    func sharers(with viewer: String) throws(StorageError) -> [Sharer]

    /// Those of the names that belong to somebody who may sign in.
    func people(named names: [String]) throws(StorageError) -> [UserRecord]

    /// People who may sign in and whom the query may fit, at most so many.
    func people(
        matching query: PeopleQuery, limit: Int
    ) throws(StorageError) -> [UserRecord]

    /// Notes what the receiver of a share on another server tells of it.
    ///
    /// - Returns: whether there is a share with that secret.
    func note(
        _ answer: ShareAnswer, ofShareWithSecret secret: String
    ) throws(StorageError) -> Bool

    // MARK: Objects

    /// Objects of a calendar, streamed.
    func objects(
        in calendar: CalendarRecord, _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor

    /// Objects of several calendars, streamed, by ascending id of the calendar; each row says which
    /// one it is of.
    func objects(
        in calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor

    /// What changed after `revision`, streamed in the order of change, each object once.
    ///
    /// - Parameters:
    ///   - revision: of a sync token; nil for all objects there are (no removed ones).
    ///   - limit: at most so many rows; nil for all.
    func changes(
        in calendar: CalendarRecord, after revision: Int64?, limit: Int?, content: Bool
    ) throws(StorageError) -> any ObjectCursor

    /// The same of several calendars at once, in the order of `ChangeSpan.calendar`; each row says
    /// which calendar it is of.
    ///
    /// - Parameter spans: by ascending calendar, each calendar once.
    func changes(in spans: [ChangeSpan], content: Bool) throws(StorageError) -> any ObjectCursor

    /// Makes or replaces an object.
    ///
    /// The condition is judged against what is there when the write happens.
    /// - Parameter isNew: whether nothing had the name when the request began: what is tried first.
    /// - Throws: `.preconditionFailed`, `.uidInUse`, `.quotaExceeded`, `.refused`, `.unavailable`.
    func put(
        _ object: CalendarObject, text: [UInt8], name: String, in calendar: CalendarRecord,
        by user: UserRecord, if condition: WriteCondition, isNew: Bool
    ) throws(StorageError) -> PutOutcome

    /// Copies or moves an object, to another calendar too. What is at the destination goes.
    ///
    /// Text and ETag stay as they are. The conditions are judged against what is there when it happens.
    /// - Throws: `.notFound`, `.preconditionFailed`, `.uidInUse` for an object that is in the way at the
    ///   destination, `.quotaExceeded`, `.refused`, `.unavailable`.
    func transfer(
        _ transfer: ObjectTransfer, by user: UserRecord
    ) throws(StorageError) -> PutOutcome

    /// - Throws: `.notFound`, `.preconditionFailed`, `.refused`.
    func deleteObject(
        _ name: String, in calendar: CalendarRecord, by user: UserRecord,
        if condition: WriteCondition
    ) throws(StorageError)

    // MARK: Secret addresses

    /// Makes a secret address of a calendar's feed.
    /// - Throws: `.quotaExceeded` where the calendar has too many.
    func createFeed(
        of calendar: CalendarRecord, label: String
    ) throws(StorageError) -> NewFeed

    /// By the order in which they were made.
    func feeds(of calendar: CalendarRecord) throws(StorageError) -> [FeedRecord]

    /// - Throws: `.notFound` for one that the calendar does not have.
    func revokeFeed(_ id: Int64, of calendar: CalendarRecord) throws(StorageError)
}

extension CalendarStore {
    /// Objects of one or several calendars; of one, the rows need not say which it is.
    func listing(
        _ calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor {
        calendars.count == 1
            ? try objects(in: calendars[0], selection, content: content)
            : try objects(in: calendars, selection, content: content)
    }
}

extension ObjectRow {
    /// Which of the calendars of a listing it is in.
    func calendar(of calendars: [CalendarRecord]) -> CalendarRecord? {
        calendars.count == 1 ? calendars[0] : calendars.first { $0.id == calendar }
    }

    func isIn(_ calendar: CalendarRecord) -> Bool {
        self.calendar == 0 || self.calendar == calendar.id
    }
}

/// What `CalendarStore.open` found; each part is nil where there is no such thing.
package struct Opening {
    /// Who signs in; the password has yet to be verified. Of a secret address, its owner.
    package var user: UserRecord?
    /// Whose principal, home, calendar, object or secret address the address names.
    package var owner: UserRecord?
    package var calendar: CalendarRecord?
    package var object: ObjectRecord?
    /// What was granted to the user, or to nobody in particular, on the calendar or, where the address
    /// names none that there is, on all of the owner's home.
    package var granted: Privileges = []
    /// Of a principal or home: what was granted on it or on any calendar in it.
    package var grantedWithin: Privileges = []
    /// Whether the CRM changed tasks that no calendar shows yet.
    package var hasPendingChanges = false
    /// Whether `user` has no default calendar yet.
    package var needsHome = false

    package init() {}
}

package enum ObjectSelection: Sendable {
    case all
    /// Those of the names that exist, in any order.
    case names([String])
    /// Objects of a component type (nil: any) that may have an instance in the range: a superset.
    ///
    /// Seconds since 1970, UTC, end exclusive; `Int64.min` and `.max` for open ends.
    case overlapping(Range<Int64>, component: String?)
    /// Events and free/busy that may take time in the range, a superset; with content asked for,
    /// the text comes only where `ObjectRow.soleInstance` does not say what it is to somebody of
    /// these addresses.
    case busy(Range<Int64>, AddressSet)
    case component(String)
}

/// Which changes of a calendar's objects are wanted.
package struct ChangeSpan: Sendable {
    /// `caldav_calendars.id`, of a calendar that may be gone.
    package var calendar: Int64
    /// Objects that changed after a revision; nil for none, 0 for all.
    package var objectsAfter: Int64?
    /// Objects that were removed after a revision; nil for none.
    package var removedAfter: Int64?
    /// A calendar whose own names are not told as removed: it has taken the address.
    package var unlessIn: Int64?
    /// At most so many rows, as far as one calendar goes; nil for all.
    package var limit: Int?

    package init(
        calendar: Int64, objectsAfter: Int64? = nil, removedAfter: Int64? = nil,
        unlessIn: Int64? = nil, limit: Int? = nil
    ) {
        self.calendar = calendar
        self.objectsAfter = objectsAfter
        self.removedAfter = removedAfter
        self.unlessIn = unlessIn
        self.limit = limit
    }
}

/// Objects as they arrive from the store.
package protocol ObjectCursor: AnyObject {
    /// The next object, or nil at the end.
    func next() throws(StorageError) -> ObjectRow?
}

package struct PutOutcome: Sendable {
    package var isNew: Bool
    /// Of the text as stored, without quotes.
    package var etag: String

    package init(isNew: Bool, etag: String) {
        self.isNew = isNew
        self.etag = etag
    }
}

/// A COPY or MOVE of an object (RFC 4918 §9.8, §9.9).
package struct ObjectTransfer: Sendable {
    /// A calendar and a name in it.
    package struct Place: Sendable {
        package var calendar: CalendarRecord
        package var name: String
        /// Of what is there now.
        package var condition: WriteCondition

        package init(_ name: String, in calendar: CalendarRecord, if condition: WriteCondition) {
            self.calendar = calendar
            self.name = name
            self.condition = condition
        }
    }

    package var isMove: Bool
    package var source: Place
    package var destination: Place

    package init(isMove: Bool, from source: Place, to destination: Place) {
        self.isMove = isMove
        self.source = source
        self.destination = destination
    }
}

/// If-Match and If-None-Match of a write (RFC 9110 §13.1).
package struct WriteCondition: Sendable {
    package var ifMatch: ETagList?
    package var ifNoneMatch: ETagList?

    package enum ETagList: Sendable {
        case any
        /// Opaque tags without quotes, weakness and content coding suffixes removed.
        case tags([String])
    }

    package init(ifMatch: ETagList? = nil, ifNoneMatch: ETagList? = nil) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    /// - Parameter etag: of the present object; nil where there is none.
    package func holds(for etag: String?) -> Bool {
        if let ifMatch, !ifMatch.matches(etag) { return false }
        if let ifNoneMatch, ifNoneMatch.matches(etag) { return false }
        return true
    }
}

extension WriteCondition.ETagList {
    package func matches(_ etag: String?) -> Bool {
        guard let etag else { return false }
        switch self {
        case .any: return true
        case .tags(let tags): return tags.contains(etag)
        }
    }
}

/// Why the store did not do what it was asked.
package enum StorageError: Error {
    /// The database is away, too busy or failing; nothing was changed. Status 503.
    case unavailable(String)
    /// The object's present ETag, where there is an object. Status 412.
    case preconditionFailed(etag: String?)
    /// Another object of the calendar has that UID (RFC 4791 §5.3.2.1 `no-uid-conflict`).
    case uidInUse(name: String)
    case alreadyExists
    /// A calendar whose `uri` differs in case alone.
    case spellingConflict(uri: String)
    case notFound
    /// The CRM's own rules (a foreign key, a trigger of its) do not let it be; the reason is in words
    /// for the client. Nothing was changed. Status 403.
    case refused(String)
    /// It would be more than one user may store; the reason is in words for the client. Nothing was
    /// changed. Status 507.
    case quotaExceeded(QuotaExcess)
    /// A bug, or a database that contradicts itself; logged, status 500.
    case failed(String)
}

/// What there would be too much of, and why in words.
package struct QuotaExcess: Sendable {
    package let quota: Quota
    package let reason: String

    package init(_ quota: Quota, _ reason: String) {
        self.quota = quota
        self.reason = reason
    }
}

/// What there may be only so much of.
package enum Quota: Sendable {
    /// Properties that mean nothing here, of one resource.
    case properties
    /// Calendars of a home.
    case calendars
    /// Secret addresses of a calendar.
    case feeds
    /// Bytes of a home.
    case bytes
}
