import CRMStore
import CalDAV

/// Gives followers their passes.
final class FollowerJob: BackgroundJob {
    let name = "following changes"

    private let passes: FollowerPasses
    private let logs: Logs

    /// Milliseconds between two looks at what changed: one query for all followers.
    private static let interval = 500

    init(context: StoreContext, logs: Logs) {
        passes = FollowerPasses(context: context)
        self.logs = logs
    }

    func run() throws(StorageError) -> Int {
        for failure in try passes.run(atOnce: false) {
            logs.event(
                .warning, "a follower failed",
                [
                    ("follower", "\(failure.kind) \(failure.subject)"),
                    ("reason", failure.reason), ("retry_in", String(failure.retryIn)),
                ])
        }
        return Self.interval
    }

    func end() { passes.release() }
}
