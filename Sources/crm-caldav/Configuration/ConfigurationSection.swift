import CRMStore
import CalDAV
import FastCGI
import MariaDB
import Outgoing
import RemoteSync

/// Keys that belong together, under a heading of the printed sample.
struct ConfigurationSection: Sendable {
    let title: String
    let keys: [ConfigurationKey]

    static let all = [
        database, users, tasks, calendars, bounds, retention, serving, signIn, remotes, logs,
    ]

    private static let database = ConfigurationSection(
        title: "The CRM's database (MariaDB 10.3 or MySQL 8.0, or later)",
        keys: [
            .text("database_name", \.store.connection.database, "The CRM's database; required"),
            .text("database_user", \.store.connection.user, "An account of the database server"),
            .text(
                "database_password", \.store.connection.password, "Its password", isSecret: true),
            .text(
                "database_password_file", \.databasePasswordFile,
                "A file that holds nothing but the password, instead of database_password"),
            .text(
                "database_socket", \.store.connection.socket,
                "Path of the server's Unix socket; without it, TCP to the next two"),
            .text("database_host", \.store.connection.host, "Name or address of the server"),
            .number("database_port", \.store.connection.port, in: 1...65_535, "Its TCP port"),
            .choice(
                "database_tls", \.store.connection.tls,
                "off, preferred (encrypted where the server can) or verify (and its certificate is right)"
            ),
            .text(
                "database_ca_file", \.store.connection.caFile,
                "PEM file of the authorities that may have signed the server's certificate"),
            .number(
                "database_connect_timeout", \.store.connection.connectTimeout, in: 1...60,
                "Seconds to wait for the server before a request is answered with 503"),
            .number(
                "database_read_timeout", \.store.connection.readTimeout, in: 1...600,
                "Seconds to wait for each answer of the server"),
            .value(
                "own_tables_prefix", \.store.ownTablesPrefix,
                mustBe: "a letter and then letters, digits and _, and to make no name that is "
                    + "longer than 64 characters or that another table has by default",
                "With what the names of crm-caldav's own tables and triggers begin; the documented\n"
                    + "tables, caldav_calendars and caldav_sync_log, keep their names",
                parse: { OwnSchema.accepts(prefix: $0) ? $0 : nil }, write: { $0 }),
        ])

    private static let users = ConfigurationSection(
        title: "The CRM's users, who sign in with their CRM password",
        keys: [
            .text("users_table", \.store.users.table, "The table of users"),
            .text("users_id_column", \.store.users.idColumn, "Its primary key"),
            .text("users_name_column", \.store.users.nameColumn, "What people type as user name"),
            .text(
                "users_password_column", \.store.users.passwordColumn,
                "A password hash of PHP's password_hash() or crypt()"),
            .text(
                "users_email_column", \.store.users.emailColumn,
                "The user's address, for invitations; empty where there is none"),
            .text(
                "users_display_name_column", \.store.users.displayNameColumn,
                "The user's name as people write it"),
            .text(
                "users_condition", \.store.users.condition,
                "SQL that has to hold for an account that may sign in, such as active = 1"),
        ])

    private static let tasks = ConfigurationSection(
        title: "The CRM's tasks",
        keys: [
            .text("tasks_table", \.store.tasks.table, "The table of tasks"),
            .text(
                "tasks_owner_column", \.store.tasks.ownerColumn,
                "The column that says whose task it is, with values of users_id_column;\n"
                    + "without it every task is in the calendar of default_calendar_user"),
            .text(
                "tasks_calendar_column", \.store.tasks.calendarColumn,
                "The column that holds an id of caldav_calendars"),
            .text(
                "tasks_all_day_column", \.store.tasks.allDayColumn,
                "The column that is not 0 for an all-day task"),
            .choice(
                "all_day_end", \.store.allDayEnd,
                "Whether end_datetime of an all-day task names the day after the last one (exclusive)\n"
                    + "or the last one (inclusive)"),
            .text(
                "time_zone", \.store.timeZone,
                "The zone in which start_datetime and end_datetime are meant, such as Europe/Berlin"
            ),
            .choice(
                "confirmed_means", \.store.confirmedMeans,
                "What STATUS:CONFIRMED of a client's event makes of the task: completed or pending.\n"
                    + "Nextcloud and Google write CONFIRMED on every new event: with them, say pending"
            ),
        ])

