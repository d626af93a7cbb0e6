package import CalDAV
package import ICalendar
import MariaDB

extension Store {
    package func put(
        _ object: CalendarObject, text: [UInt8], name: String, in calendar: CalendarRecord,
        by user: UserRecord, if condition: WriteCondition, isNew: Bool
    ) throws(StorageError) -> PutOutcome {
        try atTheEdge { () throws(StoreFailure) in
            try takeSpace(for: text, inHomeOf: calendar.owner)
            let write = ObjectWrite(
                object: object, name: name, calendar: calendar, user: user,
                floating: Zone.named(calendar.timeZone) ?? context.zone, text: text)
            return try loggingRefusal(of: .update, subject: { (nil, write.text.uid) }) {
                () throws(StoreFailure) in
                if isNew, let created = try createAtOnce(write, if: condition) { return created }
                do throws(StoreFailure) {
                    return try putAtOnce(write, if: condition)
                } catch .taskIsGone(let task) {
                    // First what the CRM did, as if it had been noticed in time.
                    try merge([task], pending: [:])
                    return try putAtOnce(write, if: condition)
                }
            }
        }
    }

    private func putAtOnce(
        _ write: ObjectWrite, if condition: WriteCondition
    ) throws(StoreFailure) -> PutOutcome {
        try transaction(of: write) { () throws(StoreFailure) in try put(write, if: condition) }
    }

    /// Runs the transaction of a write, again where somebody holds a row that it needs.
    ///
    /// - Throws: `.uidInUse` where another object of the calendar has the UID.
    func transaction<T>(
        of write: ObjectWrite, _ body: () throws(StoreFailure) -> T
    ) throws(StoreFailure) -> T {
        try namingUID(write.text, in: write.calendar.id) { () throws(StoreFailure) in
            try connection.transaction(retries: Store.retriesForHeldRow) {
                () throws(StoreFailure) in
                try body()
            }
        }
    }

    private func put(
        _ write: ObjectWrite, if condition: WriteCondition
    ) throws(StoreFailure) -> PutOutcome {
        let presence = try takeRevision(of: write.calendar, for: write.name)
        let (present, revision) = (presence.object, presence.revision)
        let isMirrored = presence.isMirrored
        guard condition.holds(for: present?.etag) else {
            throw .storage(.preconditionFailed(etag: present?.etag))
        }
        if let present {
            try replace(
                present, by: write, revision: revision, isMirrored: isMirrored,
                isBlind: condition.ifMatch == nil)
        } else {
            try create(write, revision: revision, isMirrored: isMirrored)
        }
        return PutOutcome(isNew: present == nil, etag: write.text.etag)
    }
}

/// What a PUT wants to be there.
struct ObjectWrite {
    let object: CalendarObject
    let name: String
    let calendar: CalendarRecord
    let user: UserRecord
    /// The zone in which floating times of the calendar are meant.
    let floating: Zone
    let text: ObjectText

    init(
        object: CalendarObject, name: String, calendar: CalendarRecord, user: UserRecord,
        floating: Zone, text: [UInt8]
    ) {
        self.object = object
        self.name = name
        self.calendar = calendar
        self.user = user
        self.floating = floating
        self.text = ObjectText(object, bytes: text, floating: floating)
    }

    /// The same with another text.
    func with(_ object: CalendarObject) -> ObjectWrite {
        ObjectWrite(
            object: object, name: name, calendar: calendar, user: user, floating: floating,
            text: object.serialized())
    }

    /// Whether the CRM has tasks of this kind.
    var isTask: Bool { object.kind == .vevent || object.kind == .vtodo }

    var ownerAddresses: [String] {
        let isOwner = user.name.utf8.elementsEqual(calendar.owner.utf8)
        let email = isOwner ? user.email : calendar.ownerEmail
        return email.map { ["mailto:\($0.lowercased())"] } ?? []
    }
}

extension Store {
    /// What an object of the calendar says of its task.
    func task(
        of object: CalendarObject, _ write: ObjectWrite
    ) throws(StoreFailure) -> MappedTask {
        try installation().mapping.task(
            from: object, floating: write.floating, ownerAddresses: write.ownerAddresses)
    }

    /// What the row of its task is to hold of a write.
    ///
    /// - Parameter row: as it is; nil for a new one.
    func mark(of write: ObjectWrite, on row: TaskRow?) -> TaskMark {
        let calendar = write.calendar.id
        var mark = TaskMark(
            uid: Store.columnUID(write.text.uid, calendar: calendar), etag: write.text.etag,
            sequence: max((row?.sequence ?? 0) + 1, write.text.sequence))
        // A meeting is in many calendars: where one of them was first, it most likely still has the UID.
        if let uid = row?.uid, uid != mark.uid,
            uid.hasPrefix(Store.derivedUID(mark.uid, calendar: calendar))
        {
            mark.uid = uid
        }
        return mark
    }
}
