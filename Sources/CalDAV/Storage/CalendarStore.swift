/// Calendars and their objects, wherever they are kept: all that the protocol asks of a store, by role.
///
/// What a handler needs it names by the role. One instance belongs to one worker thread. Every call is a
/// bounded, constant number of statements, whatever the size of the calendar.
package typealias CalendarStore =
    RequestStore & CalendarCollectionStore & PropertyStore & ObjectStore & SharingStore
    & PeopleStore
    & FeedStore & InstallationStore