    private static let calendars = ConfigurationSection(
        title: "Calendars",
        keys: [
            .text(
                "default_calendar_user", \.store.defaultCalendar.user,
                "Whose calendar has the tasks that name no owner"),
            .text(
                "default_calendar_uri", \.store.defaultCalendar.uri,
                "The last part of the address of everybody's first calendar"),
            .text(
                "calendar_display_name", \.store.newCalendar.displayName,
                "The name of everybody's first calendar"),
            .text(
                "calendar_time_zone", \.store.newCalendar.timeZone, "The zone of a new calendar"),
            .value(
                "calendar_color", \.store.newCalendar.color, mustBe: "of the form #3366CC",
                "The colour of a new calendar", parse: color, write: { $0 }),
            .value(
                "calendar_components", \.store.newCalendar.components,
                mustBe: "names out of VEVENT, VTODO, VJOURNAL, VFREEBUSY with commas between them",
                "What everybody's first calendar may hold", parse: components,
                write: { $0.joined(separator: ", ") }),
            .choice(
                "find_people", \.serve.findPeople,
                "How people find others to share calendars with: by a part of their name or address\n"
                    + "(part), by the whole of it (whole), or not at all (nobody)"),
            .flag(
                "mirror_new_calendars", \.store.mirrorsNewCalendars,
                "Whether what is put into calendars that clients make becomes tasks of the CRM"),
            .size(
                "max_resource_size", \.store.limits.maxResourceSize, in: 10 << 10...1 << 30,
                "The largest event or to-do; keep the web server's limit above it"),
            .number(
                "max_instances", \.store.limits.maxInstances, in: 1...1_000_000,
                "The most repetitions that a rule with COUNT may have"),
            .number(
                "max_attendees", \.store.limits.maxAttendeesPerInstance, in: 1...100_000,
                "The most people that an event may invite"),
        ])

    private static let bounds = ConfigurationSection(
        title: "What one user may store; beyond is answered with 507, and the CRM is never refused",
        keys: [
            .size(
                "max_home_size", \.store.bounds.maxHomeSize, in: 1 << 20...1 << 40,
                "The most that the calendars of a user may hold together, with what is in their trash"
            ),
            .number(
                "max_calendars", \.store.bounds.maxCalendars, in: 1...100_000,
                "The most calendars that a user may have; with those in their trash, ten times as many"
            ),
            .number(
                "max_feeds", \.store.bounds.maxFeeds, in: 0...10_000,
                "The most secret addresses that a calendar may have"),
            .number(
                "max_properties", \.store.bounds.maxProperties, in: 0...10_000,
                "The most properties unknown here that clients may store with a calendar, a home or a\n"
                    + "principal; each user's own values of a shared calendar count by themselves"),
            .size(
                "max_properties_size", \.store.bounds.maxPropertiesSize, in: 0...64 << 20,
                "The most that those may hold together"),
        ])

    private static let retention = ConfigurationSection(
        title: "Keeping what no calendar shows any more",
        keys: [
            .number(
                "trash_days", \.store.retention.trashDays, in: 1...3650,
                "Days for which deleted and overwritten versions are in the trash"),
            .number(
                "trash_versions", \.store.retention.trashVersions, in: 1...10_000,
                "The most versions of one event or to-do that the trash keeps"),
            .number(
                "log_days", \.store.retention.logDays, in: 1...36_500,
                "Days for which caldav_sync_log keeps its rows"),
            .number(
                "sync_days", \.store.retention.tombstoneDays, in: 180...3650,
                "Days for which a client that was away still learns what was removed,\n"
                    + "instead of listing its calendars afresh"),
        ])

