import CRMStore
import CalDAV
import Glibc
import Synchronization
import TestSupport
import Testing

@Suite("Signing in")
struct SignInTests {
    let clock = TestClock()
    let events = EventList()
    let signIn: SignIn

    /// Password `secret`, cost 4.
    static let quick = "$2y$04$XsRVSmhw8LuAHnEuqkr0yO6DRXFZHHlrPbP2beHJ3aRxRKFMxIe6u"
    /// Password `Grüße 🔑`, cost 10: tens of milliseconds.
    static let usual = "$2y$10$ru8cszZQ/NZ4j5CJWtgob.P8BbAYW5Uyr/wElsaJdOOSrrVd1Z.VS"

    init() {
        signIn = SignIn(now: { [clock] in clock.now }, report: { [events] in events.append($0) })
    }

    @Test func theRightPasswordAndNoOther() {
        #expect(attempt("anna", "secret") == .accepted)
        #expect(attempt("anna", "Secret") == .refused)
        #expect(attempt("anna", "") == .refused)
        #expect(attempt(nobody: "anne", "secret") == .refused)
    }

    @Test func whoTriesManySecretAddressesIsNotListenedTo() {
        for number in 0..<60 {
            signIn.note(secret: "guess-\(number)", isKnown: false, from: "192.0.2.1")
        }
        #expect(signIn.lockedFor(secret: "another", from: "192.0.2.1") != nil)
        #expect(signIn.lockedFor(secret: "another", from: "192.0.2.2") == nil)
        // Passwords are another matter.
        #expect(attempt("anna", "secret") == .accepted)
        clock.advance(seconds: 16 * 60)
        #expect(signIn.lockedFor(secret: "another", from: "192.0.2.1") == nil)
    }

    @Test func whatWasRightOfLateIsLookedAtWhateverElseComesFromThere() {
        signIn.note(secret: "right", isKnown: true, from: "192.0.2.1")
        for number in 0..<60 {
            signIn.note(secret: "guess-\(number)", isKnown: false, from: "192.0.2.1")
        }
        #expect(signIn.lockedFor(secret: "right", from: "192.0.2.1") == nil)
        #expect(signIn.lockedFor(secret: "wrong", from: "192.0.2.1") != nil)
    }

    @Test func aRememberedPasswordCostsMicroseconds() {
        let anna = user("anna", SignInTests.usual)
        let password = Array("Grüße 🔑".utf8)
        let first = microseconds {
            let verdict = signIn.verify(password, for: anna, named: "anna", from: "::1")
            #expect(Verdict(verdict) == .accepted)
        }
        let others = microseconds {
            for _ in 0..<1_000 {
                _ = signIn.verify(password, for: anna, named: "anna", from: "::1")
            }
        }
        #expect(first > 5_000)
        #expect(others / 1_000 < first / 50)
    }

    @Test func whatIsRememberedEndsInTime() {
        #expect(attempt("anna", "secret") == .accepted)
        #expect(hashes { attempt("anna", "secret") } == 0)
        clock.advance(seconds: 299)
        #expect(hashes { attempt("anna", "secret") } == 0)
        // Use does not prolong it.
        clock.advance(seconds: 2)
        #expect(hashes { attempt("anna", "secret") } == 1)
        #expect(hashes { attempt("anna", "secret") } == 0)
    }

    @Test func aChangedHashEndsItAtOnce() {
        #expect(attempt("anna", "secret") == .accepted)
        #expect(attempt("anna", "secret", stored: SignInTests.usual) == .refused)
    }

    @Test func anotherUserWithTheSameHashIsAnother() {
        #expect(attempt("anna", "secret") == .accepted)
        #expect(hashes { attempt("ben", "secret") } == 1)
    }

