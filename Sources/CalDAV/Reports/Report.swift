import WebDAV
import XML

/// The reports (RFC 3253 §3.6): one row for each.
struct Report: Sendable {
    let name: XMLName
    /// Where it may be asked for.
    let on: ResourceKinds
    /// Of the resource; what it refers to is judged by itself.
    let needs: Privileges
    let depth: DepthRule
    /// Whether it is about one calendar alone: others are not for somebody of another server.
    var isForGuests = false
    let respond: @Sendable (XMLElement, Resource, Context) throws -> Response

    static let all: [Report] = [
        // RFC 4791 §7
        Report(
            name: .caldav("calendar-query"), on: [.home, .calendar, .object], needs: .read,
            depth: CalendarQuery.depth, isForGuests: true, respond: CalendarQuery.respond),
        Report(
            name: .caldav("calendar-multiget"), on: [.home, .calendar, .object], needs: .read,
            depth: .ignored, isForGuests: true, respond: CalendarMultiget.respond),
        // By §7.10 no object of a calendar counts at Depth 0 or without the field. A client would take
        // that answer for free time, so the field is ignored.
        Report(
            name: .caldav("free-busy-query"), on: [.home, .calendar], needs: .readFreeBusy,
            depth: .ignored, respond: FreeBusyQuery.respond),
        // RFC 6578 §3, which has Depth 0 alone; Thunderbird and Apple's programs send 1.
        Report(
            name: .dav("sync-collection"), on: [.home, .places, .calendar], needs: .read,
            depth: .ignored, isForGuests: true, respond: SyncCollection.respond),
        // RFC 3744 §9
        Report(
            name: .dav("acl-principal-prop-set"), on: [.principals, .home, .calendar, .object],
            needs: .readACL, depth: .zeroOnly,
            respond: ACLPrincipalPropSet.respond),
        Report(
            name: .dav("principal-match"), on: .collections, needs: .read, depth: .zeroOnly,
            respond: PrincipalMatch.respond),
        Report(
            name: .dav("principal-property-search"), on: [.root, .container, .principals],
            needs: .read, depth: .zeroOnly(except: "eMClient/"),
            respond: PrincipalPropertySearch.respond),
        Report(
            name: .dav("principal-search-property-set"), on: [.root, .container, .principals],
            needs: .read, depth: .zeroOnly,
            respond: PrincipalSearchPropertySet.respond),
        // RFC 3253 §3.8; members of a collection are not reported.
        Report(
            name: .dav("expand-property"), on: .collections, needs: .read, depth: .zeroOnly,
            respond: ExpandProperty.respond),
    ]
}

/// REPORT (RFC 3253 §3.6).
enum ReportMethod {
    static func respond(to resource: Resource, in context: Context) throws -> Response {
        guard let root = try context.readXML() else {
            throw RequestError(.badRequest, "The body has to name a report.")
        }
        let report = Report.all.first { $0.name == root.name }
        guard let report, !report.on.isDisjoint(with: resource.kind) else {
            throw RequestError(
                .supportedReport, "There is no report \(root.name) for this resource.")
        }
        guard report.isForGuests || context.user.guest == nil else {
            throw RequestError(.supportedReport, "That report is for people of this server.")
        }
        try context.authorise(.itself(report.needs))
        _ = try report.depth.depth(of: context.request)
        return try report.respond(root, resource, context)
    }
}
