package import CalDAV
import MariaDB

/// The CRM's database seen as calendars; one for each thread.
package final class Store: CalendarStore {
    let context: StoreContext
    let connection: Connection
    /// The session in which the database was last found to be the one we know.
    var verifiedGeneration = -1
    /// How many entries were removed from `caldav_pending` so far.
    var removedEntries: UInt64 = 0

    package init(context: StoreContext) {
        self.context = context
        self.connection = Connection(settings: context.connectionSettings)
    }

    /// Ends the session with the database; the next statement begins another. The client library keeps a buffer
    /// as large as the largest row for the life of a session.
    package func endSession() { connection.close() }

    /// The number of statements sent so far.
    package var statementCount: UInt64 { connection.statementCount }

    var settings: StoreSettings { context.settings }

    func installation() throws(StoreFailure) -> Installation {
        try context.installation(through: connection)
    }
}

// MARK: - Opening a request

extension Store {
    package func open(
        _ address: ResourceAddress, signingIn userName: String?, content: Bool
    ) throws(StorageError) -> Opening {
        try atTheEdge { () throws(StoreFailure) in
            try verified { () throws(StoreFailure) in try find(address, userName, content) }
        }
    }

    /// What `find` finds, once more where the database had to be looked at first.
    func verified(_ find: () throws(StoreFailure) -> Opening) throws(StoreFailure) -> Opening {
        let opening = try find()
        if connection.generation != verifiedGeneration {
            try verifyDatabase()
            return try find()
        }
        guard let calendar = opening.calendar else { return opening }
        if calendar.revision == 0 {
            // A calendar that the CRM inserted has no state yet.
            try prepareState(of: calendar)
        } else if context.known.note(calendar.revision, of: calendar.id) {
            return opening
        } else {
            try verifyDatabase()
        }
        return try find()
    }

    private func find(
        _ address: ResourceAddress, _ userName: String?, _ content: Bool
    ) throws(StoreFailure) -> Opening {
        // Usually it is one's own, under the name that one signs in with.
        if let owner = address.owner, userName?.hasSameBytes(as: owner) != true {
            return try findShared(address, of: owner, userName, content)
        }
        return try findOwn(address, userName, content)
    }

    /// Opens a request for what belongs to the user, or to nobody.
    func findOwn(
        _ address: ResourceAddress, _ userName: String?, _ content: Bool
    ) throws(StoreFailure) -> Opening {
        let statements = context.opening
        let name = Value(userName)
        let defaultURI = settings.defaultCalendar.uri
        let (statement, values): (SQL, [Value]) =
            switch address {
            case .root, .principals, .userPrincipals, .principal, .proxy, .homes:
                (statements.user, [name])
            case .feed(let token): (statements.feed, [.bytes(Digest.sha256(token))])
            case .home, .place: (statements.home, [name, name, .text(defaultURI)])
            case .calendar(let owner, let uri):
                (statements.calendar, [name, .text(owner), .text(uri)])
            case .object(let owner, let uri, let object):
                (
                    content ? statements.objectWithContent : statements.object,
                    [name, .text(owner), .text(uri), .bytes(Array(object.utf8))]
                )
            }
        return try database { () throws(DatabaseError) in
            let cursor = try connection.query(statement, values)
            var opening = Opening()
            guard try cursor.next() else { return opening }
            opening.user = PersonColumns.read(cursor, at: 0)
            let afterPerson = PersonColumns.count
            opening.hasPendingChanges = cursor.int(afterPerson) == 1
            if let owner = address.owner, let user = opening.user,
                user.name.hasSameBytes(as: owner)
            {
                opening.owner = user
            }
            switch address {
            case .root, .principals, .userPrincipals, .principal, .proxy, .homes: break
            case .feed:
                opening.owner = opening.user
                opening.calendar = CalendarColumns.read(cursor, at: afterPerson + 1)
            case .home, .place: opening.needsHome = cursor.int(afterPerson + 1) != 1
            case .calendar(let owner, let uri), .object(let owner, let uri, _):
                let found = CalendarColumns.read(cursor, at: afterPerson + 1)
                if let found, found.owner.hasSameBytes(as: owner), found.uri.hasSameBytes(as: uri) {
                    opening.calendar = found
                    if case .object = address {
                        opening.object = ObjectColumns.read(
                            cursor, at: afterPerson + 1 + CalendarColumns.count)
                    }
                } else if found == nil {
                    opening.needsHome = uri.hasSameBytes(as: defaultURI)
                }
            }
            return opening
        }
    }
}
