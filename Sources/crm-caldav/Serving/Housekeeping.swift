import CRMStore
import CalDAV
import FastCGI
import Glibc
import Synchronization

/// The thread of a process that does what is due without a request.
final class Housekeeping: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<Thread?>(nil)

    init(context: StoreContext, logs: Logs) throws(SystemError) {
        let started = try Thread { self.work(context, logs) }
        thread.withLock { $0 = started }
    }

    /// Waits for the turn that runs.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        thread.withLock { $0 }?.join()
    }

    private func work(_ context: StoreContext, _ logs: Logs) {
        let housekeeper = Housekeeper(context: context)
        var lastReason: String?
        while !isStopping.load(ordering: .relaxed) {
            do throws(StorageError) {
                let isBehind = try housekeeper.turn()
                lastReason = nil
                if isBehind { continue }
            } catch {
                let reason = error.reason
                // Once, not every second as long as the database is away.
                if reason != lastReason {
                    logs.event(.error, "housekeeping failed", [("reason", reason)])
                }
                lastReason = reason
            }
            for _ in 0..<(Housekeeper.interval * 20) {
                if isStopping.load(ordering: .relaxed) { break }
                usleep(50_000)
            }
        }
    }
}
