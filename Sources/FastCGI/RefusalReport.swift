import Glibc
import Synchronization

/// Tells an operator of refused connections: of the first, and then once in a while how many there were,
/// so that who makes them cannot fill the log.
final class RefusalReport: Sendable {
    private struct State {
        var nextTime = Int.min
        /// Refused and not told of.
        var untold = 0
    }

    private let state = Mutex(State())
    private let report: @Sendable (String) -> Void
    private let interval: Int

    /// - Parameter interval: seconds between two messages.
    init(interval: Int = 10, _ report: @escaping @Sendable (String) -> Void) {
        self.interval = interval
        self.report = report
    }

    func add(_ refusal: Refusal) {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let others: Int? = state.withLock { state in
            guard now.tv_sec >= state.nextTime else {
                state.untold += 1
                return nil
            }
            defer { state.untold = 0 }
            state.nextTime = now.tv_sec + interval
            return state.untold
        }
        guard let others else { return }
        let more = others == 0 ? "" : "; \(others) more since the last message"
        report("a FastCGI connection was closed: \(refusal)\(more)")
    }
}
