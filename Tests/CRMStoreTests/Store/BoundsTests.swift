import CRMStore
import CalDAV
import ICalendar
import MariaDB
import Testing

/// Whether an error says that there may be no more of something.
private func exceeds(_ quota: Quota) -> (any Error) -> Bool {
    { error in
        guard case StorageError.quotaExceeded(let excess)? = error as? StorageError else {
            return false
        }
        return excess.quota == quota
    }
}

private let plain = WriteCondition()

extension MirroredCRM {
    /// An event whose text has about a thousand bytes.
    fileprivate func event(_ number: Int) -> [String] {
        let notes = String(repeating: "x", count: 740)
        return Sample.event(
            "DTSTART:20260701T080000Z", "SUMMARY:One", "X-NOTES:\(notes)",
            uid: "\(number)@example.org")
    }

    /// Puts events until one is refused.
    /// - Returns: how many were taken.
    fileprivate func fill(by user: String = "anna", upTo most: Int = 50) throws -> Int {
        for number in 0..<most {
            do {
                try put(event(number), as: "\(number).ics", by: user)
            } catch let error where exceeds(.bytes)(error) {
                return number
            }
        }
        return most
    }

    fileprivate func homeSize(of owner: String) throws -> Int64 {
        let sum = try crm.queryText(
            """
            SELECT (SELECT COALESCE(SUM(LENGTH(o.icalendar)), 0) FROM caldav_objects AS o
                      JOIN caldav_calendars AS c ON c.id = o.calendar_id
                     WHERE c.user_id = '\(owner)')
                 + (SELECT COALESCE(SUM(LENGTH(icalendar)), 0) FROM caldav_trash
                     WHERE owner = '\(owner)')
            """
        ).rows[0][0]
        return try #require(sum.flatMap { Int64($0) })
    }
}

@Suite("Bytes of a home, RFC 4331", .serialized)
struct HomeSizeTests {
    private func bounded(_ size: Int) throws -> MirroredCRM {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"]) { $0.bounds.maxHomeSize = size }
        _ = try crm.calendar(of: "anna")
        return crm
    }

    @Test func whatIsBeyondIsRefusedAndChangesNothing() throws {
        let crm = try bounded(10_000)
        let count = try crm.fill()
        #expect((8...10).contains(count))
        let size = try crm.homeSize(of: "anna")
        #expect(size <= 10_000 && size > 8_000)
        #expect(try crm.store.availableBytes(inHomeOf: "anna") == 10_000 - size)
        let revision = try crm.calendar(of: "anna").revision
        let rows = try crm.row("COUNT(*)", where: "TRUE")
        #expect(throws: (any Error).self) { try crm.put(crm.event(99), as: "99.ics") }
        #expect(try crm.calendar(of: "anna").revision == revision)
        #expect(try crm.row("COUNT(*)", where: "TRUE") == rows)
        #expect(try crm.homeSize(of: "anna") == size)
    }

