import ArgumentParser
import CRMStore
import CalDAV
import Outgoing
import RemoteSync

/// `crm-caldav work --once`: every job once, with a line for each thing that was done.
struct WorkOnce {
    private let context: StoreContext
    private let access: RemoteAccess?
    private let only: Int64?

    init(_ context: StoreContext, _ access: RemoteAccess?, only: Int64?) {
        self.context = context
        self.access = access
        self.only = only
    }

    /// - Throws: code 1 where something failed.
    func run(asJSON isJSON: Bool) throws {
        var output = Output(isJSON: isJSON)
        try accessing { () throws(StorageError) in
            _ = try Housekeeper(context: context).turn()
        }
        if let access { try syncPairs(access, &output) }
        if only == nil {
            try follow(&output)
            if let access { try deliver(access, &output) }
        }
        output.end()
        if !output.isWell { throw ExitCode(1) }
    }

    private func syncPairs(_ access: RemoteAccess, _ output: inout Output) throws {
        let synchronizer = Synchronizer(
            context: context, settings: access.settings, key: access.key, number: 0)
        let remotes = try accessing { () throws(StorageError) in
            try Store(context: context).remotes()
        }
        for remote in remotes where only == nil || only == remote.id {
            let outcome = try accessing { () throws(StorageError) in
                try synchronizer.turn(of: remote.id, isForced: true)
            }
            output.add(remote, outcome)
        }
    }

    private func follow(_ output: inout Output) throws {
        let passes = FollowerPasses(context: context)
        let failures = try accessing { () throws(StorageError) in try passes.run(atOnce: true) }
        passes.release()
        for failure in failures { output.add(failure) }
    }

    private func deliver(_ access: RemoteAccess, _ output: inout Output) throws {
        let reports = try accessing { () throws(StorageError) in
            try access.deliverer(number: 0).sendAll()
        }
        for report in reports { output.add(report) }
    }
}

// MARK: - Output

private struct Output {
    let isJSON: Bool
    private(set) var isWell = true
    private var list = JSONList()

    init(isJSON: Bool) { self.isJSON = isJSON }

    func end() { if isJSON { list.end() } }

    mutating func add(_ remote: RemoteRecord, _ outcome: Synchronizer.Outcome) {
        switch outcome {
        case .done(let report): if !report.failures.isEmpty { isWell = false }
        // Paused by somebody: that is well.
        case .resting: if remote.state == .stopped { isWell = false }
        case .failed, .stopped, .held: isWell = false
        }
        guard !isJSON else { return list.append(Output.line(remote, outcome)) }
        print(printable("\(remote.id)  \(remote.address)  \(Output.words(outcome))"))
        if case .done(let report) = outcome {
            for failure in report.failures {
                complain(printable("crm-caldav: \(failure.object): \(failure.reason)"))
            }
        }
    }

    mutating func add(_ failure: FollowerPasses.Failure) {
        isWell = false
        guard isJSON else {
            return complain(printable("crm-caldav: \(failure.kind): \(failure.reason)"))
        }
        var line = JSONLine()
        line.add("follower", failure.kind)
        line.add("outcome", "failed")
        line.add("reason", failure.reason)
        line.add("retry_in", Int(clamping: failure.retryIn))
        list.append(line)
    }

    mutating func add(_ report: Deliverer.Report) {
        let delivery = report.delivery
        let (word, reason, seconds): (String, String?, Int64?) =
            switch report.result {
            case .delivered: ("delivered", nil, nil)
            case .failed(let reason): ("failed", reason, nil)
            case .dropped(let reason): ("dropped", reason, nil)
            case .postponed(let reason, let seconds, _): ("postponed", reason, seconds)
            }
        if seconds != nil { isWell = false }
        guard isJSON else {
            let why = reason.map { ": \($0)" } ?? ""
            return print(printable("\(delivery.subject)  \(delivery.target)  \(word)\(why)"))
        }
        var line = JSONLine()
        line.add("delivery", Int(clamping: delivery.id))
        line.add("kind", delivery.kind)
        line.add("target", delivery.target)
        line.add("subject", delivery.subject)
        line.add("outcome", word)
        line.add("reason", reason)
        if let seconds { line.add("retry_in", Int(clamping: seconds)) }
        list.append(line)
    }

    private static func words(_ outcome: Synchronizer.Outcome) -> String {
        switch outcome {
        case .done(let report):
            "\(report.pulled) from there, \(report.pushed) to there, \(report.deletedHere) deleted "
                + "here, \(report.deletedThere) deleted there"
                + (report.failures.isEmpty ? "" : ", \(report.failures.count) failed")
        case .failed(let reason, let seconds): "failed, again in \(seconds) s: \(reason)"
        case .stopped(let reason): "stopped: \(reason)"
        case .held: "another process is working on it"
        case .resting: "paused or stopped"
        }
    }

    private static func line(_ remote: RemoteRecord, _ outcome: Synchronizer.Outcome) -> JSONLine {
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
