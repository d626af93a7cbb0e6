import Testing
import WebDAV
import XML

@testable import CalDAV

/// What is set: for each property that can be, what stands inside its element.
private let values: [XMLName: String] = [
    .dav("displayname"): "Name",
    .caldav("calendar-description"): "Text",
    .caldav("calendar-timezone"):
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\n"
        + "BEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\n"
        + "END:STANDARD\nEND:VTIMEZONE\nEND:VCALENDAR",
    .caldav("calendar-timezone-id"): "Europe/Vienna",
    .caldav("schedule-calendar-transp"): "<c:transparent/>",
    .caldav("calendar-availability"):
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VAVAILABILITY\nUID:1\n"
        + "DTSTAMP:20260101T000000Z\nEND:VAVAILABILITY\nEND:VCALENDAR",
    .caldav("calendar-free-busy-set"): "<d:href>/caldav/calendars/anna/crm-tasks/</d:href>",
    .caldav("default-alarm-vevent-datetime"): "BEGIN:VALARM\nEND:VALARM",
    .caldav("default-alarm-vevent-date"): "BEGIN:VALARM\nEND:VALARM",
    .caldav("default-alarm-vtodo-datetime"): "BEGIN:VALARM\nEND:VALARM",
    .caldav("default-alarm-vtodo-date"): "BEGIN:VALARM\nEND:VALARM",
    .calendarServer("source"): "<d:href>https://example.org/holidays.ics</d:href>",
    .calendarServer("subscribed-strip-todos"): "",
    .calendarServer("subscribed-strip-alarms"): "",
    .calendarServer("subscribed-strip-attachments"): "",
    .apple("refreshrate"): "P1D",
    .apple("calendar-color"): "#11223344",
    .apple("calendar-order"): "7",
    .ownCloud("calendar-enabled"): "1",
]

/// Of a calendar that is made.
private let valuesAtCreation: [XMLName: String] = [
    .caldav("supported-calendar-component-set"): "<c:comp name=\"VTODO\"/>",
    .dav("resourcetype"): "<d:collection/><c:calendar/>",
]

private func element(_ name: XMLName, _ content: String = "") -> String {
    "<p:\(name.local) xmlns:p=\"\(name.namespace)\">\(content)</p:\(name.local)>"
}

private let places = ReportBodies.places
private let bodies = ReportBodies.all
private let namespaces = "xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\""