    @Test func whatSomebodyElsePutsThereCountsToo() throws {
        let crm = try bounded(10_000)
        _ = try crm.fill()
        let calendar = try crm.calendar(of: "anna")
        let text = Array((crm.event(99).joined(separator: "\r\n") + "\r\n").utf8)
        #expect {
            _ = try crm.store.put(
                try CalendarObject(parsing: text), text: text, name: "99.ics", in: calendar,
                by: .guest("kim@other.example"), if: plain, isNew: true)
        } throws: {
            exceeds(.bytes)($0)
        }
        // Ben's home has room of its own.
        try crm.put(crm.event(0), as: "0.ics", by: "ben")
    }

    @Test func deletingIsAlwaysPossibleAndTheTrashCounts() throws {
        let crm = try bounded(10_000)
        let count = try crm.fill()
        for number in 0..<count { try crm.delete("\(number).ics") }
        #expect(try crm.store.availableBytes(inHomeOf: "anna") < 1_100)
        #expect { try crm.put(crm.event(99), as: "99.ics") } throws: { exceeds(.bytes)($0) }
    }

    @Test func whatADeletedCalendarHadCounts() throws {
        let crm = try bounded(3_000)
        try crm.store.createCalendar("work", of: "anna", with: [])
        let work = try #require(try crm.store.calendars(of: "anna").first { $0.uri == "work" })
        let text = Array((crm.event(0).joined(separator: "\r\n") + "\r\n").utf8)
        _ = try crm.store.put(
            try CalendarObject(parsing: text), text: text, name: "0.ics", in: work,
            by: try crm.user("anna"), if: plain, isNew: true)
        let before = try crm.store.availableBytes(inHomeOf: "anna")
        try crm.store.delete(work)
        #expect(try crm.store.availableBytes(inHomeOf: "anna") == before)
    }

    @Test func theCRMIsNeverRefused() throws {
        let crm = try bounded(2_000)
        _ = try crm.fill()
        let id = try crm.insertTask("title = 'New', start_datetime = '2026-07-01 10:00:00'")
        #expect(try crm.text("crm-task-\(id).ics", of: "anna").contains("SUMMARY:New"))
        try crm.crm.run(
            "UPDATE tasks SET title = 'Changed', notes = REPEAT('n', 3000) WHERE id = \(id)")
        #expect(try crm.text("crm-task-\(id).ics", of: "anna").contains("SUMMARY:Changed"))
        #expect(try crm.store.availableBytes(inHomeOf: "anna") == 0)
    }

    @Test func theAdministratorRestoresBeyondIt() throws {
        let crm = try bounded(10_000)
        let count = try crm.fill()
        try crm.delete("0.ics")
        try crm.crm.run("UPDATE caldav_objects SET size = size + 10000 LIMIT \(count)")
        var entries: [Int64] = []
        try crm.store.forEachTrashEntry(TrashSelection()) { entries.append($0.id) }
        try crm.store.restore(try #require(entries.first), by: "administrator")
        #expect(try crm.object("0.ics", of: "anna") != nil)
    }

    @Test func aCopyIsRefusedAndAMoveWithinTheHomeIsNot() throws {
        let crm = try bounded(10_000)
        let count = try crm.fill()
        try crm.store.createCalendar("work", of: "anna", with: [])
        let work = try #require(try crm.store.calendars(of: "anna").first { $0.uri == "work" })
        let source = try crm.calendar(of: "anna")
        let user = try crm.user("anna")
        func transfer(_ name: String, isMove: Bool) throws {
            _ = try crm.store.transfer(
                ObjectTransfer(
                    isMove: isMove, from: .init(name, in: source, if: plain),
                    to: .init(name, in: work, if: plain)), by: user)
        }
        #expect {
            for number in 0..<count { try transfer("\(number).ics", isMove: false) }
        } throws: {
            exceeds(.bytes)($0)
        }
        try transfer("\(count - 1).ics", isMove: true)
    }

    @Test func aWriteFarFromTheBoundAsksOnceInAWhile() throws {
        let crm = try MirroredCRM(altering: ["DELETE FROM tasks"])
        let calendar = try crm.calendar(of: "anna")
        let user = try crm.user("anna")
        func statements(_ number: Int) throws -> UInt64 {
            let text = Array((crm.event(number).joined(separator: "\r\n") + "\r\n").utf8)
            let object = try CalendarObject(parsing: text)
            let before = crm.store.statementCount
            _ = try crm.store.put(
                object, text: text, name: "\(number).ics", in: calendar, by: user, if: plain,
                isNew: true)
            return crm.store.statementCount - before
        }
        _ = try statements(0)
        let second = try statements(1)
        #expect(try statements(2) == second)
        // The same with nothing known of the home.
        let other = Store(context: try StoreContext(settings: crm.settings))
        _ = try other.open(.root, signingIn: "anna", content: false)
        let text = Array((crm.event(3).joined(separator: "\r\n") + "\r\n").utf8)
        _ = try other.put(
            try CalendarObject(parsing: text), text: text, name: "3.ics", in: calendar, by: user,
            if: plain, isNew: true)
        #expect(try crm.object("3.ics", of: "anna") != nil)
    }

    @Test func processesThatWriteAtOnceStopAtTheBound() async throws {
        let crm = try bounded(40_000)
        let user = try crm.user("anna")
        let calendar = try crm.calendar(of: "anna")
        let settings = crm.settings
        let texts = (0..<60).map { Array((crm.event($0).joined(separator: "\r\n") + "\r\n").utf8) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for process in 0..<4 {
                group.addTask {
                    let store = Store(context: try StoreContext(settings: settings))
                    _ = try store.open(
                        .calendar(user: "anna", uri: "crm-tasks"), signingIn: "anna",
                        content: false)
                    for number in stride(from: process, to: 60, by: 4) {
                        do {
                            _ = try store.put(
                                try CalendarObject(parsing: texts[number]), text: texts[number],
                                name: "\(number).ics", in: calendar, by: user, if: plain,
                                isNew: true)
                        } catch let error where exceeds(.bytes)(error) {
                            continue
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let size = try crm.homeSize(of: "anna")
        // Each may have a share in hand, of four kilobytes here, and one object.
        #expect(size > 36_000 && size <= 40_000 + 4 * 5_200)
        #expect { try crm.put(crm.event(99), as: "99.ics") } throws: { exceeds(.bytes)($0) }
    }
}

@Suite("Bounds of what else one user may store", .serialized)
struct StorageBoundsTests {
    private func property(_ name: String, _ size: Int = 10, isViewers: Bool = false)
        -> CalendarChange
    {
        .store(
            namespace: "urn:x", name: name, xml: [UInt8](repeating: 0x78, count: size),
            isViewers: isViewers)
    }

    private func stored(_ crm: MirroredCRM, _ table: String) throws -> String? {
        try crm.crm.queryText("SELECT COUNT(*) FROM \(table)").rows[0][0]
    }

    // MARK: Properties

    @Test func propertiesBeyondTheCountAreRefusedWithTheWholeChange() throws {
        let crm = try MirroredCRM { $0.bounds.maxProperties = 3 }
        let calendar = try crm.calendar(of: "anna")
        try crm.store.change(calendar, (0..<3).map { property("p\($0)") }, viewer: "anna")
        #expect {
            try crm.store.change(
                calendar, [.displayName("Other"), property("one-more")], viewer: "anna")
        } throws: {
            exceeds(.properties)($0)
        }
        #expect(try stored(crm, "caldav_properties") == "3")
        #expect(try crm.calendar(of: "anna").displayName != "Other")
        // What is there may be another, or go.
        try crm.store.change(calendar, [property("p0", 20)], viewer: "anna")
        try crm.store.change(
            calendar, [.remove(namespace: "urn:x", name: "p1"), property("p4")], viewer: "anna")
    }

    @Test func propertiesBeyondTheirBytesAreRefused() throws {
        let crm = try MirroredCRM { $0.bounds.maxPropertiesSize = 1_000 }
        let calendar = try crm.calendar(of: "anna")
        try crm.store.change(calendar, [property("a", 900)], viewer: "anna")
        for change in [property("b", 100), property("a", 1_000)] {
            #expect {
                try crm.store.change(calendar, [change], viewer: "anna")
            } throws: {
                exceeds(.properties)($0)
            }
        }
    }

    @Test func whatIsTooMuchAlreadyCanBeRemovedAndTheRestBeChanged() throws {
        let crm = try MirroredCRM()
        let calendar = try crm.calendar(of: "anna")
        try crm.store.change(calendar, (0..<5).map { property("p\($0)") }, viewer: "anna")
        var settings = crm.settings
        settings.bounds.maxProperties = 2
        let store = Store(context: try StoreContext(settings: settings))
        _ = try store.open(.root, signingIn: "anna", content: false)
        try store.change(
            calendar, [.remove(namespace: "urn:x", name: "p0"), .displayName("New")],
            viewer: "anna")
        #expect(try stored(crm, "caldav_properties") == "4")
    }

    @Test func eachViewersOwnCountByThemselves() throws {
        let crm = try MirroredCRM { $0.bounds.maxProperties = 2 }
        let calendar = try crm.calendar(of: "anna")
        for viewer in ["anna", "ben"] {
            for name in ["a", "b"] {
                try crm.store.change(
                    calendar, [property(name, isViewers: true)], viewer: viewer)
            }
            #expect {
                try crm.store.change(calendar, [property("c", isViewers: true)], viewer: viewer)
            } throws: {
                exceeds(.properties)($0)
            }
        }
        try crm.store.change(calendar, [property("everybody's")], viewer: "anna")
        #expect(try stored(crm, "caldav_properties") == "5")
    }

    @Test(arguments: [StoredPlace.principal, .home, .inbox, .outbox, .notifications])
    func placesOfAHomeAreBoundedEach(place: StoredPlace) throws {
        let crm = try MirroredCRM { $0.bounds.maxProperties = 2 }
        for name in ["a", "b"] {
            try crm.store.change(place, ofHomeOf: "anna", [property(name)])
        }
        #expect {
            try crm.store.change(place, ofHomeOf: "anna", [property("c")])
        } throws: {
            exceeds(.properties)($0)
        }
        #expect(try stored(crm, "caldav_home_properties") == "2")
        try crm.store.change(
            place, ofHomeOf: "anna", [.remove(namespace: "urn:x", name: "a"), property("c")])
    }

    @Test func aCalendarIsNotMadeWithTooMany() throws {
        let crm = try MirroredCRM { $0.bounds.maxProperties = 2 }
        _ = try crm.calendar(of: "anna")
        let before = try crm.store.calendars(of: "anna").count
        #expect {
            try crm.store.createCalendar(
                "work", of: "anna", with: (0..<3).map { property("p\($0)") })
        } throws: {
            exceeds(.properties)($0)
        }
        #expect(try crm.store.calendars(of: "anna").count == before)
    }

    // MARK: Calendars and secret addresses

    @Test func calendarsBeyondTheBoundAreRefused() throws {
        let crm = try MirroredCRM { $0.bounds.maxCalendars = 3 }
        _ = try crm.calendar(of: "anna")
        try crm.store.createCalendar("one", of: "anna", with: [])
        try crm.store.createCalendar("two", of: "anna", with: [])
        let make = { try crm.store.createCalendar("three", of: "anna", with: []) }
        #expect { try make() } throws: { exceeds(.calendars)($0) }
        let one = try #require(try crm.store.calendars(of: "anna").first { $0.uri == "one" })
        try crm.store.delete(one)
        try make()
        try crm.store.createCalendar("one", of: "ben", with: [])
    }

    @Test func makingAndDeletingOverAndOverEndsToo() throws {
        let crm = try MirroredCRM { $0.bounds.maxCalendars = 2 }
        _ = try crm.calendar(of: "anna")
        var made = 0
        #expect {
            while made < 100 {
                try crm.store.createCalendar("c\(made)", of: "anna", with: [])
                let name = "c\(made)"
                let calendar = try crm.store.calendars(of: "anna").first { $0.uri == name }
                try crm.store.delete(try #require(calendar))
                made += 1
            }
        } throws: {
            exceeds(.calendars)($0)
        }
        #expect(made == 19)
    }

    @Test func calendarsThatAreMadeAtOnceStopAtTheBound() async throws {
        let crm = try MirroredCRM { $0.bounds.maxCalendars = 10 }
        _ = try crm.calendar(of: "anna")
        let context = crm.context
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<24 {
                group.addTask {
                    do {
                        try Store(context: context).createCalendar(
                            "c\(number)", of: "anna", with: [])
                    } catch let error where exceeds(.calendars)(error) {}
                }
            }
            try await group.waitForAll()
        }
        #expect(try crm.store.calendars(of: "anna").count == 10)
    }

    @Test func secretAddressesBeyondTheBoundAreRefused() throws {
        let crm = try MirroredCRM { $0.bounds.maxFeeds = 2 }
        let calendar = try crm.calendar(of: "anna")
        for _ in 0..<2 { _ = try crm.store.createFeed(of: calendar, label: "") }
        #expect {
            _ = try crm.store.createFeed(of: calendar, label: "")
        } throws: {
            exceeds(.feeds)($0)
        }
        _ = try crm.store.createFeed(of: try crm.calendar(of: "ben"), label: "")
    }
}
