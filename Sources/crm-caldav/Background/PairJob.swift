import CRMStore
import CalDAV
import RemoteSync

/// Keeps pairs of calendars equal; several threads share a `Schedule`.
final class PairJob: BackgroundJob {
    let name = "sync"

    private let store: Store
    private let synchronizer: Synchronizer
    private let schedule: Schedule
    private let logs: Logs
    private let only: Int64?

    /// Milliseconds between two looks where no pair was due.
    private static let interval = 100

    /// - Parameter only: the one pair to work on; nil: all.
    init(_ access: RemoteAccess, _ schedule: Schedule, logs: Logs, number: Int, only: Int64?) {
        store = Store(context: access.context)
        synchronizer = Synchronizer(
            context: access.context, settings: access.settings, key: access.key, number: number)
        self.schedule = schedule
        self.logs = logs
        self.only = only
    }

    func run() throws(StorageError) -> Int {
        if schedule.takesLook() { try look() }
        guard let id = schedule.begin() else { return Self.interval }
        var outcome: Synchronizer.Outcome?
        defer { schedule.end(id, outcome) }
        let known = try synchronizer.turn(of: id)
        outcome = known
        logs.event(known, ofPair: id)
        return 0
    }

    private func look() throws(StorageError) {
        var signals = try store.remoteSignals()
        if signals.isPending {
            try store.mergePendingChanges()
            signals = try store.remoteSignals()
        }
        if let only { signals.revisions = signals.revisions.filter { $0.key == only } }
        schedule.note(signals.revisions)
    }
}

extension Logs {
    fileprivate func event(_ outcome: Synchronizer.Outcome, ofPair id: Int64) {
        let pair = String(id)
        switch outcome {
        case .done(let report):
            if report.moved {
                event(
                    .info, "synced",
                    [
                        ("pair", pair), ("pulled", String(report.pulled)),
                        ("pushed", String(report.pushed)),
                        ("deleted_here", String(report.deletedHere)),
                        ("deleted_there", String(report.deletedThere)),
                    ])
            }
            for failure in report.failures {
                event(
                    .warning, "an object cannot be synced",
                    [("pair", pair), ("object", failure.object), ("reason", failure.reason)])
            }
        case .failed(let reason, let seconds):
            event(
                .warning, "a sync pass failed",
                [("pair", pair), ("reason", reason), ("retry_in", String(seconds))])
        case .stopped(let reason):
            event(.error, "a pair is stopped", [("pair", pair), ("reason", reason)])
        case .held, .resting: break
        }
    }
}
