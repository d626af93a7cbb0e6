import CalDAV
import ICalendar
import MariaDB
import Testing

@testable import CRMStore

/// A follower that notes what it sees, in the transaction that moves its cursor.
struct ProbeFollower {
    let crm: MirroredCRM
    let kind: FollowerKind

    /// - Parameter limit: changes of one pass.
    init(_ crm: MirroredCRM, limit: Int = 1_000, quiet: Int64 = 0) throws {
        self.crm = crm
        try crm.crm.run(
            """
            CREATE TABLE IF NOT EXISTS seen (
                id INT AUTO_INCREMENT PRIMARY KEY, calendar INT, name VARBINARY(255), revision INT,
                cause VARCHAR(20))
            """)
        var kind = FollowerKind(name: "probe", isSingle: true) {
            _, lag, store throws(StoreFailure) in
            let (changes, reached) = try store.changes(of: lag, limit: limit)
            let cause =
                switch lag.cause {
                case .changed: "changed"
                case .reset: "reset"
                }
            try database { () throws(DatabaseError) in
                for change in changes {
                    try store.connection.execute(
                        "INSERT INTO seen (calendar, name, revision, cause) VALUES (?, ?, ?, ?)",
                        .int(lag.calendar), .bytes((change.isRemoved ? [45] : []) + change.name),
                        .int(change.revision), .text(cause))
                }
            }
            return reached
        }
        kind.quiet = quiet
        self.kind = kind
    }

    /// The passes of one process.
    func passes(_ holder: String = "a") -> FollowerPasses {
        FollowerPasses(context: crm.context, kinds: [kind], holder: holder)
    }

    /// Names of what was seen since the last call, a removed one with a minus in front.
    func seen() throws -> [String] {
        let rows = try crm.crm.queryText("SELECT COALESCE(name, cause) FROM seen ORDER BY id").rows
        try crm.crm.run("DELETE FROM seen")
        return rows.compactMap { $0.first ?? nil }
    }
}

