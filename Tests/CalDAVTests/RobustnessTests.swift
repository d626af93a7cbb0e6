import CalDAV
import Testing
import WebDAV
import XML

/// A generator whose numbers are the same in each run.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

@Suite("Whatever is sent is answered")
struct RobustnessTests {
    private static let namespaces =
        #"xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns="urn:x""#
    private static let bodies = [
        "<d:propfind \(namespaces)><d:prop><d:getetag/><a/><c:calendar-timezone/></d:prop></d:propfind>",
        "<d:propfind \(namespaces)><d:allprop/><d:include><d:acl/></d:include></d:propfind>",
        "<d:propertyupdate \(namespaces)><d:set><d:prop><a>1<b/>2</a><d:displayname>n</d:displayname>"
            + "</d:prop></d:set><d:remove><d:prop><b/></d:prop></d:remove></d:propertyupdate>",
        "<d:sync-collection \(namespaces)><d:sync-token>http://sabre.io/ns/sync/2</d:sync-token>"
            + "<d:limit><d:nresults>1</d:nresults></d:limit><d:prop><d:getetag/></d:prop></d:sync-collection>",
        "<c:calendar-multiget \(namespaces)><d:prop><c:calendar-data><c:expand start=\"20260101T000000Z\" "
            + "end=\"20270101T000000Z\"/></c:calendar-data></d:prop>"
            + "<d:href>/caldav/calendars/anna/crm-tasks/a.ics</d:href></c:calendar-multiget>",
        "<c:calendar-query \(namespaces)><d:prop><c:calendar-data><c:comp name=\"VCALENDAR\">"
            + "<c:comp name=\"VEVENT\"><c:prop name=\"UID\"/></c:comp></c:comp></c:calendar-data></d:prop>"
            + "<c:filter><c:comp-filter name=\"VCALENDAR\"><c:comp-filter name=\"VEVENT\"><c:time-range "
            + "start=\"20260101T000000Z\" end=\"20270101T000000Z\"/><c:prop-filter name=\"SUMMARY\">"
            + "<c:text-match negate-condition=\"yes\">x</c:text-match></c:prop-filter></c:comp-filter>"
            + "</c:comp-filter></c:filter></c:calendar-query>",
        "<c:free-busy-query \(namespaces)><c:time-range start=\"20260101T000000Z\"/></c:free-busy-query>",
        "<d:expand-property \(namespaces)><d:property name=\"owner\"><d:property name=\"acl\"/>"
            + "</d:property></d:expand-property>",
        "<d:principal-property-search \(namespaces)><d:property-search><d:prop><d:displayname/></d:prop>"
            + "<d:match>a</d:match></d:property-search><d:prop><d:displayname/></d:prop>"
            + "</d:principal-property-search>",
        event("1", more: "RRULE:FREQ=DAILY;COUNT=3"),
    ]
    private static let paths = [
        "", "principals/", "principals/users/anna/", "calendars/", "calendars/anna/",
        "calendars/anna/crm-tasks/", "calendars/anna/crm-tasks/a.ics", "calendars/anna/new/",
        "calendars/anna/crm-tasks/%41%2f.ics", "calendars/ben/",
    ]
    private static let methods = [
        "OPTIONS", "GET", "HEAD", "PUT", "POST", "DELETE", "PROPFIND", "PROPPATCH", "REPORT",
        "REPORT", "REPORT", "MKCALENDAR", "MKCOL",
    ]
    private static let fields = [
        ("Depth", "1"), ("Depth", "infinity"), ("If-Match", "\"e2\""), ("If-None-Match", "*"),
        ("If", "</caldav/> ([\"e\"] Not <t>)"), ("Prefer", "return=minimal"),
        ("Accept", "text/html"),
        ("Content-Type", "text/calendar; charset=iso-8859-1"), ("User-Agent", "MSFT-X"),
    ]

    @Test("broken bodies, paths and fields", arguments: 0..<8)
    func broken(seed: Int) throws {
        var dice = Dice(state: UInt64(seed) &* 7919 &+ 1)
        let site = try Site()
        site.put("a.ics", event("1", more: "RRULE:FREQ=WEEKLY"))
        for _ in 0..<400 {
            let method = RobustnessTests.methods.randomElement(using: &dice) ?? ""
            let path = RobustnessTests.mangled(
                RobustnessTests.paths.randomElement(using: &dice) ?? "", &dice, often: 4)
            let body = RobustnessTests.mangled(
                RobustnessTests.bodies.randomElement(using: &dice) ?? "", &dice, often: 2)
            let fields = (0..<Int.random(in: 0...3, using: &dice)).map { _ in
                let field = RobustnessTests.fields.randomElement(using: &dice) ?? ("", "")
                return (
                    field.0,
                    String(
                        decoding: RobustnessTests.mangled(field.1, &dice, often: 3), as: UTF8.self)
                )
            }
            let answer = site.send(
                method, String(decoding: path, as: UTF8.self),
                query: Bool.random(using: &dice) ? "start=1&end=%" : nil, fields: fields,
                bytes: body)
            #expect(answer.status < 500 || answer.status == 501 || answer.status == 507)
            let isXML = answer["Content-Type"]?.hasPrefix("application/xml") == true
            if isXML { #expect(throws: Never.self) { try answer.xml() } }
        }
    }

    /// The bytes, one time in `often` with some of them changed, cut or doubled.
    private static func mangled(_ text: String, _ dice: inout Dice, often: Int) -> [UInt8] {
        var bytes = Array(text.utf8)
        guard !bytes.isEmpty, Int.random(in: 0..<often, using: &dice) == 0 else { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &dice) where !bytes.isEmpty {
            let index = bytes.indices.randomElement(using: &dice) ?? 0
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &dice)
            case 1: bytes.removeSubrange(index...)
            case 2: bytes.insert(contentsOf: bytes[index...].prefix(20), at: index)
            default: bytes.remove(at: index)
            }
        }
        return bytes
    }
}
