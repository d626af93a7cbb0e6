import WebDAV

/// What a person sees who opens the root or a home in a browser: what this is, the calendars, and
/// how to set up each client with them.
enum Welcome {
    static func response(in context: Context) throws -> Response {
        let user = context.user
        let server = context.origin + context.paths.root
        let calendars = try context.calendars.calendars(of: user.name)
        var page = Page(title: "Calendars")
        page.add(
            """
            <h1>Calendars of \(user.displayName ?? user.name)</h1>
            <p>This address is for calendar programs. They sign in here with the user name and the
            password of the CRM, and show, add and change what the CRM has for you.</p>
            <dl class="card">
            <dt>Server address</dt><dd><code>\(server)</code></dd>
            <dt>User name</dt><dd><code>\(user.name)</code></dd>
            </dl>
            <h2>Your calendars</h2>
            <ul class="plain card">
            \(calendars.map { item(of: $0, context) }.joined())
            </ul>
            <p class="soft">A calendar has a page of its own, with addresses for programs that only
            read.</p>
            """)
        page.add(instructions(server: server, context))
        return page.response(in: context)
    }

    private static func item(of calendar: CalendarRecord, _ context: Context) -> HTML {
        """
        <li>\(CalendarPage.dot(of: calendar))<a class="name" \
        href="\(context.paths.calendar(calendar))">\(calendar.displayName)</a><br>
        <code>\(context.address(of: calendar))</code></li>
        """
    }

    private static func instructions(server: String, _ context: Context) -> HTML {
        let guides = ClientGuide.all(
            server: server, host: context.request.authority, user: context.user.name)
        let items = guides.map { guide -> HTML in
            let steps = guide.steps.map { "<li>\($0)</li>" as HTML }
            return """
                <details><summary>\(guide.client)</summary>
                <ol>
                \(steps.joined())
                </ol></details>
                """
        }
        return "<h2>Set up your program</h2>\n\(items.joined())"
    }
}
