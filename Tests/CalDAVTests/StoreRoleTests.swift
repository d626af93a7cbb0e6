import CalDAV
import Testing
import WebDAV

@testable import CalDAV

@Suite("A part of the protocol needs one role of the store, and each question is asked once")
struct StoreRoleTests {
    private let calendar = CalendarRecord(
        id: 1, owner: "anna", uri: "work", displayName: "Work", description: nil, color: nil,
        timeZone: "UTC", components: ["VEVENT"], revision: 1, floor: 1, isProtected: false)

    private final class Shares: SharingStore {
        var asked: [String] = []

        func shares(of owner: String) throws(StorageError) -> [Share] {
            asked.append("shares of \(owner)")
            return [Share(calendar: nil, grantee: .all, privileges: .read)]
        }

        func sharers(with viewer: String) throws(StorageError) -> [Sharer] {
            asked.append("sharers with \(viewer)")
            return []
        }

        func setShares(_: [Share], of _: String, on _: Int64?) throws(StorageError) {}
        func note(
            _: ShareAnswer, ofShareWithSecret _: String
        ) throws(StorageError) -> Bool { false }
    }

    @Test func relations() throws {
        let (relations, shares) = (Relations(), Shares())
        for _ in 0..<3 {
            #expect(try relations.shares(of: "anna", shares).count == 1)
            #expect(try relations.sharers(with: "ben", shares).isEmpty)
        }
        _ = try relations.shares(of: "ben", shares)
        #expect(shares.asked == ["shares of anna", "sharers with ben", "shares of ben"])
    }

    private final class Feeds: FeedStore {
        var calls: [String] = []

        func createFeed(
            of calendar: CalendarRecord, label: String
        ) throws(StorageError) -> NewFeed {
            calls.append("create \(label)")
            let feed = FeedRecord(
                id: 1, owner: calendar.owner, uri: calendar.uri, label: label, created: 0)
            return NewFeed(feed: feed, token: "t")
        }

        func feeds(of _: CalendarRecord) throws(StorageError) -> [FeedRecord] { [] }

        func revokeFeed(_ id: Int64, of _: CalendarRecord) throws(StorageError) {
            calls.append("revoke \(id)")
        }
    }

    @Test("a form makes an address or ends one, and a bad number does neither")
    func forms() throws {
        let feeds = Feeds()
        let request = Request(
            method: "POST", path: "", query: "feed&label=asked", basePath: "/", scheme: "https",
            authority: "x", fields: HeaderFields(), clientAddress: "", readBody: { _ in [] })
        for form in ["label=Phone", "", "revoke=7"] {
            _ = try FeedAddresses.apply(FormFields(form), of: request, to: calendar, feeds)
        }
        #expect(throws: RequestError.self) {
            try FeedAddresses.apply(FormFields("revoke=x"), of: request, to: calendar, feeds)
        }
        #expect(feeds.calls == ["create Phone", "create asked", "revoke 7"])
    }

    private final class Sizes: CalendarCollectionStore {
        var asked = 0

        func usedBytes(in calendars: [CalendarRecord]) throws(StorageError) -> [Int64: Int64] {
            asked += 1
            return Dictionary(uniqueKeysWithValues: calendars.map { ($0.id, 10) })
        }

        func availableBytes(inHomeOf _: String) throws(StorageError) -> Int64 { 0 }
        func calendars(of _: String) throws(StorageError) -> [CalendarRecord] { [] }
        func calendars(
            of _: String, grantedTo _: String
        ) throws(StorageError) -> [CalendarRecord] { [] }
        func createCalendar(
            _: String, of _: String, with _: [CalendarChange]
        ) throws(StorageError) {}
        func change(
            _: CalendarRecord, _: [CalendarChange], viewer _: String
        ) throws(StorageError) {}
        func delete(_: CalendarRecord) throws(StorageError) {}
    }

    @Test func sizesOfAllCalendarsAreAskedForTogether() throws {
        let (found, sizes) = (FoundForRequest(), Sizes())
        var other = calendar
        other.id = 2
        for each in [calendar, other] {
            #expect(try found.usedBytes(in: each, and: [calendar, other], sizes) == 10)
        }
        #expect(sizes.asked == 1)
    }
}
