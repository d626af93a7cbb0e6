import CalDAV
import MariaDB

/// What can go wrong inside the store: the database's word, or the store's own.
///
/// Kept apart from `StorageError` so that a transaction can see that a deadlock is worth another try;
/// it becomes a `StorageError` at the store's edge.
enum StoreFailure: Error {
    case database(DatabaseError)
    case storage(StorageError)
    /// The row of an object that is to be written is gone, and nobody has noticed yet.
    case taskIsGone(Int64)
    /// What was to be new is there already, or has to be made in another way.
    case isNotNew
    /// Another process has given a follower this pass.
    case isPassed
}

extension StoreFailure: DatabaseFailing {
    init(databaseError: DatabaseError) { self = .database(databaseError) }

    var databaseError: DatabaseError? {
        guard case .database(let error) = self else { return nil }
        return error
    }
}

extension StoreFailure {
    /// In words, for the log.
    var reason: String {
        switch self {
        case .database(let error): error.message
        case .storage(.failed(let reason)), .storage(.unavailable(let reason)): reason
        case .storage(let error): "\(error)"
        case .taskIsGone(let task): "the task \(task) is gone"
        case .isNotNew: "the object is there already"
        case .isPassed: "another process was faster"
        }
    }

    /// As the protocol layer is to see it: a database that is away or too busy is 503, anything else
    /// that the store did not expect is a bug.
    var storageError: StorageError {
        switch self {
        case .storage(let error): error
        case .taskIsGone, .isNotNew, .isPassed: .unavailable(reason)
        case .database(let error) where error.isUnavailable || error.isWorthRetrying:
            .unavailable(error.message)
        // The program is newer than the tables, or the CRM has just changed its own.
        case .database(let error) where error.isNoSuchTable || error.isNoSuchColumn:
            .unavailable("\(error.message): run crm-caldav migrate")
        case .database(let error):
            error.refusal.map { .refused($0) }
                ?? .failed("\(error.code) \(error.message) in: \(error.statement ?? "")")
        }
    }
}

/// Runs `body`, turning what it throws into the protocol layer's error.
func atTheEdge<T>(_ body: () throws(StoreFailure) -> T) throws(StorageError) -> T {
    do {
        return try body()
    } catch {
        throw error.storageError
    }
}

/// Runs one call of the database, turning its error into the store's.
func database<T>(_ body: () throws(DatabaseError) -> T) throws(StoreFailure) -> T {
    do {
        return try body()
    } catch {
        throw .database(error)
    }
}
