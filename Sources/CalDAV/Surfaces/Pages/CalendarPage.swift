import WebDAV

/// What a person sees who opens a calendar in a browser: its addresses, the secret ones with buttons
/// to make and to end them.
enum CalendarPage {
    /// - Parameter newAddress: one that was just made, and can be shown just now.
    static func response(
        for calendar: CalendarRecord, newAddress: String? = nil, in context: Context
    ) throws -> Response {
        var page = Page(title: calendar.displayName)
        let address = context.address(of: calendar)
        page.add(
            """
            <p><a href="\(context.paths.root)">All calendars and how to set up programs</a></p>
            <h1>\(dot(of: calendar))\(calendar.displayName)</h1>
            """)
        if let description = calendar.description, !description.isEmpty {
            page.add("<p>\(description)</p>")
        }
        page.add(
            """
            <h2>To read and write</h2>
            <p>Calendar programs find this calendar at the server address. Some want its own:</p>
            <p class="card"><code>\(address)</code></p>
            <h2>To read</h2>
            <p>The same address, opened by a program that subscribes to calendars, gives all of it as
            one file. Behind it may stand:</p>
            <dl class="card">
            <dt><code>?export</code></dt>
            <dd>a file to keep: <a href="\(address)?export">download</a></dd>
            <dt><code>?todos=events</code></dt>
            <dd>to-dos as events, for programs that know no to-dos</dd>
            <dt><code>?componentType=VEVENT</code></dt><dd>events alone; VTODO: to-dos alone</dd>
            <dt><code>?start=…&amp;end=…</code></dt>
            <dd>a part, as in <code>20260101T000000Z</code>; with <code>&amp;expand=1</code>
            every repetition by itself</dd>
            </dl>
            """)
        if calendar.owner.hasSameBytes(as: context.user.name) {
            page.add(try secretAddresses(of: calendar, newAddress, context))
        }
        return page.response(in: context)
    }

    private static func secretAddresses(
        of calendar: CalendarRecord, _ newAddress: String?, _ context: Context
    ) throws -> HTML {
        let action = context.paths.calendar(calendar) + "?feed"
        let items = try context.feeds.feeds(of: calendar).map { feed -> HTML in
            """
            <li class="row"><span><span class="name">\(feed.label.isEmpty ? "No name" : feed.label)\
            </span> <span class="soft">since \(String(Timestamp.iso8601(feed.created).prefix(10)))\
            </span></span>
            <form method="post" action="\(action)">
            <button name="revoke" value="\(String(feed.id))" \
            aria-label="End the address for \(feed.label)">End it</button></form></li>
            """
        }
        var new: HTML = ""
        if let newAddress {
            new = """
                <div class="card new" role="status"><p class="name">The new address. It is shown \
                this once:</p>
                <p><code>\(newAddress)</code></p></div>
                """
        }
        let list: HTML =
            items.isEmpty ? "" : "<ul class=\"plain card\">\n\(items.joined())\n</ul>"
        return """
            <h2>Secret addresses</h2>
            <p>A subscription in Nextcloud or Google Calendar has no place for a password. A secret
            address needs none: whoever has it can read this calendar, until you end it.</p>
            \(new)
            \(list)
            <form method="post" action="\(action)">
            <input name="label" maxlength="100" placeholder="What it is for, such as Nextcloud"
            aria-label="What the new address is for">
            <button class="main">Make a secret address</button></form>
            """
    }

    /// The calendar's colour, where it is one of hexadecimal digits.
    static func dot(of calendar: CalendarRecord) -> HTML {
        guard let color = calendar.color, color.hasPrefix("#"), color.utf8.count >= 7,
            color.dropFirst().allSatisfy(\.isHexDigit)
        else { return "" }
        return """
            <svg viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="5" \
            fill="\(String(color.prefix(7)))"/></svg>
            """
    }
}
