import WebDAV

/// The little JSON (RFC 8259) that answers of our own have.
enum JSONAnswer {
    enum Value {
        case text(String)
        case number(Int64)
    }

    static func object(_ members: [(name: String, value: Value)]) -> String {
        let parts = members.map { name, value in
            switch value {
            case .text(let text): "\(quoted(name)):\(quoted(text))"
            case .number(let number): "\(quoted(name)):\(number)"
            }
        }
        return "{" + parts.joined(separator: ",") + "}"
    }

    static func response(_ status: Status, _ json: String) -> Response {
        Response(
            status,
            fields: [
                ("Content-Type", "application/json"), ("Cache-Control", "private, no-store"),
                ("Vary", "Accept"),
            ], body: .bytes(Array((json + "\n").utf8)))
    }

    static func response(_ status: Status, _ json: JSONValue) -> Response {
        response(status, String(decoding: json.text, as: UTF8.self))
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
