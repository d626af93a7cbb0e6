import CRMStore
import CalDAV
import FastCGI

/// Takes over what the CRM changed, and throws away what is too old. Runs beside requests too, so that it
/// needs no process of its own.
final class MaintenanceJob: BackgroundJob {
    let name = "maintenance"

    private let housekeeper: Housekeeper

    init(context: StoreContext) { housekeeper = Housekeeper(context: context) }

    func run() throws(StorageError) -> Int {
        Memory.trimIfDue()
        return try housekeeper.turn() ? 0 : Housekeeper.interval * 1000
    }
}
