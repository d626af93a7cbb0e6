import CRMStore
import CalDAV
import Outgoing
import RemoteSync

/// Sends what waits to be delivered.
final class DeliveryJob: BackgroundJob {
    let name = "delivering messages"

    private let deliverer: Deliverer
    private let logs: Logs

    /// Milliseconds between two looks where nothing waited.
    private static let interval = 500

    init(_ access: RemoteAccess, logs: Logs, number: Int) {
        deliverer = access.deliverer(number: number)
        self.logs = logs
    }

    func run() throws(StorageError) -> Int {
        guard let report = try deliverer.sendNext() else { return Self.interval }
        logs.event(report)
        return 0
    }
}

extension RemoteAccess {
    /// All channels there are: adding one is adding it here.
    func deliverer(number: Int) -> Deliverer {
        Deliverer(
            context: context,
            channels: [FederationChannel(context: context, settings: settings, key: key)],
            number: number)
    }
}

extension Logs {
    fileprivate func event(_ report: Deliverer.Report) {
        let delivery = report.delivery
        let message: [(name: StaticString, value: String)] = [
            ("kind", delivery.kind), ("target", delivery.target), ("subject", delivery.subject),
        ]
        switch report.result {
        case .delivered: event(.info, "delivered", message)
        case .dropped(let reason):
            event(.info, "a message is not needed any more", message + [("reason", reason)])
        case .failed(let reason):
            event(.warning, "a message is not delivered", message + [("reason", reason)])
        case .postponed(let reason, let seconds, _):
            event(
                .warning, "a message cannot be delivered yet",
                message + [("reason", reason), ("retry_in", String(seconds))])
        }
    }
}
