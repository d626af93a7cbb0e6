import WebDAV
import XML

/// The reports (RFC 3253 §3.6): one row for each.
struct Report: Sendable {
    let name: XMLName
    /// Where it may be asked for.
    let on: ResourceKinds
    let respond: @Sendable (XMLElement, Resource, Context) throws -> Response

    static let all: [Report] = [
        // RFC 4791 §7
        Report(
            name: .caldav("calendar-query"), on: [.calendar, .object],
            respond: CalendarQuery.respond),
        Report(
            name: .caldav("calendar-multiget"), on: [.home, .calendar, .object],
            respond: CalendarMultiget.respond),
        Report(
            name: .caldav("free-busy-query"), on: [.home, .calendar],
            respond: FreeBusyQuery.respond),
        // RFC 6578 §3
        Report(
            name: .dav("sync-collection"), on: .calendar, respond: SyncCollection.respond),
        // RFC 3744 §9
        Report(
            name: .dav("acl-principal-prop-set"), on: [.principal, .home, .calendar, .object],
            respond: ACLPrincipalPropSet.respond),
        Report(
            name: .dav("principal-match"), on: .collections, respond: PrincipalMatch.respond),
        Report(
            name: .dav("principal-property-search"), on: [.root, .container, .principal],
            respond: PrincipalPropertySearch.respond),
        Report(
            name: .dav("principal-search-property-set"), on: [.root, .container, .principal],
            respond: PrincipalSearchPropertySet.respond),
        // RFC 3253 §3.8
        Report(
            name: .dav("expand-property"), on: .collections, respond: ExpandProperty.respond),
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
        return try report.respond(root, resource, context)
    }
}
