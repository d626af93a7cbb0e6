import Testing
import WebDAV
import XML

@testable import CalDAV

private let names = "xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\""

@Suite("Depth of reports, RFC 3253 §3.6")
struct ReportDepthTests {
    private let site: Site

    init() throws {
        site = try Site()
        site.put("a.ics", event("a"))
    }

    private func send(
        _ name: XMLName, at path: String, depth: String?, agent: String = "test",
        body: String? = nil
    ) throws -> Answer {
        let content = try #require(body ?? ReportBodies.all[name], "no body for \(name)")
        let fields = [("User-Agent", agent)] + (depth.map { [("Depth", $0)] } ?? [])
        return site.send(
            "REPORT", path, fields: fields,
            body:
                "<p:\(name.local) xmlns:p=\"\(name.namespace)\" \(names)>\(content)</p:\(name.local)>"
        )
    }

    /// What the specifications say of each, and where we differ by choice (COMPLIANCE.md).
    private static let rules: [XMLName: DepthRule.Kind] = [
        // RFC 4791 §7.8
        .caldav("calendar-query"): .members,
        // RFC 4791 §7.9: the field MUST be ignored.
        .caldav("calendar-multiget"): .ignored,
        .caldav("free-busy-query"): .ignored,
        // RFC 6578 §3.2 has 0 alone; Thunderbird and Apple's programs send 1.
        .dav("sync-collection"): .ignored,
        // RFC 3744 §9.2 to §9.5
        .dav("acl-principal-prop-set"): .zeroOnly,
        .dav("principal-match"): .zeroOnly,
        .dav("principal-property-search"): .zeroOnly,
        .dav("principal-search-property-set"): .zeroOnly,
        .dav("expand-property"): .zeroOnly,
    ]

    @Test("each report has the rule of its specification")
    func rules() {
        #expect(Set(Report.all.map(\.name)) == Set(ReportDepthTests.rules.keys))
        for report in Report.all {
            #expect(report.depth.kind == ReportDepthTests.rules[report.name], "\(report.name)")
        }
    }

    @Test("each holds to its rule on each kind of resource")
    func answers() throws {
        for report in Report.all {
            for (kind, path) in ReportBodies.places where !report.on.isDisjoint(with: kind) {
                for depth in [nil, "0", "1", "infinity", "2", "deep"] {
                    let answer = try send(report.name, at: path, depth: depth)
                    let isTaken =
                        switch report.depth.kind {
                        case .ignored: true
                        case .zeroOnly: depth == nil || depth == "0"
                        case .members: depth == nil || ["0", "1", "infinity"].contains(depth)
                        }
                    #expect(
                        isTaken ? [200, 207].contains(answer.status) : answer.status == 400,
                        "\(report.name) at \(path) with Depth \(depth ?? "missing")")
                }
            }
        }
    }

    @Test("a report that is not for a resource is refused for that, whatever its Depth")
    func supportedReportFirst() throws {
        let answer = try send(
            .dav("principal-property-search"), at: "calendars/anna/crm-tasks/", depth: "1")
        #expect(answer.status == 403 && answer.precondition == "supported-report")
    }

    @Test("eM Client looks for people with another Depth than 0")
    func emClient() throws {
        let name = XMLName.dav("principal-property-search")
        for depth in ["1", "infinity"] {
            let answer = try send(
                name, at: "principals/", depth: depth, agent: "eMClient/10.3.2619")
            #expect(answer.status == 207)
            #expect(try send(name, at: "principals/", depth: depth).status == 400)
        }
    }
}
