import ArgumentParser
import CRMStore
import CalDAV
import FastCGI
import Glibc
import RemoteSync
import Synchronization

struct Sync: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keeps calendars equal to those of other servers.",
        discussion: """
            Works on the pairs that `crm-caldav remote` made, and tells other servers of changes in what \
            `crm-caldav share` shares with them, until SIGTERM; or once, for cron:

              crm-caldav sync
              crm-caldav sync --once
            """)

    @OptionGroup var file: ConfigurationOption

    @Flag(help: "Give each pair one turn, say what was done, and end.")
    var once = false

    @Option(help: "Only this pair, by the number that remote list shows.")
    var only: Int64?

    @Flag(help: "With --once: as a JSON array of objects.")
    var json = false

    func run() throws {
        let configuration = try file.load()
        let access = try RemoteAccess(configuration)
        if once { return try runOnce(access) }
        let logs: Logs
        do throws(ConfigurationError) {
            logs = try Logs(configuration.serve)
        } catch {
            throw failure(error.description, Exit.configuration)
        }
        Signal.hold()
        do throws(SystemError) {
            // What the CRM changes is noticed also where nothing serves at the moment.
            let housekeeping = try Housekeeping(context: access.context, logs: logs)
            let service = try SyncService(access, logs: logs, only: only)
            while let signal = Signal.next(), signal != .terminate {
                if signal == .reopenLogs { logs.reopen() }
            }
            service.stop()
            housekeeping.stop()
        } catch {
            throw failure(error.description, Exit.system)
        }
    }

    // MARK: Once

    private func runOnce(_ access: RemoteAccess) throws {
        let store = Store(context: access.context)
        let synchronizer = Synchronizer(
            context: access.context, settings: access.settings, key: access.key, number: 0)
        let remotes = try accessing { () throws(StorageError) in
            try Housekeeper(context: access.context).turn()
            return try store.remotes()
        }
        var isWell = true
        var list = JSONList()
        for remote in remotes where only == nil || only == remote.id {
            let outcome = try accessing { () throws(StorageError) in
                try synchronizer.turn(of: remote.id, isForced: true)
            }
            if case .done(let report) = outcome {
                if !report.failures.isEmpty { isWell = false }
            } else if case .resting = outcome {
                // Paused by somebody: that is well.
                if remote.state == .stopped { isWell = false }
            } else {
                isWell = false
            }
            if json {
                list.append(line(remote, outcome))
            } else {
                print(printable("\(remote.id)  \(remote.address)  \(words(outcome))"))
                if case .done(let report) = outcome {
                    for failure in report.failures {
                        complain(printable("crm-caldav: \(failure.object): \(failure.reason)"))
                    }
                }
            }
        }
        if only == nil, !(try tellReceivers(access, &list)) { isWell = false }
        if json { list.end() }
        if !isWell { throw ExitCode(1) }
    }

    /// - Returns: whether all went well.
    private func tellReceivers(_ access: RemoteAccess, _ list: inout JSONList) throws -> Bool {
        let herald = Herald(context: access.context, settings: access.settings, key: access.key)
        let outcomes = try accessing { () throws(StorageError) in
            try herald.turn(atOnce: true)
        }
        var isWell = true
        for outcome in outcomes {
            if case .failed = outcome.kind { isWell = false }
            if json {
                var line = JSONLine()
                line.add("share", Int(clamping: outcome.share.id))
                line.add("outcome", outcome.kind.word)
                line.add("reason", outcome.kind.reason)
                list.append(line)
            } else {
                let reason = outcome.kind.reason.map { ": \($0)" } ?? ""
                print(
                    printable(
                        "share \(outcome.share.id)  \(outcome.share.shareWith)  "
                            + "\(outcome.kind.word)\(reason)"))
            }
        }
        return isWell
    }

    private func words(_ outcome: Synchronizer.Outcome) -> String {
        switch outcome {
        case .done(let report):
            "\(report.pulled) from there, \(report.pushed) to there, \(report.deletedHere) deleted "
                + "here, \(report.deletedThere) deleted there"
                + (report.failures.isEmpty ? "" : ", \(report.failures.count) failed")
        case .failed(let reason, let seconds): "failed, again in \(seconds) s: \(reason)"
        case .stopped(let reason): "stopped: \(reason)"
        case .held: "another process is at it"
        case .resting: "paused or stopped"
        }
    }

    private func line(_ remote: RemoteRecord, _ outcome: Synchronizer.Outcome) -> JSONLine {
        var line = JSONLine()
        line.add("id", Int(clamping: remote.id))
        switch outcome {
        case .done(let report):
            line.add("outcome", "done")
            line.add("pulled", report.pulled)
            line.add("pushed", report.pushed)
            line.add("deleted_here", report.deletedHere)
            line.add("deleted_there", report.deletedThere)
            line.add("conflicts", report.conflicts)
            line.add("postponed", report.postponed)
            line.add("requests", report.requests)
            line.add("failures", report.failures.map { ($0.object, $0.reason) })
        case .failed(let reason, let seconds):
            line.add("outcome", "failed")
            line.add("reason", reason)
            line.add("retry_in", Int(clamping: seconds))
        case .stopped(let reason):
            line.add("outcome", "stopped")
            line.add("reason", reason)
        case .held: line.add("outcome", "held")
        case .resting: line.add("outcome", "resting")
        }
        return line
    }
}