@Suite("Followers see every change after it happened", .serialized)
struct FollowerTests {
    @Test func whatIsThereBeforeIsNotNew() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        #expect(try probe.passes().run(atOnce: true).isEmpty)
        #expect(try probe.seen().isEmpty)
    }

    @Test func eachChangeIsSeenOnceWhoeverMadeIt() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        let passes = probe.passes()
        _ = try passes.run(atOnce: true)
        try probe.crm.put(Sample.event("DTSTART:20260701T090000Z"), as: "a.ics")
        let id = try probe.crm.insertTask("title = 'By SQL', start_datetime = '2026-07-01'")
        _ = try probe.crm.calendar(of: "anna")
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen() == ["a.ics", "crm-task-\(id).ics"])
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen().isEmpty)
        try probe.crm.delete("a.ics")
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen() == ["-a.ics"])
    }

    @Test func ofAnObjectThatChangedTwiceTheLatestIsSeen() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        let passes = probe.passes()
        _ = try passes.run(atOnce: true)
        for hour in 8...10 {
            try probe.crm.put(Sample.event("DTSTART:202607010\(hour % 10)0000Z"), as: "a.ics")
        }
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen() == ["a.ics"])
    }

    @Test func aCalendarMadeLaterIsSeenFromItsFirstObject() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        let passes = probe.passes()
        _ = try passes.run(atOnce: true)
        try probe.crm.store.createCalendar("later", of: "anna", with: [])
        let later = try #require(
            try probe.crm.store.open(
                .calendar(user: "anna", uri: "later"), signingIn: "anna", content: false
            ).calendar)
        let text = Array(
            (Sample.event("DTSTART:20260701T090000Z").joined(separator: "\r\n") + "\r\n").utf8)
        _ = try probe.crm.store.put(
            .init(parsing: text), text: text, name: "first.ics", in: later,
            by: try probe.crm.user("anna"), if: WriteCondition(), isNew: true)
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen() == ["first.ics"])
        try probe.crm.store.delete(later)
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen() == ["-first.ics"], "a deleted calendar shows what went with it")
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen().isEmpty)
    }

    @Test func manyChangesAreTakenInParts() throws {
        let probe = try ProbeFollower(try MirroredCRM(), limit: 10)
        let passes = probe.passes()
        _ = try passes.run(atOnce: true)
        try probe.crm.crm.run("UPDATE tasks SET title = CONCAT(title, '!') WHERE user_id = 2")
        try probe.crm.settle()
        var all: [String] = []
        for _ in 0..<100 {
            _ = try passes.run(atOnce: true)
            let part = try probe.seen()
            #expect(part.count <= 10)
            if part.isEmpty { break }
            all += part
        }
        let count = try probe.crm.crm.queryText("SELECT COUNT(*) FROM tasks WHERE user_id = 2")
        #expect(all.count == count.rows[0][0].flatMap { Int($0) })
        #expect(Set(all).count == all.count)
    }

    @Test func aNewEpochIsAFreshLookAndNotManyChanges() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        let passes = probe.passes()
        _ = try passes.run(atOnce: true)
        try probe.crm.store.beginNewEpoch()
        _ = try passes.run(atOnce: true)
        let causes = try probe.crm.crm.queryText("SELECT DISTINCT cause FROM seen").rows
        #expect(causes == [["reset"]])
        _ = try probe.seen()
        _ = try passes.run(atOnce: true)
        #expect(try probe.seen().isEmpty, "it is over with one pass")
    }

    @Test func aPassThatFailsMovesNothingAndIsTriedAgainLater() throws {
        let crm = try MirroredCRM()
        let probe = try ProbeFollower(crm)
        _ = try probe.passes().run(atOnce: true)
        try crm.put(Sample.event("DTSTART:20260701T090000Z"), as: "a.ics")
        let follow = probe.kind.follow
        let broken = FollowerKind(name: "probe", isSingle: true) {
            follower, lag, store throws(StoreFailure) in
            _ = try follow(follower, lag, store)
            try store.enqueue(NewDelivery(kind: "k", target: "t", subject: "s", body: [1]))
            throw .storage(.failed("broken"))
        }
        let failing = FollowerPasses(context: crm.context, kinds: [broken], holder: "a")
        let failure = try #require(try failing.run(atOnce: true).first)
        #expect(failure.reason == "broken" && failure.retryIn > 0)
        #expect(try probe.seen().isEmpty)
        #expect(try crm.store.deliveryStatus().isEmpty)
        #expect(try failing.run(atOnce: true).isEmpty, "it rests")
        try crm.crm.run("UPDATE caldav_followers SET retry_at = 0")
        _ = try probe.passes().run(atOnce: true)
        #expect(try probe.seen() == ["a.ics"])
        let status = try #require(try crm.store.followerStatus().first { $0.kind == "probe" })
        #expect(status.failures == 0 && status.reason == nil && status.calendarsBehind == 0)
    }

    @Test func whatComesTogetherIsSeenTogether() throws {
        let probe = try ProbeFollower(try MirroredCRM(), quiet: 200)
        let passes = probe.passes()
        _ = try passes.run(atOnce: false)
        try probe.crm.put(Sample.event("DTSTART:20260701T090000Z"), as: "a.ics")
        _ = try passes.run(atOnce: false)
        #expect(try probe.seen().isEmpty, "another change may come")
        _ = try probe.crm.crm.queryText("SELECT SLEEP(0.25)")
        _ = try passes.run(atOnce: false)
        #expect(try probe.seen() == ["a.ics"])
    }

    @Test func oneProcessAtATimeHasAFollowerUntilItsLeaseEnds() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        let (one, other) = (
            probe.passes("\(ProcessMark.own) 1"), probe.passes("\(ProcessMark.own) 2")
        )
        _ = try one.run(atOnce: true)
        try probe.crm.put(Sample.event("DTSTART:20260701T090000Z"), as: "a.ics")
        _ = try one.run(atOnce: true)
        try probe.crm.put(Sample.event("DTSTART:20260701T100000Z"), as: "a.ics")
        _ = try other.run(atOnce: true)
        #expect(try probe.seen() == ["a.ics"], "the other has left it alone")
        one.release()
        _ = try other.run(atOnce: true)
        #expect(try probe.seen() == ["a.ics"])
        // One that was killed is known to have ended, on this machine.
        try probe.crm.crm.run(
            "UPDATE caldav_followers SET holder = REPLACE(holder, ' 2', ' 2'), held_until = 1")
        try probe.crm.put(Sample.event("DTSTART:20260701T110000Z"), as: "a.ics")
        _ = try one.run(atOnce: true)
        #expect(try probe.seen() == ["a.ics"])
    }

    @Test func twoPassesOfTheSameChangeAreOne() throws {
        let probe = try ProbeFollower(try MirroredCRM())
        _ = try probe.passes().run(atOnce: true)
        try probe.crm.put(Sample.event("DTSTART:20260701T090000Z"), as: "a.ics")
        let behind = try #require(
            try probe.crm.store.followersBehind(at: Clock.now).first { $0.kind == "probe" })
        try probe.crm.store.pass(of: behind.id, probe.kind, behind.lags)
        #expect(throws: StoreFailure.self) {
            try probe.crm.store.pass(of: behind.id, probe.kind, behind.lags)
        }
        #expect(try probe.seen() == ["a.ics"])
    }

    @Test("connections that are killed at 200 moments lose and repeat nothing")
    func killed() throws {
        let probe = try ProbeFollower(try MirroredCRM(), limit: 3)
        _ = try probe.passes().run(atOnce: true)
        let crm = probe.crm
        let follow = probe.kind.follow
        let settings = crm.settings.connection
        var expected: [String: String] = [:]
        for number in 0..<200 {
            let name = "k\(number % 20).ics"
            try crm.put(
                Sample.event("DTSTART:20260701T090000Z", "SUMMARY:\(number)", uid: name), as: name)
            // Inside of a pass, and outside of it.
            let moment = number % 5
            let dying = FollowerKind(name: "probe", isSingle: true) {
                follower, lag, store throws(StoreFailure) in
                if moment == 0 { try kill(store.connection, of: settings) }
                let reached = try follow(follower, lag, store)
                if moment == 1 { try kill(store.connection, of: settings) }
                if moment == 2 { throw .storage(.unavailable("ended")) }
                return reached
            }
            let passes = FollowerPasses(context: crm.context, kinds: [dying], holder: "a")
            _ = try? passes.run(atOnce: true)
            if moment < 3 {
                try crm.crm.run("UPDATE caldav_followers SET retry_at = 0")
            }
            expected[name] = "\(try crm.calendar(of: "anna").revision)"
        }
        for _ in 0..<20 { _ = try probe.passes().run(atOnce: true) }
        let rows = try crm.crm.queryText(
            "SELECT name, MAX(revision), COUNT(*), COUNT(DISTINCT revision) FROM seen GROUP BY name"
        ).rows
        #expect(rows.count == expected.count)
        for row in rows {
            #expect(
                row[1] == expected[row[0] ?? ""], "the latest change of \(row[0] ?? "") is seen")
            #expect(row[2] == row[3], "and each one once")
        }
    }
}

/// Has the server end a session, as it does when the process at its other end is killed.
private func kill(
    _ connection: Connection, of settings: ConnectionSettings
) throws(StoreFailure) {
    try database { () throws(DatabaseError) in
        let cursor = try connection.query("SELECT CONNECTION_ID()")
        guard try cursor.next(), let id = cursor.int(0) else { return }
        try Connection(settings: settings).run("KILL \(id)")
    }
}
