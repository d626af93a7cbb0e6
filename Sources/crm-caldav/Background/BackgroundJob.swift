import CRMStore
import CalDAV
import FastCGI
import Glibc
import Synchronization

/// Something that is done again and again, beside all requests; made on the thread that runs it.
protocol BackgroundJob: AnyObject {
    /// What the log says where it fails.
    var name: String { get }

    /// Does what is due.
    ///
    /// - Returns: milliseconds until it is to be asked again; 0: there is more to do.
    /// - Throws: what stopped it; it is asked again after a second.
    func run() throws(StorageError) -> Int

    /// Called when no more is to be done: what is held is released.
    func end()
}

extension BackgroundJob {
    func end() {}
}

/// A thread that runs a job until it is told to stop.
final class BackgroundThread: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<Thread?>(nil)

    /// Milliseconds after a failure.
    private static let pauseAfterFailure = 1_000
    /// Milliseconds within which a thread that waits hears that it is to stop.
    private static let reaction = 50

    init(
        logs: Logs, _ makeJob: @escaping @Sendable () -> any BackgroundJob
    ) throws(SystemError) {
        let started = try Thread { self.work(makeJob(), logs) }
        thread.withLock { $0 = started }
    }

    /// Tells the thread to stop, and does not wait.
    func tellToStop() { isStopping.store(true, ordering: .relaxed) }

    /// Waits for what is being done.
    func stop() {
        tellToStop()
        thread.withLock { $0 }?.join()
    }

    private func work(_ job: any BackgroundJob, _ logs: Logs) {
        var lastReason: String?
        while !isStopping.load(ordering: .relaxed) {
            var pause: Int
            do throws(StorageError) {
                pause = try job.run()
                lastReason = nil
            } catch {
                pause = Self.pauseAfterFailure
                // Once, not every second as long as the database is away.
                if error.reason != lastReason {
                    logs.event(.error, "\(job.name) failed", [("reason", error.reason)])
                }
                lastReason = error.reason
            }
            while pause > 0, !isStopping.load(ordering: .relaxed) {
                usleep(UInt32(min(pause, Self.reaction)) * 1000)
                pause -= Self.reaction
            }
        }
        job.end()
    }
}
