import CRMStore
import FastCGI
import RemoteSync

/// The threads of `crm-caldav work`. Each job is shared with other processes and machines by leases in the
/// database: nothing is done twice, and what one held that was killed, another takes over.
struct BackgroundService {
    private let threads: [BackgroundThread]

    /// Threads that send messages.
    private static let deliveryThreads = 2

    /// - Parameters:
    ///   - access: nil where there is no place for the key of secrets: nothing can be sent then.
    ///   - only: work on this pair of calendars alone.
    init(
        _ context: StoreContext, _ access: RemoteAccess?, logs: Logs, only: Int64?
    ) throws(SystemError) {
        // What the CRM changes is noticed also where nothing serves at the moment.
        var threads = [
            try BackgroundThread(logs: logs) { MaintenanceJob(context: context) }
        ]
        if only == nil {
            threads.append(
                try BackgroundThread(logs: logs) { FollowerJob(context: context, logs: logs) })
        }
        if let access {
            let schedule = Schedule(interval: access.settings.interval)
            for number in 0..<access.settings.threads {
                threads.append(
                    try BackgroundThread(logs: logs) {
                        PairJob(access, schedule, logs: logs, number: number, only: only)
                    })
            }
            for number in 0..<(only == nil ? Self.deliveryThreads : 0) {
                threads.append(
                    try BackgroundThread(logs: logs) {
                        DeliveryJob(access, logs: logs, number: number)
                    })
            }
        }
        self.threads = threads
        logs.event(.info, "working", [("threads", String(threads.count))])
    }

    /// Waits for what is being done.
    func stop() {
        for thread in threads { thread.tellToStop() }
        for thread in threads { thread.stop() }
    }
}