@Suite("The table of properties")
struct PropertyTableWalk {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("a.ics", event("a"))
        for (kind, path) in places {
            for definition in PropertyTable.all where definition.isChangeable(on: kind) {
                let value = values[definition.name] ?? ""
                #expect(try set(definition.name, value, at: path) == 200)
            }
        }
    }

    /// The status that a PROPPATCH has for the property.
    private func set(_ name: XMLName, _ value: String, at path: String) throws -> Int? {
        let answer = site.send(
            "PROPPATCH", path,
            body: "<d:propertyupdate \(namespaces)><d:set><d:prop>\(element(name, value))"
                + "</d:prop></d:set></d:propertyupdate>")
        let response = try #require(try answer.responses().values.first)
        return [200, 403, 409, 424].first { response.property(name, status: $0) != nil }
    }

    private func read(
        _ name: XMLName, at path: String
    ) throws -> (found: XMLElement?, is404: Bool) {
        let answer = site.send(
            "PROPFIND", path, fields: [("Depth", "0")],
            body: "<d:propfind \(namespaces)><d:prop>\(element(name))</d:prop></d:propfind>")
        let response = try #require(try answer.responses().values.first)
        return (response.property(name), response.property(name, status: 404) != nil)
    }

    @Test("no name has two rows, and each row is of a kind there is")
    func rows() {
        #expect(Set(PropertyTable.all.map(\.name)).count == PropertyTable.all.count)
        let kinds = places.reduce(into: ResourceKinds()) { $0.formUnion($1.kind) }
        #expect(kinds == .all)
        for definition in PropertyTable.all { #expect(!definition.on.isEmpty) }
    }

    @Test("each is read on each kind that it names, and is missing on any other")
    func reading() throws {
        for definition in PropertyTable.all {
            for (kind, path) in places {
                let (found, is404) = try read(definition.name, at: path)
                let isThere = !definition.on.isDisjoint(with: kind)
                #expect(
                    (found != nil) == isThere && is404 == !isThere, "\(definition.name) at \(path)")
            }
        }
    }

    @Test("each that can be set is, and keeps its value")
    func setting() throws {
        for definition in PropertyTable.all where definition.change != nil {
            let isFixed = definition.isFixedAtCreation
            let value = isFixed ? valuesAtCreation[definition.name] : values[definition.name]
            let text = try #require(value, "no value for \(definition.name)")
            guard !isFixed, !text.contains("<") else { continue }
            for (kind, path) in places where definition.isChangeable(on: kind) {
                // What is said in the end holds: a zone's name replaces its definition.
                #expect(try set(definition.name, text, at: path) == 200)
                #expect(try read(definition.name, at: path).found?.text == text)
            }
        }
    }

    @Test("what cannot be set is protected")
    func protection() throws {
        for definition in PropertyTable.all {
            for (kind, path) in places
            where !definition.on.isDisjoint(with: kind) && !definition.isChangeable(on: kind) {
                // Whom a proxy group has in it is set by a PROPPATCH of its own (`Members`).
                if kind == .proxy, definition.name == .dav("group-member-set") { continue }
                let answer = site.send(
                    "PROPPATCH", path,
                    body: "<d:propertyupdate \(namespaces)><d:set><d:prop>"
                        + "\(element(definition.name, "x"))</d:prop></d:set></d:propertyupdate>")
                let response = try #require(try answer.responses().values.first)
                #expect(
                    response.property(definition.name, status: 403) != nil,
                    "\(definition.name) at \(path)")
            }
        }
    }

    @Test("what is fixed once a calendar is made can be given then")
    func creation() throws {
        for definition in PropertyTable.all where definition.isFixedAtCreation {
            let value = try #require(valuesAtCreation[definition.name])
            let path = "calendars/anna/made-\(definition.name.local)"
            let answer = site.send(
                "MKCALENDAR", path,
                body: "<c:mkcalendar \(namespaces)><d:set><d:prop><p:\(definition.name.local) "
                    + "xmlns:p=\"\(definition.name.namespace)\">\(value)"
                    + "</p:\(definition.name.local)></d:prop></d:set></c:mkcalendar>")
            #expect(answer.status == 201)
            #expect(try read(definition.name, at: path + "/").found != nil)
        }
    }

    @Test("allprop has what the table says, and no more", arguments: places.map(\.path))
    func allprop(path: String) throws {
        let kind = try #require(places.first { $0.path == path }).kind
        let answer = site.send("PROPFIND", path, fields: [("Depth", "0")])
        let response = try #require(try answer.responses().values.first)
        let names = response.all(.dav("propstat")).flatMap {
            $0.first(.dav("prop"))?.elements.map(\.name) ?? []
        }
        let wanted = PropertyTable.all.filter { $0.inAllprop && !$0.on.isDisjoint(with: kind) }
        #expect(Set(names) == Set(wanted.map(\.name)))
    }
}

extension PropertyDefinition {
    /// On something that exists.
    fileprivate func isChangeable(on kind: ResourceKinds) -> Bool {
        change != nil && !isFixedAtCreation && !on.isDisjoint(with: kind)
            && !changeableOn.isDisjoint(with: kind)
    }
}

@Suite("The table of reports")
struct ReportTableWalk {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("a.ics", event("a"))
    }

    private func send(_ report: Report, at path: String) throws -> Answer {
        let content = try #require(bodies[report.name], "no body for \(report.name)")
        return site.send(
            "REPORT", path, fields: [("Depth", "0")],
            body: "<p:\(report.name.local) xmlns:p=\"\(report.name.namespace)\" \(namespaces)>"
                + "\(content)</p:\(report.name.local)>")
    }

    @Test("each is answered on each kind that it names")
    func answered() throws {
        for report in Report.all {
            for (kind, path) in places where !report.on.isDisjoint(with: kind) {
                let answer = try send(report, at: path)
                #expect([200, 207].contains(answer.status), "\(report.name) at \(path)")
                #expect(!answer.body.isEmpty)
            }
        }
    }

    @Test("each is refused on any other, and supported-report-set says so")
    func refused() throws {
        for (kind, path) in places {
            let answer = site.send(
                "PROPFIND", path, fields: [("Depth", "0")],
                body: "<d:propfind \(namespaces)><d:prop><d:supported-report-set/></d:prop>"
                    + "</d:propfind>")
            let set = try answer.responses().values.first?.property(.dav("supported-report-set"))
            let named = (set?.elements ?? []).compactMap {
                $0.first(.dav("report"))?.elements.first?.name
            }
            let expected = Report.all.filter { !$0.on.isDisjoint(with: kind) }.map(\.name)
            #expect(named == expected, "\(path)")
            for report in Report.all where report.on.isDisjoint(with: kind) {
                let answer = try send(report, at: path)
                #expect(answer.status == 403 && answer.precondition == "supported-report")
            }
        }
    }
}
