package import MariaDB

/// What an operator may say about the CRM's database and how its tasks are shown.
///
/// Every field has the value that suits the documented CRM; `Configuration` of the executable fills
/// it from the configuration file and the environment.
package struct StoreSettings: Sendable {
    /// How to reach the database server.
    package var connection = ConnectionSettings()

    /// With what the names of our own tables and triggers begin; `OwnSchema` says which are possible.
    package var ownTablesPrefix = OwnSchema.defaultPrefix

    package var users = UserTable()
    package var tasks = TaskTable()

    /// IANA name of the zone in which the CRM's wall-clock columns are meant.
    package var timeZone = "UTC"

    /// Properties of a calendar that is made without saying otherwise.
    package var newCalendar = CalendarDefaults()

    /// Owner and `uri` of the calendar for tasks that name no owner and no calendar.
    package var defaultCalendar = (user: "admin", uri: "crm-tasks")

    /// What STATUS:CONFIRMED of a client's event says of the task.
    package var confirmedMeans = ConfirmedMeaning.completed

    /// Whether an all-day task's `end_datetime` names the day after the last one, as DTEND does.
    package var allDayEnd = AllDayEnd.exclusive

    /// Whether calendars that clients make hold CRM tasks.
    package var mirrorsNewCalendars = true

    package var limits = ObjectLimits()

    package var bounds = StorageBounds()

    package var retention = Retention()

    /// A directory for what survives a restart outside the database (known revisions, remembered
    /// sign-in key). Nil: none, then such facts live in each process only.
    package var stateDirectory: String?

    package init() {}

    /// Our own tables under the names that they have here.
    package var ownSchema: OwnSchema { OwnSchema(prefix: ownTablesPrefix) }
}

/// The CRM's table of users, for sign-in.
package struct UserTable: Sendable {
    package var table = "users"
    /// The column a task's owner column refers to.
    package var idColumn = "id"
    /// What people type as user name.
    package var nameColumn = "username"
    /// A PHP `password_hash` or crypt(3) string.
    package var passwordColumn = "password"
    package var emailColumn: String? = "email"
    package var displayNameColumn: String?
    /// SQL that must hold for an account that may sign in, such as `active = 1`.
    package var condition: String?

    package init() {}
}

/// The CRM's table of tasks.
package struct TaskTable: Sendable {
    package var table = "tasks"
    /// The column that says whose task it is, with values of `UserTable.idColumn`.
    package var ownerColumn: String?
    /// The column that holds an id of `caldav_calendars`; `calendar_id` is used where it exists.
    package var calendarColumn: String?
    /// A column that is not 0 for an all-day task.
    package var allDayColumn: String?

    package init() {}
}

package struct CalendarDefaults: Sendable {
    package var displayName = "CRM Tasks"
    /// IANA name.
    package var timeZone = "UTC"
    /// `#RRGGBB`
    package var color = "#3366CC"
    /// Upper case component names.
    package var components = ["VEVENT", "VTODO"]

    package init() {}
}

package enum ConfirmedMeaning: String, Sendable, CaseIterable {
    case completed, pending
}

package enum AllDayEnd: String, Sendable, CaseIterable {
    case exclusive, inclusive
}

/// How long is kept what no calendar shows any more.
package struct Retention: Sendable {
    /// Days in the trash.
    package var trashDays: Int64 = 30
    /// Versions of one object in the trash.
    package var trashVersions: Int64 = 50
    /// Days of `caldav_sync_log`.
    package var logDays: Int64 = 90
    /// Days for which a client that was away still learns by its sync token what was removed.
    package var tombstoneDays: Int64 = 180

    package init() {}
}

/// What a calendar object may be at most; announced as the properties of RFC 4791 §5.2.5 to §5.2.9.
package struct ObjectLimits: Sendable {
    /// Bytes of the iCalendar text.
    package var maxResourceSize = 10 << 20
    package var maxInstances = 10_000
    package var maxAttendeesPerInstance = 1_000

    package init() {}
}

/// What one user may store; beyond is refused with 507 `DAV:quota-not-exceeded` (RFC 4331 §6). The CRM
/// may do what it likes.
package struct StorageBounds: Sendable {
    /// Properties without a meaning here that a collection or principal keeps, and their bytes.
    package var maxProperties = 200
    package var maxPropertiesSize = 128 << 10
    /// Calendars of a home.
    package var maxCalendars = 500
    /// The same with those in the trash: what is made and deleted over and over takes room, too.
    package var maxCalendarsWithTrash: Int { 10 * maxCalendars }
    /// Secret addresses of one calendar.
    package var maxFeeds = 100
    /// Bytes of the texts in a home, with those of the versions in the trash.
    package var maxHomeSize = 2 << 30

    package init() {}
}
