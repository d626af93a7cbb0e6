import ArgumentParser
import CRMStore
import CalDAV

/// `crm-caldav work --status`: each job, when it last ran, what waits and what failed.
struct WorkStatus {
    private let store: Store

    init(context: StoreContext) { store = Store(context: context) }

    /// One job as it is shown.
    private struct Row {
        var job: String
        /// Seconds since 1970.
        var last: Int64?
        /// How much waits, in the job's own unit.
        var waiting: Int64?
        /// How often it failed: in a row, or on the last day for messages.
        var failed: Int64?
        var reason: String?
        /// The process that has it at the moment.
        var holder: String?
    }

    func show(asJSON isJSON: Bool) throws(ExitCode) {
        let rows = try accessing { () throws(StorageError) in
            try maintenance() + followers() + deliveries() + pairs()
        }
        guard isJSON else {
            for row in rows { print(WorkStatus.text(row)) }
            return
        }
        var list = JSONList()
        for row in rows { list.append(WorkStatus.line(row)) }
        list.end()
    }

    private func maintenance() throws(StorageError) -> [Row] {
        try store.maintenanceStatus().map { duty in
            Row(job: "maintenance: \(duty.name)", last: duty.begun > 0 ? duty.begun : nil)
        }
    }

    private func followers() throws(StorageError) -> [Row] {
        try store.followerStatus().map { follower in
            Row(
                job: "follower: \(follower.kind)"
                    + (follower.subject > 0 ? " \(follower.subject)" : ""),
                last: follower.passed > 0 ? follower.passed : nil,
                waiting: Int64(follower.calendarsBehind), failed: follower.failures,
                reason: follower.reason, holder: follower.holder)
        }
    }

    private func deliveries() throws(StorageError) -> [Row] {
        try store.deliveryStatus().map { deliveries in
            Row(
                job: "deliveries: \(deliveries.kind)", last: deliveries.lastDelivered,
                waiting: deliveries.waiting, failed: deliveries.failed + deliveries.retried,
                reason: deliveries.retried + deliveries.failed > 0 ? deliveries.reason : nil)
        }
    }

    private func pairs() throws(StorageError) -> [Row] {
        try store.remotes().map { pair in
            Row(
                job: "pair: \(pair.id) (\(pair.state.rawValue))",
                last: pair.checked > 0 ? pair.checked : nil, waiting: pair.failedObjects,
                failed: pair.failures, reason: pair.reason)
        }
    }

    private static func text(_ row: Row) -> String {
        let last = row.last.map { "last \(Timestamp.text($0))" } ?? "never yet"
        var parts = [row.job, last]
        if let waiting = row.waiting { parts.append("\(waiting) waiting") }
        if let failed = row.failed { parts.append("\(failed) failed") }
        if let reason = row.reason { parts.append("(\(reason))") }
        return printable(parts.joined(separator: "  "))
    }

    private static func line(_ row: Row) -> JSONLine {
        var line = JSONLine()
        line.add("job", row.job)
        line.add("last", row.last.map(Timestamp.text))
        if let waiting = row.waiting { line.add("waiting", Int(clamping: waiting)) }
        if let failed = row.failed { line.add("failed", Int(clamping: failed)) }
        line.add("reason", row.reason)
        line.add("holder", row.holder)
        return line
    }
}
