import CalDAV
import ICalendar
package import MariaDB
import Synchronization

/// What the threads of one process share: the settings and what was learnt of the database.
package final class StoreContext: Sendable {
    package let settings: StoreSettings

    /// The statements that open a request.
    let opening: OpeningStatements

    /// Of the CRM's wall clock.
    let zone: Zone

    let merging = MergeGate()
    /// How many rows more than objects there were when nothing was found to be done about it.
    let quietDifference = Atomic<Int64>(0)
    let failures = KnownFailures()
    let known = KnownRevisions()
    let sizes = KnownSizes()
    let allowances = HomeAllowances()

    /// Of `Store.seal`, once it is known.
    let sealKey = Mutex<[UInt8]?>(nil)

    private let learnt = Mutex<Installation?>(nil)

    /// - Throws: `.failed` with what is wrong in the settings, in words for the operator.
    package init(settings: StoreSettings) throws(StoreSettingsError) {
        guard let zone = Zone.named(settings.timeZone) else {
            throw StoreSettingsError(
                key: "time_zone", reason: "no such time zone: \(settings.timeZone)")
        }
        self.settings = settings
        self.zone = zone
        self.opening = try OpeningStatements(settings.users)
    }

    /// Settings for a connection of ours: the triggers overlook what it writes.
    package var connectionSettings: ConnectionSettings {
        var connection = settings.connection
        connection.sessionVariables.append((name: "@caldav_own", value: 1))
        connection.lockWaitTimeout = 2
        connection.names = settings.ownSchema.names
        return connection
    }

    /// The shape of the CRM's table and what `migrate` recorded, read at the first use.
    func installation(through connection: Connection) throws(StoreFailure) -> Installation {
        if let known = learnt.withLock({ $0 }) { return known }
        let installation = try Installation(settings: settings, zone: zone, through: connection)
        learnt.withLock { $0 = installation }
        return installation
    }

    /// Called when a statement shows that the CRM's table has changed its shape.
    func forgetInstallation() {
        learnt.withLock { $0 = nil }
    }
}

/// A setting that cannot be meant as it stands.
package struct StoreSettingsError: Error {
    /// The configuration's key.
    package let key: String
    package let reason: String
}

/// This database, as `migrate` left it and the CRM shaped it.
struct Installation: Sendable {
    let schema: TaskSchema
    let statements: TaskStatements
    let mapping: TaskMapping
    /// Makes the UIDs of this CRM's tasks different from those of any other.
    let instance: String

    private static let instanceID: SQL = "SELECT value FROM caldav_meta WHERE name = 'instance'"
    private static let newInstance: SQL =
        "INSERT IGNORE INTO caldav_meta (name, value) VALUES ('instance', ?)"

    init(
        settings: StoreSettings, zone: Zone, through connection: Connection
    ) throws(StoreFailure) {
        schema = try TaskSchema(reading: settings.tasks, through: connection)
        statements = TaskStatements(schema: schema, settings: settings)
        mapping = TaskMapping(settings: settings, zone: zone, schema: schema)
        do throws(DatabaseError) {
            instance = try Installation.instance(through: connection)
        } catch  where error.isNoSuchTable {
            throw .storage(.unavailable("the database is not prepared: run crm-caldav migrate"))
        } catch {
            throw .database(error)
        }
    }

    /// The UID of a task's object where no client gave it another.
    func uid(ofTask id: Int64, mark: String = "") -> String { "crm-task-\(id)\(mark)@\(instance)" }

    /// One that no object ever had.
    func newUID(ofTask id: Int64) -> String {
        uid(ofTask: id, mark: "-" + Digest.hex(Digest.random(count: 6)))
    }

    /// Made by the first who asks.
    private static func instance(through connection: Connection) throws(DatabaseError) -> String {
        let known = try connection.query(instanceID)
        if try known.next(), let instance = known.string(0) { return instance }
        let random = Array(Digest.hex(Digest.random(count: 4)).utf8)
        _ = try connection.execute(newInstance, .bytes(random))
        let made = try connection.query(instanceID)
        return try made.next() ? made.string(0) ?? "" : ""
    }
}
