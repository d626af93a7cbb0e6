import WebDAV
import XML

/// What a person sees who opens the address in a browser.
enum Welcome {
    static func response(in context: Context) -> Response {
        let address =
            "\(context.request.scheme)://\(context.request.authority)\(context.paths.base)"
        let page = """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>CalDAV</title></head>
            <body>
            <h1>Your calendars</h1>
            <p>This address is for calendar programs. Give yours this server address, with the user
            name and password that you have in the CRM:</p>
            <p><code>\(escaped(address))</code></p>
            <p>You are signed in as <b>\(escaped(context.user.name))</b>.</p>
            </body>
            </html>

            """
        return Response(
            .ok,
            fields: [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Content-Security-Policy", "default-src 'none'"),
            ],
            body: context.request.method == "HEAD" ? .empty : .bytes(Array(page.utf8)))
    }

    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        Array(text.utf8).withUnsafeBytes {
            XMLEscaping.append($0, to: &bytes, inAttribute: true)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
