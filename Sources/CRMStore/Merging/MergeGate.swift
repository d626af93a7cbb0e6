import Synchronization

/// Lets one thread of a process merge at a time.
///
/// Others need not: two merges of the same tasks are harmless, but the second is in vain.
final class MergeGate: Sendable {
    private let running = Mutex(false)

    var isRunning: Bool { running.withLock { $0 } }

    /// - Returns: false where another thread is at it.
    func begin() -> Bool {
        running.withLock { running in
            guard !running else { return false }
            running = true
            return true
        }
    }

    func end() { running.withLock { $0 = false } }
}

/// Failures of merging that are in the log already, so that each is written there once.
final class KnownFailures: Sendable {
    private let reasons = Mutex<[Int64: String]>([:])

    func isNew(task: Int64, reason: String) -> Bool {
        reasons.withLock { reasons in
            guard reasons[task] != reason else { return false }
            if reasons.count >= 10_000 { reasons.removeAll() }
            reasons[task] = reason
            return true
        }
    }
}
