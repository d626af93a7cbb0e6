import CalDAV
import MariaDB
import Testing

@testable import CRMStore

@Suite("Messages that have to reach somebody", .serialized)
struct DeliveryTests {
    private let crm: MirroredCRM

    init() throws { crm = try MirroredCRM() }

    private var store: Store { crm.store }

    private func enqueue(
        _ body: String, to target: String = "one.example", about subject: String = "s",
        _ change: (inout NewDelivery) -> Void = { _ in }, limits: DeliveryLimits = DeliveryLimits()
    ) throws {
        var delivery = NewDelivery(
            kind: "probe", target: target, subject: subject, body: Array(body.utf8))
        change(&delivery)
        try store.enqueue(delivery, limits: limits)
    }

    private func lease(_ holder: String = "a", seconds: Int64 = 60) throws -> DeliveryRecord? {
        try store.leaseDelivery(as: holder, kinds: ["probe"], seconds: seconds)
    }

    private func body(_ delivery: DeliveryRecord?) -> String? {
        delivery.map { String(decoding: $0.body, as: UTF8.self) }
    }

    private func rows(_ columns: String) throws -> [[String?]] {
        try crm.crm.queryText("SELECT \(columns) FROM caldav_deliveries ORDER BY id").rows
    }

    @Test func whatIsDecidedInATransactionThatFailsIsNotSent() throws {
        #expect(throws: StoreFailure.self) {
            try store.connection.transaction { () throws(StoreFailure) in
                try store.enqueue(
                    NewDelivery(kind: "probe", target: "t", subject: "s", body: [1]))
                throw .storage(.failed("no"))
            }
        }
        #expect(try lease() == nil)
    }

    @Test func messagesOfOneTargetAndSubjectGoInOrder() throws {
        try enqueue("first")
        try enqueue("second")
        try enqueue("of another subject", about: "other")
        let first = try #require(try lease())
        #expect(body(first) == "first")
        #expect(body(try lease()) == "of another subject", "what does not depend on it goes on")
        #expect(try lease() == nil, "the second waits for the first")
        try store.settle(first, as: "a", .postponed("later", seconds: 100, isTargetAway: false))
        #expect(try lease() == nil)
        try crm.crm.run("UPDATE caldav_deliveries SET due = 0")
        let again = try #require(try lease())
        #expect(body(again) == "first" && again.attempts == 1)
        try store.settle(again, as: "a", .delivered("200"))
        #expect(body(try lease()) == "second")
    }

    @Test func twoProcessesNeverHaveTheSameOne() throws {
        try enqueue("one")
        #expect(try lease("a") != nil)
        #expect(try lease("b") == nil)
    }

    @Test func afterItsLeaseAnotherTakesIt() throws {
        try enqueue("one")
        let held = try #require(try lease("a", seconds: -1))
        #expect(body(try lease("b")) == "one")
        // The first one comes back: the message is no longer its own.
        try store.settle(held, as: "a", .failed("too late"))
        #expect(try rows("state, holder") == [["waiting", "b"]])
    }

    @Test func whatAProcessHeldThatWasKilledIsFreedAtOnce() throws {
        try enqueue("one")
        let dead = ProcessMark.own.split(separator: " ")[0] + " 4194305 1 delivery 0"
        #expect(try lease(String(dead)) != nil)
        #expect(try lease() == nil)
        try store.releaseDeadHoldersOfDeliveries()
        #expect(body(try lease()) == "one")
    }

    @Test func oneThatSaysTheSameIsMergedUnlessItIsBeingSent() throws {
        try enqueue("changed") { $0.isMergeable = true }
        try enqueue("changed") { $0.isMergeable = true }
        #expect(try rows("id").count == 1)
        let first = try #require(try lease())
        try enqueue("changed") { $0.isMergeable = true }
        #expect(try rows("id").count == 2, "its receiver may have looked before this change")
        try store.settle(first, as: "a", .delivered("200"))
        #expect(body(try lease()) == "changed")
    }

    @Test func aTargetIsNotNotifiedMoreOftenThanItsSpacing() throws {
        try enqueue("one")
        try store.settle(try #require(try lease()), as: "a", .delivered("200"))
        try enqueue("two") { $0.spacing = 50 }
        #expect(try lease() == nil)
        let rest = try rows("state = 'waiting' AND due - UNIX_TIMESTAMP() BETWEEN 45 AND 50")
        #expect(rest.last == ["1"])
    }

    @Test func allThatWaitsForATargetThatIsAwayWaitsWithIt() throws {
        for subject in ["a", "b"] { try enqueue(subject, about: subject) }
        try enqueue("elsewhere", to: "two.example")
        let first = try #require(try lease())
        try store.settle(first, as: "a", .postponed("away", seconds: 100, isTargetAway: true))
        #expect(body(try lease()) == "elsewhere")
        #expect(try lease() == nil)
    }

    @Test func whatWasDeliveredKeepsItsOutcomeAndNotItsBody() throws {
        try enqueue("personal")
        let answer = String(repeating: "x", count: 2_000)
        try store.settle(try #require(try lease()), as: "a", .delivered(answer))
        #expect(
            try rows("state, body IS NULL, LENGTH(outcome), finished > 0, holder IS NULL") == [
                ["delivered", "1", "500", "1", "1"]
            ])
    }

    @Test func ofTooManyForOneTargetTheOldestAreGivenUpAndSaySo() throws {
        var limits = DeliveryLimits()
        limits.messages = 3
        for number in 1...5 { try enqueue("\(number)", limits: limits) }
        try enqueue("other", to: "two.example", limits: limits)
        #expect(
            try rows("state").compactMap(\.[0]) == [
                "failed", "failed", "waiting", "waiting", "waiting", "waiting",
            ])
        #expect(try rows("outcome")[0][0]?.contains("too many") == true)
        limits.messages = 100
        limits.bytes = 10
        try enqueue("a message of more bytes", to: "three.example", limits: limits)
        try enqueue("and another", to: "three.example", limits: limits)
        #expect(try rows("state").suffix(2).compactMap(\.[0]) == ["failed", "waiting"])
    }

    @Test func whatNobodySendsIsGivenUpAndWhatIsOldIsForgotten() throws {
        try enqueue("old")
        try crm.crm.run("UPDATE caldav_deliveries SET created = created - 31 * 86400")
        _ = try store.pruneDeliveries()
        #expect(try rows("state, outcome") == [["failed", "nothing sent it"]])
        try crm.crm.run("UPDATE caldav_deliveries SET finished = finished - 31 * 86400")
        _ = try store.pruneDeliveries()
        #expect(try rows("id").isEmpty)
    }

    @Test func eachHasAMarkOfItsOwn() throws {
        try enqueue("one")
        try enqueue("two")
        #expect(Set(try rows("HEX(mark)").compactMap(\.[0])).count == 2)
    }
}

@Suite("When something that failed is tried again")
struct BackoffTests {
    @Test func pausesDoubleUpToALimitAndAQuarterIsChance() {
        let backoff = Backoff(first: 10, longest: 300)
        for (failures, least) in [(0, 10), (1, 20), (2, 40), (5, 300), (60, 300)]
            as [(Int64, Int64)]
        {
            let pause = backoff.pause(afterFailures: failures)
            #expect((least...least + least / 4).contains(pause))
        }
    }

    @Test func whatTheOtherSideAsksForIsGiven() {
        let backoff = Backoff(first: 10, longest: 300)
        #expect(backoff.pause(afterFailures: 9, asked: 900) == 900)
        #expect(backoff.pause(afterFailures: 9, asked: 1) == 60)
    }
}