    private static let serving = ConfigurationSection(
        title: "Serving",
        keys: [
            .value(
                "listen", \.serve.listen,
                mustBe: "unix:PATH, HOST:PORT or inherited (a socket as descriptor 0)",
                "Where the web server reaches us: unix:PATH, HOST:PORT (:PORT is loopback), or inherited,\n"
                    + "the socket that systemd, spawn-fcgi or mod_fcgid hands over",
                parse: { ListenAddress($0) }, write: written),
            .value(
                "listen_mode", \.serve.listenMode, mustBe: "an octal number such as 0660",
                "Permissions of a Unix socket's file: the web server has to be able to write",
                parse: { UInt32($0, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil } },
                write: { "0" + String($0, radix: 8) }),
            .text(
                "listen_group", \.serve.listenGroup,
                "The group that the socket's file is to belong to, such as www-data"),
            .value(
                "listen_peers", \.serve.listenPeers,
                mustBe: "auto, any, or names of accounts with commas between them",
                "Accounts that may connect to a Unix socket, besides root and our own: names or numbers with\n"
                    + "commas between them; auto: the web servers' that the machine has, and the owner and the\n"
                    + "group of the socket's file; any: whoever the file's permissions let in",
                parse: { ListenPeers($0) }, write: { $0.text }),
            .value(
                "threads", \.serve.threads, mustBe: "auto or a number from 1 to 256",
                "Requests that a process answers at once, each with a database connection of its own;\n"
                    + "auto: 1 where the web server starts the program (*.fcgi), otherwise 8",
                parse: threads, write: { $0.map(String.init) ?? "auto" }),
            .number(
                "processes", \.serve.processes, in: 1...64,
                "Worker processes; with more than one, a supervisor starts anew what dies"),
            .value(
                "base_path", \.serve.basePath, mustBe: "a path that begins and ends with /",
                "The path that everything is below, such as /caldav/; without it, what the web server\n"
                    + "says as SCRIPT_NAME",
                parse: basePath, write: { $0 }),
            .value(
                "public_address", \.serve.publicAddress,
                mustBe: "an address such as https://crm.example.org/caldav/",
                "Where clients reach the calendars, such as https://crm.example.org/caldav/; other servers\n"
                    + "are told it",
                parse: publicAddress, write: { $0 }),
            .value(
                "trusted_proxies", \.serve.trustedProxies,
                mustBe: "addresses or networks such as 10.0.0.0/8 with commas between them",
                "Proxies before the web server that are believed X-Forwarded-For, -Proto and -Host",
                parse: AddressRange.list,
                write: { $0.isEmpty ? nil : $0.map(\.text).joined(separator: ", ") }),
            .value(
                "surfaces", \.serve.surfaces,
                mustBe:
                    "names out of \(Surfaces.names.joined(separator: ", ")), with commas between them",
                "What is answered: WebDAV and CalDAV (dav), secret addresses (feeds), pages for browsers\n"
                    + "(pages), sharing with other servers (federation)",
                parse: Surfaces.list, write: { $0.joined(separator: ", ") }),
            .size(
                "max_xml_size", \.serve.maxXMLSize, in: 10 << 10...64 << 20,
                "The largest question a client may ask"),
            .text(
                "state_directory", \.store.stateDirectory,
                "A directory for what has to survive a restart and a restored database"),
        ])

    private static let signIn = ConfigurationSection(
        title: "Signing in",
        keys: [
            .text("realm", \.serve.realm, "What a client shows when it asks for the password"),
            .flag(
                "remote_user", \.serve.trustsRemoteUser,
                "Whether whom the web server signed in (REMOTE_USER) needs no password here"),
            .value(
                "sign_in_remembered", \.signIn.rememberedFor,
                mustBe: "a number of seconds from 0 to 3600",
                "Seconds that a right password need not be hashed again; a changed one ends it at once",
                parse: { Int64($0).flatMap { (0...3600).contains($0) ? $0 * 1000 : nil } },
                write: { String($0 / 1000) }),
            .number(
                "sign_in_waiting", \.signIn.maxWaiting, in: 1...1000,
                "Sign-ins that may wait for their hash; what is beyond is told to come again"),
            .value(
                "sign_in_wait", \.signIn.maxWait, mustBe: "a number of seconds from 1 to 60",
                "Seconds that a sign-in may wait for its hash",
                parse: { Int64($0).flatMap { (1...60).contains($0) ? $0 * 1000 : nil } },
                write: { String($0 / 1000) }),
            .number(
                "sign_in_retry_after", \.signIn.busyRetryAfter, in: 1...600,
                "Seconds after which a client that could not wait is to come again"),
            .number(
                "sign_in_max_remembered", \.signIn.maxRemembered, in: 1...1_000_000,
                "Right passwords that a process remembers at once"),
            .number(
                "sign_in_max_counted", \.signIn.maxCounted, in: 100...1_000_000,
                "Users and addresses whose wrong passwords a process counts at once"),
        ])

