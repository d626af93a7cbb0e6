import CalDAV
import ICalendar
import MariaDB

// A PUT, or a copy, of what nothing has the name of.
extension Store {
    /// Inserts the task in the same round trip that looks what has the name now.
    ///
    /// - Returns: nil where it cannot be done like that: then nothing was changed.
    func createAtOnce(
        _ write: ObjectWrite, if condition: WriteCondition
    ) throws(StoreFailure) -> PutOutcome? {
        guard write.calendar.isMirrored, write.isTask, condition.holds(for: nil) else { return nil }
        let installation = try installation()
        let insertion = try insertion(of: task(of: write.object, write).values, write)
        let insert = insertion.statement(of: installation.statements, uid: insertion.mark.uid)
        do throws(StoreFailure) {
            try transaction(of: write) { () throws(StoreFailure) in
                let found = try inserted(insert, for: write)
                guard found.isMirrored, let row = found.inserted else { throw .isNotNew }
                try insertObject(of: write, revision: found.revision, agreed(row))
            }
        } catch .isNotNew {
            return nil
        }
        return PutOutcome(isNew: true, etag: write.text.etag)
    }

    /// - Throws: `.isNotNew` where another task has the UID.
    private func inserted(
        _ insert: Statement, for write: ObjectWrite
    ) throws(StoreFailure) -> Presence {
        do throws(StoreFailure) {
            return try takeRevision(of: write.calendar, for: write.name, inserting: insert)
        } catch {
            throw error.databaseError?.isDuplicateKey == true ? .isNotNew : error
        }
    }

    func create(
        _ write: ObjectWrite, revision: Int64, isMirrored: Bool
    ) throws(StoreFailure) {
        let isTask = isMirrored && write.isTask
        try insertObject(
            of: write, revision: revision, isTask ? insertCounterpart(of: write) : nil)
    }

    private func insertObject(
        of write: ObjectWrite, revision: Int64, _ counterpart: Counterpart?
    ) throws(StoreFailure) {
        try insertObject(
            write.text, name: write.name, in: write.calendar.id, revision: revision, counterpart)
        try log(.create, task: counterpart?.taskID, uid: write.text.uid)
    }

    func insertCounterpart(of write: ObjectWrite) throws(StoreFailure) -> Counterpart {
        let insertion = try insertion(of: task(of: write.object, write).values, write)
        return try agreed(insertTask(insertion, in: write.calendar))
    }

    private func insertion(
        of values: TaskValues, _ write: ObjectWrite
    ) throws(StoreFailure) -> TaskInsertion {
        TaskInsertion(
            try completed(values), mark(of: write, on: nil), in: write.calendar,
            try installation().schema)
    }

    /// What the object is to remember of a row that was made for it.
    private func agreed(_ row: ReadTaskRow) throws(StoreFailure) -> Counterpart {
        Counterpart(
            taskID: row.row.id, base: row.row.values.encoded(try installation().schema),
            digest: row.digest)
    }

    /// Gives a new row what its NOT NULL columns need and the object lacks.
    private func completed(_ values: TaskValues) throws(StoreFailure) -> TaskValues {
        let installation = try installation()
        let schema = installation.schema
        var values = values
        if values[.start] == nil, schema[.start]?.isNullable == false {
            let now = installation.mapping.zone.civil(at: now)
            values[.start] = installation.mapping.columnText(now, in: .start)
        }
        if values[.end] == nil {
            values[.end] = installation.mapping.endOfNone(startingAt: values[.start])
        }
        // An unknown type is a call (design: Mapping).
        if values[.taskType] == nil { values[.taskType] = "call" }
        return values
    }
}
