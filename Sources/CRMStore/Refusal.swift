import CalDAV
import MariaDB

extension DatabaseError {
    /// Why the CRM's own rules do not let a client's write be, in words for the client; nil where they
    /// are not the reason.
    var refusal: String? {
        if isSignalled { return "The CRM refuses this: \(message)" }
        if isCheckViolated {
            return "The CRM refuses this: a value is not what its tasks may hold."
        }
        guard isForeignKey else { return nil }
        // ... a foreign key constraint fails (`crm`.`invoices`, CONSTRAINT ... REFERENCES `tasks` (`id`))
        let names = message.split(separator: "`", omittingEmptySubsequences: false)
        let referring = names.count > 3 ? String(names[3]) : "another"
        guard code == 1452 else {
            return "The CRM keeps this task: its table \(referring) refers to it."
        }
        let reference = names.firstIndex { $0.hasSuffix("REFERENCES ") }
        let wanted = reference.flatMap { $0 + 1 < names.count ? String(names[$0 + 1]) : nil }
        return "The CRM refuses this: a task has to name a row of its table \(wanted ?? "")."
    }
}

extension Store {
    /// Runs a client's write; one that the CRM's rules refuse leaves a `failed` row in the log.
    ///
    /// - Parameter subject: what `body` was about, as far as it came to know it.
    func loggingRefusal<T>(
        of action: LogAction, subject: () -> (task: Int64?, uid: String)?,
        _ body: () throws(StoreFailure) -> T
    ) throws(StoreFailure) -> T {
        do throws(StoreFailure) {
            return try body()
        } catch {
            if let reason = error.databaseError?.refusal, let subject = subject() {
                try connection.transaction { () throws(StoreFailure) in
                    try log(action, task: subject.task, uid: subject.uid, failure: reason)
                }
            }
            throw error
        }
    }
}
