import CalDAV
import MariaDB

// How many calendars a home may have, and secret addresses a calendar. Who adds one locks a row first, so
// that those who add at the same time see one another.
extension Store {
    /// Changes nothing: the row is locked until the transaction ends. Parameters: the calendar.
    private static let lockState: SQL = """
        UPDATE caldav_calendar_state SET protected = protected WHERE calendar_id = ?
        """
    /// The state row of the default calendar stands for the home. Parameters: the owner, its uri.
    private static let lockHome: SQL = """
        UPDATE caldav_calendar_state SET protected = protected
         WHERE calendar_id = (SELECT c.id FROM caldav_calendars AS c
                               WHERE c.user_id = ? AND c.uri = ?)
        """
    /// Those that are there, and those in the trash. Parameters: the owner, twice.
    private static let countCalendars: SQL = """
        SELECT (SELECT COUNT(*) FROM caldav_calendars AS c WHERE c.user_id = ?),
               (SELECT COUNT(*) FROM caldav_trash_calendars AS t WHERE t.owner = ?)
        """
    private static let countFeeds: SQL = "SELECT COUNT(*) FROM caldav_feeds WHERE calendar_id = ?"

    func lockState(of calendar: Int64) throws(StoreFailure) {
        try later(Store.lockState, [.int(calendar)])
    }

    func lockHome(of owner: String) throws(StoreFailure) {
        try later(Store.lockHome, homeKey(of: owner))
    }

    private func homeKey(of owner: String) -> [Value] {
        [.text(owner), .text(settings.defaultCalendar.uri)]
    }

    /// Called within the transaction that makes a calendar, before it is made.
    ///
    /// - Throws: `.quotaExceeded`.
    func checkCalendars(of owner: String) throws(StoreFailure) {
        let bounds = settings.bounds
        let (present, deleted) = try counts(
            Statement(Store.countCalendars, [.text(owner), bytes(owner)]),
            after: Statement(Store.lockHome, homeKey(of: owner)))
        guard
            present >= Int64(bounds.maxCalendars)
                || present + deleted >= Int64(bounds.maxCalendarsWithTrash)
        else { return }
        throw .storage(
            .quotaExceeded(
                QuotaExcess(
                    .calendars,
                    "There may be \(bounds.maxCalendars) calendars at most, and with those that were "
                        + "deleted in the last \(settings.retention.trashDays) days "
                        + "\(bounds.maxCalendarsWithTrash).")))
    }

    /// Called within the transaction that makes a secret address, before it is made.
    ///
    /// - Throws: `.quotaExceeded`.
    func checkFeeds(of calendar: Int64) throws(StoreFailure) {
        let (count, _) = try counts(
            Statement(Store.countFeeds, [.int(calendar)]),
            after: Statement(Store.lockState, [.int(calendar)]))
        guard count >= Int64(settings.bounds.maxFeeds) else { return }
        throw .storage(
            .quotaExceeded(
                QuotaExcess(
                    .feeds,
                    "A calendar may have \(settings.bounds.maxFeeds) secret addresses at most.")))
    }

    private func counts(
        _ query: Statement, after lock: Statement
    ) throws(StoreFailure) -> (Int64, Int64) {
        let isPair = query.values.count > 1
        return try database { () throws(DatabaseError) in
            try connection.row(of: query, after: [lock]) {
                ($0.int(0) ?? 0, isPair ? $0.int(1) ?? 0 : 0)
            } ?? (0, 0)
        }
    }
}