    private static let remotes = ConfigurationSection(
        title: "Other servers (crm-caldav remote, share, work)",
        keys: [
            .text(
                "sync_key_file", \.sync.keyFile,
                "The file of the key that encrypts the passwords of other servers; without it,\n"
                    + "remote.key in state_directory"),
            .text(
                "sync_ca_file", \.sync.http.caFile,
                "PEM file of the authorities that may have signed those servers' certificates, instead of\n"
                    + "the machine's own"),
            .number(
                "sync_interval", \.sync.interval, in: 1...3600,
                "Seconds between two looks at a remote calendar on which nothing happens"),
            .number(
                "sync_threads", \.sync.threads, in: 1...64,
                "Remote calendars that are worked on at once"),
            .number(
                "sync_timeout", \.sync.http.idleTimeout, in: 1...600,
                "Seconds to wait for a server that says nothing"),
            .value(
                "outgoing_allowed_networks", \.sync.http.policy.allowedNetworks,
                mustBe: "addresses or networks with commas between them, such as 10.0.0.0/8",
                "Networks that may be reached although they are not public, such as 10.0.0.0/8; this\n"
                    + "machine (127.0.0.0/8) and the local network are refused otherwise",
                parse: AddressRange.list,
                write: { $0.isEmpty ? nil : $0.map(\.text).joined(separator: ", ") }),
            .flag(
                "outgoing_http", \.sync.http.policy.allowsPlainHTTP,
                "Whether servers may be reached over http, without encryption"),
        ])

    private static let logs = ConfigurationSection(
        title: "Logs: lines of JSON; SIGHUP has files opened anew",
        keys: [
            .value(
                "access_log", \.serve.accessLog, mustBe: "a path, - or off",
                "A line a request: a file, - for standard error, or off",
                parse: { LogTarget($0) }, write: { $0.text }),
            .value(
                "error_log", \.serve.errorLog, mustBe: "a path, - or off",
                "What an operator should know: a file, - for standard error, or off",
                parse: { LogTarget($0) }, write: { $0.text }),
            .choice("log_level", \.serve.logLevel, "error, warning or info"),
        ])
}

// MARK: - Values of one key

private func color(_ text: String) -> String? {
    guard text.hasPrefix("#"), text.count == 7, text.dropFirst().allSatisfy(\.isHexDigit) else {
        return nil
    }
    return text
}

private func components(_ text: String) -> [String]? {
    let names = text.split(separator: ",").map { $0.trimmed.uppercased() }
    guard !names.isEmpty, names.allSatisfy(ComponentSet.supported.contains) else {
        return nil
    }
    return names
}

private func written(_ address: ListenAddress) -> String? {
    switch address {
    case .inherited: "inherited"
    case .unix(let path): "unix:\(path)"
    case .tcp(let host, let port):
        "\(host.map { $0.contains(":") ? "[\($0)]" : $0 } ?? "*"):\(port)"
    }
}

/// Two levels: whether the text is right, and whether it names a number.
private func threads(_ text: String) -> Int?? {
    if text == "auto" { return .some(nil) }
    guard let count = Int(text), (1...256).contains(count) else { return nil }
    return .some(count)
}

private func publicAddress(_ text: String) -> String?? {
    if text.isEmpty { return .some(nil) }
    guard let address = WebAddress(text), !text.contains("?"), !text.contains("#") else {
        return nil
    }
    return address.text.hasSuffix("/") ? address.text : address.text + "/"
}

private func basePath(_ text: String) -> String?? {
    if text.isEmpty { return .some(nil) }
    guard text.hasPrefix("/"), text.hasSuffix("/"), !text.contains("//") else { return nil }
    return .some(text)
}
