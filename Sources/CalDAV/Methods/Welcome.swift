import WebDAV
import XML

/// What a person sees who opens an address of ours in a browser: how to set up each client.
enum Welcome {
    /// Whether the client is a browser that would show a page and nothing else.
    static func isWanted(by request: Request) -> Bool {
        let accepted = request.fields["accept"]?.lowercased() ?? ""
        return accepted.contains("text/html") && !accepted.contains("text/calendar")
    }

    /// - Parameter calendar: the one at this address; nil at the root.
    static func response(_ calendar: CalendarRecord? = nil, in context: Context) -> Response {
        let request = context.request
        let origin = "\(request.scheme)://\(request.authority)"
        let server = escaped(origin + context.paths.base)
        var page = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(escaped(calendar?.displayName ?? "CalDAV"))</title>
            </head>
            <body>
            <h1>\(escaped(calendar?.displayName ?? "Your calendars"))</h1>
            <p>This address is for calendar programs, which show here what the CRM has for
            <b>\(escaped(context.user.name))</b>. The user name and the password are those of the
            CRM.</p>
            <p>Server address: <code>\(server)</code></p>

            """
        if let calendar {
            let address = escaped(origin + context.paths.calendar(calendar))
            page += "<p>Address of this calendar alone: <code>\(address)</code></p>\n"
        }
        page += instructions(server: server)
        page += "</body>\n</html>\n"
        return Response(
            .ok,
            fields: [
                ("Content-Type", "text/html; charset=utf-8"), ("Vary", "Accept, User-Agent"),
                ("Content-Security-Policy", "default-src 'none'"),
                ("Cache-Control", "private, no-cache"),
            ],
            body: request.method == "HEAD" ? .empty : .bytes(Array(page.utf8)))
    }

    private static func instructions(server: String) -> String {
        let rows = [
            ("Thunderbird", "New calendar, On the network: user name and the server address."),
            ("Apple Calendar and Reminders", "Add account, Other, CalDAV, manual: server address."),
            ("Android with DAVx\u{2075}", "Add account, URL and user name: the server address."),
            ("Evolution, GNOME, KDE", "New CalDAV account: the server address."),
            ("Outlook with CalDav Synchronizer", "New profile: the server address as DAV URL."),
            ("Nextcloud", "DAV Connector takes the host; a new subscription takes a calendar's."),
        ]
        let items = rows.map { "<dt>\($0.0)</dt>\n<dd>\($0.1)</dd>\n" }.joined()
        return "<dl>\n\(items)</dl>\n"
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        Array(text.utf8).withUnsafeBytes {
            XMLEscaping.append($0, to: &bytes, inAttribute: true)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