/// The threads of `crm-caldav sync`.
final class SyncService: Sendable {
    private let isStopping = Atomic<Bool>(false)
    private let threads = Mutex<[Thread]>([])

    init(_ access: RemoteAccess, logs: Logs, only: Int64?) throws(SystemError) {
        let schedule = Schedule(interval: access.settings.interval)
        for number in 0..<access.settings.threads {
            let thread = try Thread {
                self.work(access, schedule, logs: logs, number: number, only: only)
            }
            threads.withLock { $0.append(thread) }
        }
        if only == nil {
            let thread = try Thread { self.tellReceivers(access, logs: logs) }
            threads.withLock { $0.append(thread) }
        }
        logs.event(.info, "syncing", [("threads", String(access.settings.threads))])
    }

    /// Waits for the turns that run.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func work(
        _ access: RemoteAccess, _ schedule: Schedule, logs: Logs, number: Int, only: Int64?
    ) {
        let store = Store(context: access.context)
        let synchronizer = Synchronizer(
            context: access.context, settings: access.settings, key: access.key, number: number)
        var lastReason: String?
        while !isStopping.load(ordering: .relaxed) {
            do throws(StorageError) {
                if schedule.takesLook() {
                    var signals = try store.remoteSignals()
                    if signals.isPending {
                        try store.mergePendingChanges()
                        signals = try store.remoteSignals()
                    }
                    if let only { signals.revisions = signals.revisions.filter { $0.key == only } }
                    schedule.note(signals.revisions)
                }
                lastReason = nil
                guard let id = schedule.begin() else {
                    usleep(100_000)
                    continue
                }
                var outcome: Synchronizer.Outcome?
                defer { schedule.end(id, outcome) }
                outcome = try synchronizer.turn(of: id)
                if let outcome { report(id, outcome, logs) }
            } catch {
                // Once, not every second as long as the database is away.
                if error.reason != lastReason {
                    logs.event(.error, "sync failed", [("reason", error.reason)])
                }
                lastReason = error.reason
                usleep(1_000_000)
            }
        }
    }

    private func tellReceivers(_ access: RemoteAccess, logs: Logs) {
        let herald = Herald(context: access.context, settings: access.settings, key: access.key)
        var lastReason: String?
        while !isStopping.load(ordering: .relaxed) {
            do throws(StorageError) {
                for outcome in try herald.turn(atOnce: false) { report(outcome, logs) }
                lastReason = nil
            } catch {
                if error.reason != lastReason {
                    logs.event(.error, "telling other servers failed", [("reason", error.reason)])
                }
                lastReason = error.reason
            }
            for _ in 0..<10 where !isStopping.load(ordering: .relaxed) { usleep(100_000) }
        }
    }

    private func report(_ outcome: Herald.Outcome, _ logs: Logs) {
        let share: [(name: StaticString, value: String)] = [
            ("share", String(outcome.share.id)), ("shared_with", outcome.share.shareWith),
        ]
        var reason: [(name: StaticString, value: String)] = []
        if let text = outcome.kind.reason { reason.append(("reason", text)) }
        switch outcome.kind {
        case .told: logs.event(.info, "told of a change", share)
        case .lapsed:
            logs.event(.warning, "a share is not known to its receiver any more", share + reason)
        case .failed(_, let seconds):
            logs.event(
                .warning, "a receiver cannot be told of a change",
                share + reason + [("retry_in", String(seconds))])
        }
    }

    private func report(_ id: Int64, _ outcome: Synchronizer.Outcome, _ logs: Logs) {
        let pair = String(id)
        switch outcome {
        case .done(let report):
            if report.moved {
                logs.event(
                    .info, "synced",
                    [
                        ("pair", pair), ("pulled", String(report.pulled)),
                        ("pushed", String(report.pushed)),
                        ("deleted_here", String(report.deletedHere)),
                        ("deleted_there", String(report.deletedThere)),
                    ])
            }
            for failure in report.failures {
                logs.event(
                    .warning, "an object cannot be synced",
                    [("pair", pair), ("object", failure.object), ("reason", failure.reason)])
            }
        case .failed(let reason, let seconds):
            logs.event(
                .warning, "a turn failed",
                [("pair", pair), ("reason", reason), ("retry_in", String(seconds))])
        case .stopped(let reason):
            logs.event(.error, "a pair is stopped", [("pair", pair), ("reason", reason)])
        case .held, .resting: break
        }
    }
}

extension Herald.Outcome.Kind {
    fileprivate var word: String {
        switch self {
        case .told: "told"
        case .lapsed: "lapsed"
        case .failed: "failed"
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .told: nil
        case .lapsed(let reason), .failed(let reason, _): reason
        }
    }
}
