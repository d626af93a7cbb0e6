package import Outgoing
import WebDAV
import XML

/// A calendar of another server.
package struct RemoteCalendar: Sendable {
    package let address: WebAddress
    package let displayName: String
    /// Upper case (RFC 4791 §5.2.3); a server that does not say takes events and to-dos.
    package let components: [String]
    /// Whether the account may write, as far as the server says.
    package let isWritable: Bool
}

extension CalDAVClient {
    private static let calendarProperties: [XMLName] = [
        .dav("resourcetype"), .dav("displayname"), .dav("current-user-privilege-set"),
        .caldav("supported-calendar-component-set"),
    ]

    /// Finds an account's calendars from whatever address its user knows (RFC 6764 §6): a calendar,
    /// a home, a principal, or only the host.
    package func calendars(from start: WebAddress) throws(RemoteError) -> [RemoteCalendar] {
        let found = try firstUseful(start)
        if let calendar = calendar(found) { return [calendar] }
        var homes = hrefs(.caldav("calendar-home-set"), of: found)
        if homes.isEmpty, let principal = found.href(in: .dav("current-user-principal")),
            let principalAddress = found.address.resolving(principal)
        {
            let principal = try properties(of: principalAddress)
            homes = hrefs(.caldav("calendar-home-set"), of: principal)
        }
        if homes.isEmpty { homes = [found.address] }
        var calendars: [RemoteCalendar] = []
        for home in homes {
            let members = try propfind(home, depth: .one, CalDAVClient.calendarProperties)
            calendars += members.resources.compactMap(calendar)
        }
        return calendars
    }

    /// The address itself where it says who we are or what it is, else the host's well-known one.
    private func firstUseful(
        _ start: WebAddress
    ) throws(RemoteError) -> RemoteMultistatus.Resource {
        var refusal: RemoteError?
        for path in [start.path, "/.well-known/caldav", "/"] {
            guard let address = WebAddress(start.origin + path) else { continue }
            do throws(RemoteError) {
                let found = try properties(of: address)
                if found.isCalendar || found.property(.caldav("calendar-home-set")) != nil
                    || found.href(in: .dav("current-user-principal")) != nil
                {
                    return found
                }
            } catch {
                switch error {
                case .unauthorized, .transport, .busy: throw error
                default: refusal = refusal ?? error
                }
            }
        }
        throw refusal ?? .notFound("a calendar server at \(start.text)")
    }

    private func properties(
        of address: WebAddress
    ) throws(RemoteError) -> RemoteMultistatus.Resource {
        let answer = try propfind(
            address, depth: .zero,
            CalDAVClient.calendarProperties + [
                .dav("current-user-principal"), .caldav("calendar-home-set"),
            ])
        guard let resource = answer.resources.first else {
            throw .unintelligible("\(address.text) says nothing of itself")
        }
        return resource
    }

    private func hrefs(_ name: XMLName, of resource: RemoteMultistatus.Resource) -> [WebAddress] {
        (resource.property(name)?.all(.dav("href")) ?? []).compactMap {
            resource.address.resolving($0.trimmedText)
        }
    }

    private func calendar(_ resource: RemoteMultistatus.Resource) -> RemoteCalendar? {
        guard resource.isCalendar else { return nil }
        let set = resource.property(.caldav("supported-calendar-component-set"))
        let names = (set?.all(.caldav("comp")) ?? []).compactMap {
            $0.attribute("name")?.uppercased()
        }
        let name = resource.property(.dav("displayname"))?.trimmedText ?? ""
        return RemoteCalendar(
            address: resource.address,
            displayName: name.isEmpty ? resource.address.lastSegment ?? "" : name,
            components: names.isEmpty ? ["VEVENT", "VTODO"] : names,
            isWritable: isWritable(resource))
    }

    private func isWritable(_ resource: RemoteMultistatus.Resource) -> Bool {
        guard let set = resource.property(.dav("current-user-privilege-set")) else { return true }
        let privileges = set.all(.dav("privilege")).flatMap(\.elements).map(\.name)
        return privileges.contains { name in
            [.dav("all"), .dav("write"), .dav("write-content"), .dav("bind")].contains(name)
        }
    }
}