    @Test func aFailureIsNotRemembered() {
        for _ in 0..<3 { #expect(hashes { attempt("anna", "wrong") } == 1) }
    }

    @Test func anUnknownUserCostsAsMuchAsAWrongPassword() {
        let known = microseconds {
            #expect(attempt("anna", "wrong", stored: SignInTests.usual) == .refused)
        }
        let unknown = microseconds { #expect(attempt(nobody: "nobody", "wrong") == .refused) }
        #expect(unknown > known / 4)
        #expect(known > unknown / 4)
    }

    @Test func anUnknownFormIsReportedOnceAndCostsAHash() {
        let plain = "5ebe2294ecd0e0f08eab7690d2a6ee69"
        let time = microseconds { #expect(attempt("old", "secret", stored: plain) == .refused) }
        #expect(time > 5_000)
        #expect(attempt("old", "secret", stored: plain) == .refused)
        #expect(events.all == [.unknownHashForm(userName: "old")])
    }

    @Test func failuresOfAPairLockItForLongerAndLonger() {
        for _ in 0..<5 { #expect(attempt("anna", "wrong") == .refused) }
        #expect(attempt("anna", "wrong") == .lockedOut(1))
        // Not even the right one, and without a hash.
        #expect(hashes { attempt("anna", "secret") } == 0)
        var waits: [Int] = []
        for _ in 0..<10 {
            guard case .lockedOut(let seconds) = attempt("anna", "wrong") else { break }
            waits.append(seconds)
            clock.advance(seconds: seconds)
            #expect(attempt("anna", "wrong") == .refused)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
    }

    @Test func aSuccessWipesThePairsCount() {
        for _ in 0..<10 {
            for _ in 0..<4 { #expect(attempt("anna", "wrong") == .refused) }
            clock.advance(seconds: 301)
            #expect(attempt("anna", "secret") == .accepted)
        }
    }

    @Test func failuresAreForgotten() {
        for _ in 0..<5 { _ = attempt("anna", "wrong") }
        clock.advance(seconds: 15 * 60)
        for _ in 0..<5 { #expect(attempt("anna", "wrong") == .refused) }
        #expect(attempt("anna", "wrong") == .lockedOut(1))
    }

    @Test func aRememberedPasswordIsNeverLocked() {
        #expect(attempt("anna", "secret") == .accepted)
        for _ in 0..<20 { _ = attempt("anna", "wrong") }
        #expect(attempt("anna", "wrong") != .refused)
        #expect(attempt("anna", "secret") == .accepted)
    }

    @Test func nobodyLocksAUserOutFromElsewhere() {
        #expect(attempt("anna", "secret", from: "192.0.2.1") == .accepted)
        clock.advance(seconds: 301)
        for host in 0..<100 { _ = attempt("anna", "wrong", from: "198.51.100.\(host)") }
        // Somebody new has to wait, but not who was there today.
        #expect(attempt("anna", "secret", from: "203.0.113.9") == .lockedOut(1))
        #expect(attempt("anna", "secret", from: "192.0.2.1") == .accepted)
    }

    @Test func oneStalePasswordBehindASharedAddressHindersNobodyElse() {
        for name in ["ben", "carla"] { #expect(attempt(name, "secret") == .accepted) }
        for _ in 0..<200 {
            _ = attempt("anna", "stale")
            clock.advance(seconds: 60)
        }
        for name in ["ben", "carla", "new"] { #expect(attempt(name, "secret") == .accepted) }
    }

    @Test func manyNamesFromOneAddressLockTheAddress() {
        useQuickHashes()
        for number in 0..<50 { #expect(attempt(nobody: "user\(number)", "a") == .refused) }
        #expect(attempt(nobody: "another", "a") == .lockedOut(1))
        #expect(attempt("anna", "secret", from: "192.0.2.77") == .accepted)
    }

    @Test func anIPv6NetworkIsOneAddress() {
        useQuickHashes()
        for host in 0..<50 {
            _ = attempt(
                nobody: "u\(host)", "a", from: "2001:db8:1:2::\(String(host + 1, radix: 16))")
        }
        #expect(attempt(nobody: "x", "a", from: "2001:db8:1:2:ffff::1") == .lockedOut(1))
        #expect(attempt(nobody: "x", "a", from: "2001:db8:1:3::1") == .refused)
    }

    @Test func aFullQueueIsBusyAndNoFailure() throws {
        var settings = SignInSettings()
        settings.maxWaiting = 2
        settings.maxWait = 60_000
        let signIn = SignIn(settings: settings)
        let verdicts = Mutex<[Verdict]>([])
        let threads = try (0..<12).map { number in
            try TestThread {
                let user = user("user\(number)", SignInTests.usual)
                let password = Array("Grüße 🔑".utf8)
                let verdict = signIn.verify(password, for: user, named: user.name, from: "::1")
                verdicts.withLock { $0.append(Verdict(verdict)) }
            }
        }
        for thread in threads { try thread.join() }
        let all = verdicts.withLock { $0 }
        #expect(all.contains(.busy(5)))
        #expect(all.count { $0 == .accepted } >= 3)
        #expect(all.allSatisfy { $0 == .accepted || $0 == .busy(5) })
        for number in 0..<12 {
            let user = user("user\(number)", SignInTests.usual)
            let verdict = signIn.verify(
                Array("Grüße 🔑".utf8), for: user, named: user.name, from: "::1")
            #expect(Verdict(verdict) == .accepted)
        }
    }

    @Test func waitingHasAnEnd() throws {
        var settings = SignInSettings()
        settings.maxWait = 1
        let signIn = SignIn(settings: settings)
        let verdicts = Mutex<[Verdict]>([])
        let threads = try (0..<8).map { number in
            try TestThread {
                let user = user("user\(number)", SignInTests.usual)
                let verdict = signIn.verify(
                    Array("Grüße 🔑".utf8), for: user, named: user.name, from: "::1")
                verdicts.withLock { $0.append(Verdict(verdict)) }
            }
        }
        for thread in threads { try thread.join() }
        #expect(verdicts.withLock { $0.contains(.busy(5)) })
    }

    @Test func parallelRequestsOfOneClientCostOneHash() throws {
        let hashes = Mutex(0)
        let threads = try (0..<8).map { _ in
            try TestThread { [signIn] in
                let user = user("anna", SignInTests.usual)
                let time = microseconds {
                    let verdict = signIn.verify(
                        Array("Grüße 🔑".utf8), for: user, named: "anna", from: "::1")
                    #expect(Verdict(verdict) == .accepted)
                }
                if time > 5_000 { hashes.withLock { $0 += 1 } }
            }
        }
        for thread in threads { try thread.join() }
        #expect(hashes.withLock { $0 } == 1)
    }

    // MARK: -

    private func attempt(
        _ name: String, _ password: String, stored: String = quick,
        from address: String = "192.0.2.5"
    ) -> Verdict {
        Verdict(
            signIn.verify(
                Array(password.utf8), for: user(name, stored), named: name, from: address))
    }

    private func attempt(
        nobody name: String, _ password: String, from address: String = "192.0.2.5"
    ) -> Verdict {
        Verdict(signIn.verify(Array(password.utf8), for: nil, named: name, from: address))
    }

    /// An unknown user costs what was usual last.
    private func useQuickHashes() {
        #expect(attempt("somebody", "secret", from: "203.0.113.200") == .accepted)
    }

    /// Hashes of cost 4 that `body` had worked out: each takes a millisecond, all else a fraction.
    private func hashes(_ body: () -> Verdict) -> Int {
        microseconds { _ = body() } > 400 ? 1 : 0
    }
}

/// Of this thread's processor time, which other tests do not change.
private func microseconds(_ body: () -> Void) -> Int {
    let start = threadMicroseconds()
    body()
    return threadMicroseconds() - start
}

private func threadMicroseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
}

private func user(_ name: String, _ stored: String) -> UserRecord {
    UserRecord(name: name, passwordHash: Array(stored.utf8), email: nil, displayName: nil)
}

/// `SignInVerdict`, comparable.
enum Verdict: Equatable {
    case accepted, refused
    case busy(Int)
    case lockedOut(Int)

    init(_ verdict: SignInVerdict) {
        switch verdict {
        case .accepted: self = .accepted
        case .refused: self = .refused
        case .busy(let seconds): self = .busy(seconds)
        case .lockedOut(let seconds): self = .lockedOut(seconds)
        }
    }
}

final class TestClock: Sendable {
    private let milliseconds = Mutex<Int64>(1_000_000)

    var now: Int64 { milliseconds.withLock { $0 } }

    func advance(seconds: Int) { milliseconds.withLock { $0 += Int64(seconds) * 1_000 } }
}

final class EventList: Sendable {
    private let events = Mutex<[SignInEvent]>([])

    var all: [SignInEvent] { events.withLock { $0 } }

    func append(_ event: SignInEvent) { events.withLock { $0.append(event) } }
}
