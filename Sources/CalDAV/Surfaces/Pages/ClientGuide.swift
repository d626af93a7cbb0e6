/// How each client is set up: one row for each.
struct ClientGuide {
    let client: String
    let steps: [HTML]

    /// - Parameters:
    ///   - server: whole address of the root.
    ///   - host: of it, with the port where there is one.
    ///   - user: what to sign in with.
    static func all(server: String, host: String, user: String) -> [ClientGuide] {
        [
            ClientGuide(
                client: "Thunderbird",
                steps: [
                    "In the calendar, choose <b>New Calendar</b>, then <b>On the Network</b>.",
                    """
                    User name <code>\(user)</code>, location <code>\(server)</code>, \
                    <b>Find Calendars</b>.
                    """,
                    "Choose the calendars and <b>Subscribe</b>.",
                ]),
            ClientGuide(
                client: "iPhone and iPad: Calendar and Reminders",
                steps: [
                    """
                    <b>Settings</b>, <b>Apps</b>, <b>Calendar</b>, <b>Calendar Accounts</b>, \
                    <b>Add Account</b>, <b>Other</b>, <b>Add CalDAV Account</b>.
                    """,
                    "Server <code>\(host)</code>, user name <code>\(user)</code>, and your password.",
                ]),
            ClientGuide(
                client: "Mac: Calendar and Reminders",
                steps: [
                    """
                    In Calendar, <b>Add Account</b>, <b>Other CalDAV Account</b>, account type \
                    <b>Manual</b>.
                    """,
                    """
                    User name <code>\(user)</code>, your password, server address \
                    <code>\(server)</code>.
                    """,
                ]),
            ClientGuide(
                client: "Android: DAVx\u{2075}",
                steps: [
                    "Add an account, <b>Login with URL and user name</b>.",
                    """
                    Base URL <code>\(server)</code>, user name <code>\(user)</code>, and your \
                    password.
                    """,
                    "Choose the calendars. To-dos show in Tasks.org, jtx Board or OpenTasks.",
                ]),
            ClientGuide(
                client: "Evolution and GNOME Calendar",
                steps: [
                    """
                    <b>New Calendar</b>, type <b>CalDAV</b>; or GNOME\u{2019}s <b>Online Accounts</b>, \
                    <b>Calendar, Contacts and Files</b>.
                    """,
                    """
                    Address <code>\(server)</code>, user name <code>\(user)</code>, \
                    <b>Find Calendars</b>.
                    """,
                ]),
            ClientGuide(
                client: "KDE: Merkuro and KOrganizer",
                steps: [
                    """
                    <b>Add Calendar</b>, <b>DAV groupware resource</b>; user name \
                    <code>\(user)</code>, your password.
                    """,
                    """
                    <b>Configure manually</b>, add <b>CalDAV</b> with <code>\(server)</code>, and \
                    <b>Fetch</b>.
                    """,
                ]),
            ClientGuide(
                client: "Outlook: CalDav Synchronizer",
                steps: [
                    "<b>Synchronization Profiles</b>, add a <b>Generic CalDAV/CardDAV</b> profile.",
                    """
                    DAV URL <code>\(server)</code>, user name <code>\(user)</code>, your password; \
                    <b>Test or discover settings</b>.
                    """,
                ]),
            ClientGuide(
                client: "Nextcloud, to read",
                steps: [
                    "Here, make a secret address of the calendar.",
                    """
                    In Nextcloud\u{2019}s Calendar, <b>New calendar</b>, <b>New subscription from \
                    link</b>: that address. Nextcloud reads it once an hour.
                    """,
                ]),
            ClientGuide(
                client: "Nextcloud, to read and write",
                steps: [
                    """
                    Whoever runs this server can share a calendar with you there: tell them your \
                    federated cloud id, which stands in your settings, <b>Sharing</b>. For a Nextcloud \
                    before 33, they can pair a calendar here with one there.
                    """,
                    """
                    Otherwise, install the app <b>DAV Connector</b>; in your settings, <b>Connected \
                    accounts</b>: server <code>\(host)</code>, user name <code>\(user)</code>, and \
                    your password.
                    """,
                ]),
            ClientGuide(
                client: "Any other program",
                steps: [
                    """
                    One that speaks CalDAV takes <code>\(server)</code>, or the host alone, with your \
                    user name and password.
                    """,
                    "One that only reads takes a secret address of a calendar.",
                ]),
        ]
    }
}
