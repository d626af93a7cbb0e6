import WebDAV
import XML

/// A page for a person with a browser: HTML of one file, without script and without anything from
/// elsewhere.
struct Page {
    private var body = ""
    private let title: String

    init(title: String) { self.title = title }

    /// Whether the client is a browser, which would show a page and nothing else.
    static func isWanted(by request: Request) -> Bool {
        let accepted = request.fields["accept"]?.lowercased() ?? ""
        return accepted.contains("text/html") && !accepted.contains("text/calendar")
            && !FeedRequest.isMeant(by: request)
    }

    /// - Parameter html: as it is; what comes from outside is escaped.
    mutating func add(_ html: HTML) { body += html.text + "\n" }

    func response(in context: Context) -> Response {
        let html: HTML = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(markup: PageStyle.css)</style>
            </head>
            <body>
            <main>
            \(markup: body)</main>
            </body>
            </html>

            """
        return Response(
            .ok,
            fields: [
                ("Content-Type", "text/html; charset=utf-8"),
                ("Vary", "Accept, User-Agent"),
                ("Cache-Control", "private, no-cache"),
                ("Content-Security-Policy", PageStyle.policy),
                ("Referrer-Policy", "no-referrer"),
            ],
            body: context.request.method == "HEAD" ? .empty : .bytes(Array(html.text.utf8)))
    }
}

/// Markup into which nothing gets unescaped but what says that it is markup.
struct HTML: ExpressibleByStringInterpolation {
    let text: String

    init(stringLiteral text: String) { self.text = text }

    init(stringInterpolation interpolation: Interpolation) { text = interpolation.text }

    struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }

        /// Text of any kind.
        mutating func appendInterpolation(_ value: String) {
            var bytes: [UInt8] = []
            Array(value.utf8).withUnsafeBytes {
                XMLEscaping.append($0, to: &bytes, inAttribute: true)
            }
            text += String(decoding: bytes, as: UTF8.self)
        }

        mutating func appendInterpolation(_ html: HTML) { text += html.text }

        mutating func appendInterpolation(markup: String) { text += markup }
    }
}

extension [HTML] {
    func joined() -> HTML { HTML(stringLiteral: map(\.text).joined(separator: "\n")) }
}
