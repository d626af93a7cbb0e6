package import ICalendar

/// Calendar objects.
package protocol ObjectStore: AnyObject {
    /// Objects of a calendar, streamed.
    func objects(
        in calendar: CalendarRecord, _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor

    /// Objects of several calendars, streamed, by ascending id of the calendar; each row says which
    /// one it is of.
    func objects(
        in calendars: [CalendarRecord], _ selection: ObjectSelection, content: Bool
    ) throws(StorageError) -> any ObjectCursor

    /// What changed after `revision`, streamed in the order of change, each object once.
    ///
    /// - Parameters:
    ///   - revision: of a sync token; nil for all objects there are (no removed ones).
    ///   - limit: at most so many rows; nil for all.
    func changes(
        in calendar: CalendarRecord, after revision: Int64?, limit: Int?, content: Bool
    ) throws(StorageError) -> any ObjectCursor

    /// The same of several calendars at once, in the order of `ChangeSpan.calendar`; each row says
    /// which calendar it is of.
    ///
    /// - Parameter spans: by ascending calendar, each calendar once.
    func changes(in spans: [ChangeSpan], content: Bool) throws(StorageError) -> any ObjectCursor

    /// Makes or replaces an object.
    ///
    /// The condition is judged against what is there when the write happens.
    /// - Parameter isNew: whether nothing had the name when the request began: what is tried first.
    /// - Throws: `.preconditionFailed`, `.uidInUse`, `.quotaExceeded`, `.refused`, `.unavailable`.
    func put(
        _ object: CalendarObject, text: [UInt8], name: String, in calendar: CalendarRecord,
        by user: UserRecord, if condition: WriteCondition, isNew: Bool
    ) throws(StorageError) -> PutOutcome

    /// Copies or moves an object, to another calendar too. What is at the destination goes.
    ///
    /// Text and ETag stay as they are. The conditions are judged against what is there when it happens.
    /// - Throws: `.notFound`, `.preconditionFailed`, `.uidInUse` for an object that is in the way at the
    ///   destination, `.quotaExceeded`, `.refused`, `.unavailable`.
    func transfer(
        _ transfer: ObjectTransfer, by user: UserRecord
    ) throws(StorageError) -> PutOutcome

    /// - Throws: `.notFound`, `.preconditionFailed`, `.refused`.
    func deleteObject(
        _ name: String, in calendar: CalendarRecord, by user: UserRecord,
        if condition: WriteCondition
    ) throws(StorageError)
}
