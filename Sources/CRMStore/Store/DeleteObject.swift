package import CalDAV
import MariaDB

extension Store {
    package func deleteObject(
        _ name: String, in calendar: CalendarRecord, by user: UserRecord,
        if condition: WriteCondition
    ) throws(StorageError) {
        try atTheEdge { () throws(StoreFailure) in
            var found: PresentObject?
            try loggingRefusal(
                of: .delete, subject: { found.map { ($0.taskID, $0.uid) } }
            ) { () throws(StoreFailure) in
                try connection.transaction(retries: Store.retriesForHeldRow) {
                    () throws(StoreFailure) in
                    let presence = try takeRevision(of: calendar, for: name)
                    guard let present = presence.object else {
                        throw .storage(
                            condition.holds(for: nil) ? .notFound : .preconditionFailed(etag: nil))
                    }
                    guard condition.holds(for: present.etag) else {
                        throw .storage(.preconditionFailed(etag: present.etag))
                    }
                    found = present
                    try delete(
                        present, name: name, in: calendar, by: user.actor,
                        revision: presence.revision)
                }
            }
        }
    }

    private func delete(
        _ present: PresentObject, name: String, in calendar: CalendarRecord, by actor: String,
        revision: Int64
    ) throws(StoreFailure) {
        // The row is locked: what is copied into the trash is what is deleted. All of it goes with the
        // commit.
        try discardWithRow(
            present.id, .deleted, by: actor, owner: calendar.owner, uri: calendar.uri)
        if let task = present.taskID {
            try later(try installation().statements.delete, [.int(task)])
        }
        try removeObject(present.id, name: name, in: calendar.id, revision: revision)
        try log(.delete, task: present.taskID, uid: present.uid)
    }
}
