package import CRMStore
package import CalDAV

/// Sends what waits in `caldav_deliveries`; one for each thread.
package final class Deliverer {
    private let store: Store
    private let channels: [any DeliveryChannel]
    private let holder: String
    /// Milliseconds of the monotonic clock.
    private var nextRelease: Int64 = 0

    /// Seconds for which a message is ours while we send it: more than any exchange may take.
    private static let leaseTime: Int64 = 120
    /// Milliseconds between two looks for what processes held that have ended.
    private static let releaseInterval: Int64 = 10_000

    /// - Parameter number: of the thread, to tell what it holds from what others do.
    package init(context: StoreContext, channels: [any DeliveryChannel], number: Int) {
        store = Store(context: context)
        self.channels = channels
        holder = "\(ProcessMark.own) delivery \(number)"
    }

    /// What became of one message.
    package struct Report: Sendable {
        package let delivery: DeliveryRecord
        package let result: DeliveryResult
    }

    /// Sends one message that is due; nil where none is.
    package func sendNext() throws(StorageError) -> Report? {
        if nextRelease <= Clock.milliseconds {
            nextRelease = Clock.milliseconds + Deliverer.releaseInterval
            try store.releaseDeadHoldersOfDeliveries()
        }
        let leased = try store.leaseDelivery(
            as: holder, kinds: channels.map(\.kind), seconds: Deliverer.leaseTime)
        guard let delivery = leased,
            let channel = channels.first(where: { $0.kind == delivery.kind })
        else { return nil }
        let result = Deliverer.result(
            of: try channel.send(delivery), delivery, by: channel.schedule)
        try store.settle(delivery, as: holder, result)
        return Report(delivery: delivery, result: result)
    }

    /// Sends all that is due.
    package func sendAll() throws(StorageError) -> [Report] {
        var reports: [Report] = []
        while let report = try sendNext() { reports.append(report) }
        return reports
    }

    static func result(
        of sending: SendingResult, _ delivery: DeliveryRecord, by schedule: DeliverySchedule
    ) -> DeliveryResult {
        switch sending {
        case .delivered(let answer): return .delivered(answer)
        case .refused(let reason): return .failed(reason)
        case .obsolete(let reason): return .dropped(reason)
        case .failed(let reason, let isTargetAway, let asked):
            let seconds = schedule.backoff.pause(afterFailures: delivery.attempts, asked: asked)
            guard Clock.now + seconds < delivery.created + schedule.longest else {
                return .failed("given up after \(delivery.attempts + 1) attempts: \(reason)")
            }
            return .postponed(reason, seconds: seconds, isTargetAway: isTargetAway)
        }
    }
}
