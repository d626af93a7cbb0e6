package import CalDAV
import Synchronization

/// Judges passwords for all threads of this process.
///
/// A hash costs tens of milliseconds and clients send the password with every request: a success is
/// remembered for some minutes, under a digest of user name, stored hash and password, so a changed
/// password or hash ends it at once. Failures are never remembered. Hashes are worked out one at a
/// time. All of this is per process: nothing is shared, nothing survives a restart.
package final class SignIn: PasswordVerifier {
    private let settings: SignInSettings
    /// Of this process alone: who reads our memory's digests can try no passwords on them elsewhere.
    private let key = Digest.random(count: 32)
    private let turnstile: Turnstile
    private let state: Mutex<State>
    private let now: @Sendable () -> Int64
    private let report: @Sendable (SignInEvent) -> Void

    private struct State {
        /// Until when, in milliseconds, by digest.
        var remembered: [[UInt8]: Int64] = [:]
        var failures: FailureCounts
        /// Of secret addresses, apart from those of passwords: who follows a link that was revoked
        /// can sign in all the same.
        var guesses: FailureCounts
        /// What an unknown user's password is compared with: a hash such as others have here.
        var usualHash: [UInt8]
        var reportedHashes: Set<[UInt8]> = []
    }

    /// - Parameters:
    ///   - now: milliseconds of a clock that never goes back.
    ///   - report: called on the thread that found it.
    package init(
        settings: SignInSettings = SignInSettings(),
        now: @escaping @Sendable () -> Int64 = { Clock.milliseconds },
        report: @escaping @Sendable (SignInEvent) -> Void = { _ in }
    ) {
        self.settings = settings
        self.now = now
        self.report = report
        turnstile = Turnstile(maxWaiting: settings.maxWaiting)
        let failures = FailureCounts(maxSubjects: settings.maxCounted)
        state = Mutex(
            State(
                failures: failures, guesses: failures, usualHash: Array(SignIn.dummyHash.utf8)))
    }

    /// bcrypt of cost 10, of a password that nobody kept.
    private static let dummyHash = "$2y$10$GuoCvnNvW1SFqKbWbGQSveibmMq6Nl8CBkPKnkqUvd.OBrqbCwGxq"

    package func verify(
        _ password: [UInt8], for user: UserRecord?, named name: String, from address: String
    ) -> SignInVerdict {
        let digest = user.map { self.digest(of: password, for: $0) }
        if isRemembered(digest) { return .accepted }
        // The database's spelling: `anna` and `ANNA` may be one user under its collation.
        let name = user?.name ?? name
        if let seconds = lock(name, address) { return .lockedOut(retryAfter: seconds) }
        let verdict = turnstile.pass(within: settings.maxWait) { () -> SignInVerdict in
            // While we waited, another request of the same client may have been judged; so what a
            // hash came to is noted before the next may pass.
            if isRemembered(digest) { return .accepted }
            if let seconds = lock(name, address) { return .lockedOut(retryAfter: seconds) }
            let isRight = judge(password, for: user)
            if isRight, let digest {
                succeeded(digest, name, address)
                return .accepted
            }
            failed(name, address)
            return .refused
        }
        return verdict ?? .busy(retryAfter: settings.busyRetryAfter)
    }

    // MARK: Secret addresses

    package func lockedFor(secret token: String, from address: String) -> Int? {
        let (name, now) = (SignIn.name(of: token), now())
        return state.withLock { $0.guesses.lockedFor(name: name, address: address, now: now) }
    }

    package func note(secret token: String, isKnown: Bool, from address: String) {
        let (name, now) = (SignIn.name(of: token), now())
        state.withLock { state in
            if isKnown {
                state.guesses.succeeded(name: name, address: address, now: now)
            } else {
                state.guesses.failed(name: name, address: address, now: now)
            }
        }
    }

    private static func name(of token: String) -> String { Digest.hex(Digest.sha256(token)) }

    // MARK: Passwords

    /// One hash, whoever it is.
    private func judge(_ password: [UInt8], for user: UserRecord?) -> Bool {
        guard let user, PasswordHash.isVerifiable(user.passwordHash) else {
            if let user { reportOnce(user) }
            let usual = state.withLock { $0.usualHash }
            _ = PasswordHash.verify(password, against: usual)
            return false
        }
        state.withLock { $0.usualHash = user.passwordHash }
        return PasswordHash.verify(password, against: user.passwordHash)
    }

    private func digest(of password: [UInt8], for user: UserRecord) -> [UInt8] {
        var message: [UInt8] = []
        message.reserveCapacity(160)
        for part in [Array(user.name.utf8), user.passwordHash] {
            withUnsafeBytes(of: part.count) { message.append(contentsOf: $0) }
            message.append(contentsOf: part)
        }
        message.append(contentsOf: password)
        return Digest.hmacSHA256(key: key, message)
    }

    private func isRemembered(_ digest: [UInt8]?) -> Bool {
        guard let digest else { return false }
        let now = now()
        return state.withLock { state in
            guard let end = state.remembered[digest] else { return false }
            return end > now
        }
    }

    private func lock(_ name: String, _ address: String) -> Int? {
        let now = now()
        return state.withLock { state in
            state.failures.lockedFor(name: name, address: address, now: now)
        }
    }

    private func succeeded(_ digest: [UInt8], _ name: String, _ address: String) {
        let now = now()
        state.withLock { state in
            if state.remembered.count >= settings.maxRemembered {
                state.remembered = state.remembered.filter { $0.value > now }
                // Only right passwords come here: a host with so many users can afford it.
                if state.remembered.count >= settings.maxRemembered {
                    state.remembered.removeAll(keepingCapacity: true)
                }
            }
            state.remembered[digest] = now + settings.rememberedFor
            state.failures.succeeded(name: name, address: address, now: now)
        }
    }

    private func failed(_ name: String, _ address: String) {
        let now = now()
        state.withLock { $0.failures.failed(name: name, address: address, now: now) }
    }

    private func reportOnce(_ user: UserRecord) {
        let isNew = state.withLock { state in
            if state.reportedHashes.count >= 1_000 { return false }
            return state.reportedHashes.insert(Digest.sha256(user.passwordHash)).inserted
        }
        if isNew { report(.unknownHashForm(userName: user.name)) }
    }
}

/// Times in milliseconds.
package struct SignInSettings: Sendable {
    /// How long a success is remembered; 0: not at all.
    package var rememberedFor: Int64 = 5 * 60 * 1000
    package var maxRemembered = 10_000
    /// Requests that may wait for their hash, and how long each.
    package var maxWaiting = 16
    package var maxWait: Int64 = 5_000
    /// Seconds that a client is told to wait when the queue is full.
    package var busyRetryAfter = 5
    /// Users, addresses and pairs of both whose failures are counted.
    package var maxCounted = 20_000

    package init() {}
}

package enum SignInEvent: Sendable, Equatable {
    /// A stored password is of no known form, or too costly: that user cannot sign in. Once a hash.
    case unknownHashForm(userName: String)
}
