import CRMStore
import Synchronization

/// Which pair is due when: shared by the threads of `crm-caldav work`.
///
/// A pair is due at once when our calendar has a new revision, and else after an interval that is
/// short while something happens and long where nothing does.
package final class Schedule: Sendable {
    private struct Entry {
        var revision: Int64 = -1
        var isDirty = true
        var isRunning = false
        /// Milliseconds of the monotonic clock.
        var due: Int64 = 0
        var lastMove: Int64 = .min
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var lastLook: Int64 = .min
    }

    private let state = Mutex(State())
    /// Milliseconds.
    private let interval: Int64

    /// Milliseconds between two looks at a pair on which something happened in the last minutes.
    private static let busyInterval: Int64 = 5_000
    private static let busyTime: Int64 = 300_000
    /// Milliseconds between two looks at our own calendars.
    private static let lookInterval: Int64 = 1_000

    package init(interval seconds: Int) { interval = Int64(seconds) * 1000 }

    /// Whether it is this caller's part to look at our calendars now.
    package func takesLook() -> Bool {
        let now = Clock.milliseconds
        return state.withLock { state in
            guard state.lastLook <= now - Schedule.lookInterval else { return false }
            state.lastLook = now
            return true
        }
    }

    /// - Parameter revisions: of our calendars, by pair; a pair that is not among them is not active.
    package func note(_ revisions: [Int64: Int64]) {
        state.withLock { state in
            for (id, entry) in state.entries where revisions[id] == nil && !entry.isRunning {
                state.entries[id] = nil
            }
            for (id, revision) in revisions {
                var entry = state.entries[id] ?? Entry()
                if entry.revision != revision {
                    entry.isDirty = true
                    entry.revision = revision
                }
                state.entries[id] = entry
            }
        }
    }

    /// A pair that is due, which nobody else gets until `end`; nil where none is.
    package func begin() -> Int64? {
        let now = Clock.milliseconds
        return state.withLock { state in
            let due = state.entries.filter {
                !$0.value.isRunning && ($0.value.isDirty || $0.value.due <= now)
            }
            guard let id = due.min(by: { ($0.value.due, $0.key) < ($1.value.due, $1.key) })?.key
            else { return nil }
            state.entries[id]?.isRunning = true
            state.entries[id]?.isDirty = false
            return id
        }
    }

    package func end(_ id: Int64, _ outcome: Synchronizer.Outcome?) {
        let now = Clock.milliseconds
        state.withLock { state in
            guard var entry = state.entries[id] else { return }
            entry.isRunning = false
            switch outcome {
            case .done(let report):
                if report.moved || report.postponed > 0 { entry.lastMove = now }
                let isBusy = entry.lastMove > now - Schedule.busyTime
                entry.due = now + min(isBusy ? Schedule.busyInterval : interval, interval)
                if report.postponed > 0 { entry.due = now + 500 }
            case .failed(_, let seconds):
                entry.due = now + seconds * 1000
                entry.isDirty = false
            case .stopped, .held, .resting, nil: entry.due = now + Schedule.busyInterval
            }
            state.entries[id] = entry
        }
    }
}
