import Glibc

/// Counts wrong passwords and says how long to wait before the next try is looked at.
///
/// A pair of user and address, a user, and an address are counted each. A pair that signed in well
/// within the last day answers only for itself: nobody can lock a user out from elsewhere, and one
/// stale password behind a shared address does not hinder the others there.
struct FailureCounts {
    private var failures: [Subject: Count] = [:]
    /// When each pair last signed in, in milliseconds.
    private var successes: [Subject: Int64] = [:]
    private let maxSubjects: Int

    enum Subject: Hashable {
        case pair(name: String, address: String)
        case name(String)
        case address(String)

        /// Failures that cost nothing: people mistype, and one address may be a whole office.
        var freeFailures: Int {
            switch self {
            case .pair: 5
            case .name: 20
            case .address: 50
            }
        }
    }

    private struct Count {
        var failures = 0
        /// Milliseconds, of the last one.
        var last: Int64
        /// Until then no try is looked at.
        var lockedUntil: Int64
    }

    /// Failures are forgotten after so many milliseconds without another.
    private static let memory: Int64 = 15 * 60 * 1000
    private static let longestLock: Int64 = 5 * 60 * 1000
    private static let successMemory: Int64 = 24 * 60 * 60 * 1000

    init(maxSubjects: Int) { self.maxSubjects = maxSubjects }

    /// Seconds until a try of this pair is looked at; nil: now.
    func lockedFor(name: String, address: String, now: Int64) -> Int? {
        let subjects = FailureCounts.subjects(name, address)
        let isKnown = successes[subjects[0]].map { now - $0 < FailureCounts.successMemory } ?? false
        let relevant = isKnown ? subjects.prefix(1) : subjects[...]
        let rest = relevant.compactMap { failures[$0]?.lockedUntil }.max().map { $0 - now } ?? 0
        return rest > 0 ? Int((rest + 999) / 1000) : nil
    }

    mutating func failed(name: String, address: String, now: Int64) {
        for subject in FailureCounts.subjects(name, address) {
            makeRoom(now: now)
            var count = failures[subject] ?? Count(last: now, lockedUntil: now)
            if now - count.last >= FailureCounts.memory { count.failures = 0 }
            count.failures += 1
            count.last = now
            let excess = count.failures - subject.freeFailures
            if excess >= 0 {
                // 1, 2, 4 … seconds.
                let lock = Int64(1000) << Int64(min(excess, 10))
                count.lockedUntil = now + min(lock, FailureCounts.longestLock)
            }
            failures[subject] = count
        }
    }

    /// The address keeps its count: else a guesser with an account of his own could wipe it.
    mutating func succeeded(name: String, address: String, now: Int64) {
        let subjects = FailureCounts.subjects(name, address)
        failures[subjects[0]] = nil
        failures[subjects[1]] = nil
        if successes.count >= maxSubjects {
            successes = successes.filter { now - $0.value < FailureCounts.successMemory / 4 }
            if successes.count >= maxSubjects { successes.removeAll(keepingCapacity: true) }
        }
        successes[subjects[0]] = now
    }

    /// The number of subjects that are counted.
    var count: Int { failures.count }

    private mutating func makeRoom(now: Int64) {
        guard failures.count >= maxSubjects else { return }
        failures = failures.filter { now - $0.value.last < FailureCounts.memory }
        guard failures.count >= maxSubjects else { return }
        // The older half goes.
        let times = failures.values.map(\.last).sorted()
        let middle = times[times.count / 2]
        failures = failures.filter { $0.value.last > middle }
    }

    private static func subjects(_ name: String, _ address: String) -> [Subject] {
        let name = String(name.lowercased().prefix(255))
        let network = network(of: address)
        return [.pair(name: name, address: network), .name(name), .address(network)]
    }

    /// An IPv6 customer has a /64 at least: all of it is one.
    private static func network(of address: String) -> String {
        var bytes = in6_addr()
        guard address.contains(":"), inet_pton(AF_INET6, address, &bytes) == 1 else {
            return String(address.prefix(64))
        }
        return withUnsafeBytes(of: &bytes) { Digest.hex($0.prefix(8)) }
    }
}
