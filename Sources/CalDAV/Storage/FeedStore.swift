/// Secret addresses of calendars' feeds.
package protocol FeedStore: AnyObject {
    /// Makes a secret address of a calendar's feed.
    /// - Throws: `.quotaExceeded` where the calendar has too many.
    func createFeed(
        of calendar: CalendarRecord, label: String
    ) throws(StorageError) -> NewFeed

    /// By the order in which they were made.
    func feeds(of calendar: CalendarRecord) throws(StorageError) -> [FeedRecord]

    /// - Throws: `.notFound` for one that the calendar does not have.
    func revokeFeed(_ id: Int64, of calendar: CalendarRecord) throws(StorageError)
}
