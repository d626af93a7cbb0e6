/// Calendar collections of people's homes.
package protocol CalendarCollectionStore: AnyObject {
    /// The calendars of a home, by `uri`.
    func calendars(of owner: String) throws(StorageError) -> [CalendarRecord]

    /// The same with what was granted to somebody who is not the owner; all are there, whether
    /// something was granted or not.
    func calendars(
        of owner: String, grantedTo viewer: String
    ) throws(StorageError) -> [CalendarRecord]

    /// Bytes of the objects in each of the calendars, by `caldav_calendars.id`; asked for again before
    /// anything has changed there, it costs nothing.
    func usedBytes(in calendars: [CalendarRecord]) throws(StorageError) -> [Int64: Int64]

    /// Bytes that may still be put into somebody's home; what is in its trash counts (RFC 4331 §3).
    func availableBytes(inHomeOf owner: String) throws(StorageError) -> Int64

    /// - Throws: `.alreadyExists`, `.spellingConflict` where only the case of `uri` differs,
    ///   `.quotaExceeded`.
    func createCalendar(
        _ uri: String, of owner: String, with properties: [CalendarChange]
    ) throws(StorageError)

    /// All or nothing.
    /// - Throws: `.quotaExceeded`.
    func change(
        _ calendar: CalendarRecord, _ changes: [CalendarChange], viewer: String
    ) throws(StorageError)

    /// Removes a calendar with its objects and their tasks.
    func delete(_ calendar: CalendarRecord) throws(StorageError)
}
