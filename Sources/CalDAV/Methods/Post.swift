import ICalendar
import WebDAV

/// POST to a calendar: a new object under a name that we choose (RFC 5995, DAV:add-member).
enum Post {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        guard case .calendar(let calendar) = resource else { throw RequestError(.notFound) }
        let incoming = try IncomingObject(of: context, for: calendar, isNew: true)
        let name = name(for: incoming.object.uid)
        let outcome = try Put.store(
            incoming, name: name, in: calendar, if: WriteCondition(ifNoneMatch: .any), isNew: true,
            context)
        return Response(
            .created,
            fields: [("Location", context.paths.object(name, in: calendar))]
                + incoming.etagField(outcome.etag))
    }

    /// The UID where it can be a name, else a name made of it: two UIDs never meet by chance.
    private static func name(for uid: String) -> String {
        let isPlain =
            uid.utf8.count <= 200 && !uid.hasPrefix(".")
            && uid.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."), UInt8(ascii: "@"):
                    true
                default: false
                }
            }
        if isPlain { return uid + ".ics" }
        var (forward, backward) = (FNV1a(), FNV1a())
        forward.add(uid)
        backward.add(uid.utf8.reversed())
        return "\(forward.text)-\(backward.text).ics"
    }
}
