import CRMStore
import CalDAV
import ICalendar
import Outgoing

/// Our side of a pair: the store, reached as a client's PUT and DELETE reach it, so that revisions,
/// tasks, trash and log come by themselves.
final class LocalCalendar {
    private let store: Store
    private(set) var calendar: CalendarRecord
    private let user: UserRecord

    /// Who the trash says has overwritten something.
    static let actor = "crm-caldav sync"

    /// Takes over first what the CRM changed.
    ///
    /// - Throws: `.notFound` where the calendar is gone.
    init(_ store: Store, owner: String, uri: String) throws(StorageError) {
        self.store = store
        let address = ResourceAddress.calendar(user: owner, uri: uri)
        var opening = try store.open(address, signingIn: owner, content: false)
        if opening.hasPendingChanges {
            try store.mergePendingChanges()
            opening = try store.open(address, signingIn: owner, content: false)
        }
        guard let calendar = opening.calendar else { throw .notFound }
        self.calendar = calendar
        user = UserRecord(
            name: LocalCalendar.actor, passwordHash: [], email: opening.user?.email,
            displayName: nil)
    }

    // MARK: Reading

    /// Names and ETags of everything.
    func listing() throws(StorageError) -> [String: String] {
        var found: [String: String] = [:]
        let cursor = try store.objects(in: calendar, .all, content: false)
        while let row = try cursor.next() { found[text(row.name)] = text(row.etag) }
        return found
    }

    /// Names and ETags of what changed after a revision; nil for what was removed.
    func changes(after revision: Int64) throws(StorageError) -> [String: String?] {
        var found: [String: String?] = [:]
        let cursor = try store.changes(in: calendar, after: revision, limit: nil, content: false)
        while let row = try cursor.next() {
            found[text(row.name)] = .some(row.isRemoved ? nil : text(row.etag))
        }
        return found
    }

    struct Content {
        var etag: String
        var text: [UInt8]
    }

    /// Those of the names that exist.
    func contents(_ names: [String]) throws(StorageError) -> [String: Content] {
        guard !names.isEmpty else { return [:] }
        var found: [String: Content] = [:]
        let cursor = try store.objects(in: calendar, .names(names), content: true)
        while let row = try cursor.next() {
            found[text(row.name)] = Content(etag: text(row.etag), text: Array(row.content))
        }
        return found
    }

    private func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    // MARK: Writing

    /// - Parameter etag: of the version that is replaced; nil: there is to be none.
    /// - Returns: the new ETag.
    func put(
        _ object: CalendarObject, text: [UInt8], name: String, replacing etag: String?
    ) throws(StorageError) -> String {
        guard calendar.components.contains(object.kind.name) else {
            throw .refused("the calendar takes no \(object.kind.name)")
        }
        for component in object.calendar.components where component.name == "VEVENT" {
            guard component.has("DTSTART") else { throw .refused("an event needs a DTSTART") }
        }
        let condition =
            etag.map { WriteCondition(ifMatch: .tags([$0])) }
            ?? WriteCondition(ifNoneMatch: .any)
        return try store.put(
            object, text: text, name: name, in: calendar, by: user, if: condition,
            isNew: etag == nil
        ).etag
    }

    func delete(_ name: String, ifStill etag: String) throws(StorageError) {
        try store.deleteObject(
            name, in: calendar, by: user, if: WriteCondition(ifMatch: .tags([etag])))
    }

    /// Keeps a version of the other side's that lost.
    func keep(_ loser: CalendarObject, name: String, from host: String) throws(StorageError) {
        try store.discard(foreign: loser.serialized(), of: name, in: calendar, from: host)
    }
}
