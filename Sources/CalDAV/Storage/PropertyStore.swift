/// Properties that are kept without knowing their meaning (RFC 4918 §4.4).
package protocol PropertyStore: AnyObject {
    /// What is stored for a calendar, or for all calendars of its owner, as `viewer` sees it.
    func storedProperties(
        of calendar: CalendarRecord, viewer: String
    ) throws(StorageError) -> [StoredProperty]
    func storedProperties(
        ofCalendarsOf owner: String, viewer: String
    ) throws(StorageError) -> [StoredProperty]

    /// What is stored for somebody's principal, their home and the collections in it that are no
    /// calendars.
    func storedProperties(inHomeOf owner: String) throws(StorageError) -> [StoredProperty]

    /// All or nothing; of the changes, those that store and remove.
    /// - Throws: `.quotaExceeded`.
    func change(
        _ place: StoredPlace, ofHomeOf owner: String, _ changes: [CalendarChange]
    ) throws(StorageError)
}
