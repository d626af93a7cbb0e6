import ArgumentParser
import CRMStore
import CalDAV

extension ConfigurationOption {
    /// The store in the configured database; it connects when it is first used.
    func openStore() throws(ExitCode) -> Store {
        Store(context: try load().storeContext())
    }
}

/// Does something with the store.
///
/// - Parameter missing: what to say where it has nothing of that name or number.
/// - Throws: 1 where it cannot be as it was asked for, `Exit.database` for trouble with the database;
///   why was said.
func accessing<T>(
    orSay missing: String = "there is nothing of that name or number",
    _ body: () throws(StorageError) -> T
) throws(ExitCode) -> T {
    do throws(StorageError) {
        return try body()
    } catch {
        throw error.explained(missing)
    }
}

extension StorageError {
    /// Says why, and answers the code to end with.
    func explained(_ missing: String) -> ExitCode {
        switch self {
        case .notFound, .refused, .uidInUse, .quotaExceeded:
            failure(reason(orSay: missing), ExitCode(1))
        default: failure(reason, Exit.database)
        }
    }

    func reason(orSay missing: String) -> String {
        if case .notFound = self { missing } else { reason }
    }

    /// What an operator reads; the database's own words where there are any.
    var reason: String {
        switch self {
        case .unavailable(let reason), .failed(let reason), .refused(let reason): reason
        case .quotaExceeded(let excess): excess.reason
        case .uidInUse(let name): "another object of the calendar, \(name), has its UID"
        default: "\(self)"
        }
    }
}
