import WebDAV
import XML

/// REPORT calendar-multiget (RFC 4791 §7.9).
///
/// Each href is answered in the client's own spelling; what is not below the request's calendar is
/// not looked at any further.
enum CalendarMultiget {
    static func respond(
        to root: XMLElement, _ resource: Resource, _ context: Context
    ) throws -> Response {
        let request = try ObjectRequest(root)
        let hrefs = root.all(.dav("href")).map(\.trimmedText)
        guard !hrefs.isEmpty else {
            throw RequestError(.badRequest, "The report has to name hrefs.")
        }
        let targets = Targets(hrefs, resource, context)
        let calendars = try Self.calendars(of: targets, resource, context)
        return context.multistatus { multistatus in
            for refused in targets.refused {
                multistatus.response(refused.href, refused.error.status, error: refused.error)
            }
            for (uri, names) in targets.byCalendar {
                let calendar = calendars.first { $0.uri.hasSameBytes(as: uri) }
                guard targets.isOwn || calendar.map(context.privileges)?.contains(.read) == true
                else {
                    for href in names.hrefs {
                        let error = RequestError.needPrivileges(.dav("read"), on: href)
                        multistatus.response(href, error.status, error: error)
                    }
                    continue
                }
                guard let calendar else {
                    for href in names.hrefs { multistatus.response(href, .notFound) }
                    continue
                }
                try write(names, of: calendar, request, context, to: multistatus)
            }
        }
    }

    private static func write(
        _ names: Names, of calendar: CalendarRecord, _ request: ObjectRequest, _ context: Context,
        to multistatus: Multistatus
    ) throws {
        let report = ObjectReport(request, calendar, context, to: multistatus)
        var missing = names
        let objects = try context.objects.objects(
            in: calendar, .names(names.all), content: request.calendarData != nil)
        while let row = try objects.next() {
            for href in missing.take(row.name) { try report.write(row, href: href) }
        }
        for href in missing.hrefs { multistatus.response(href, .notFound) }
    }

    /// The calendars that are asked about: of one statement at most.
    private static func calendars(
        of targets: Targets, _ resource: Resource, _ context: Context
    ) throws -> [CalendarRecord] {
        switch resource {
        case .calendar(let calendar), .object(_, let calendar):
            let isAlone = targets.byCalendar.allSatisfy {
                $0.uri.hasSameBytes(as: calendar.uri)
            }
            if isAlone || context.user.guest != nil { return [calendar] }
            guard context.isOwner(of: calendar) else {
                return try context.calendars.calendars(
                    of: calendar.owner, grantedTo: context.user.name)
            }
            return try context.calendars.calendars(of: calendar.owner)
        case .home(let person): return try context.calendars(ofHomeOf: person, with: [])
        default: return []
        }
    }
}

/// The hrefs of a request, by calendar.
private struct Targets {
    /// Whether they are in the viewer's own home, where 404 says what is not there.
    let isOwn: Bool
    private(set) var byCalendar: [(uri: String, names: Names)] = []
    private(set) var refused: [(href: String, error: RequestError)] = []

    init(_ hrefs: [String], _ resource: Resource, _ context: Context) {
        let owner = context.target?.address.owner ?? context.user.name
        isOwn = owner.hasSameBytes(as: context.user.name)
        // Nearly every href is one that we wrote: below the request's own calendar, with nothing to
        // decode.
        let own: (uri: String, prefix: [UInt8])? =
            if case .calendar(let calendar) = resource {
                (calendar.uri, Array(context.paths.calendar(calendar).utf8))
            } else {
                nil
            }
        for href in hrefs {
            do {
                let (uri, name): (String, String)
                if let own, let plain = Href.plainSegment(of: href, behind: own.prefix) {
                    (uri, name) = (own.uri, plain)
                } else {
                    (uri, name) = try Targets.object(at: href, owner, context)
                }
                if let index = byCalendar.firstIndex(where: { $0.uri.hasSameBytes(as: uri) }) {
                    byCalendar[index].names.add(name, href: href)
                } else {
                    var names = Names()
                    names.add(name, href: href)
                    byCalendar.append((uri, names))
                }
            } catch {
                refused.append((href, error))
            }
        }
    }

    /// - Throws: 404 for what is no object's address, 403 for what is not in the home that the request
    ///   is about.
    private static func object(
        at href: String, _ owner: String, _ context: Context
    ) throws(RequestError) -> (uri: String, name: String) {
        guard let path = Href.path(of: href), path.utf8.starts(with: context.paths.base.utf8)
        else { throw RequestError(.notFound) }
        let rest = path.utf8.dropFirst(context.paths.base.utf8.count)
        let address = try ResourcePath(Substring(rest)).address
        guard let named = address.owner else { throw RequestError(.notFound) }
        guard named.hasSameBytes(as: owner) else {
            throw .needPrivileges(.dav("read"), on: href)
        }
        guard case .object(_, let uri, let name) = address else { throw RequestError(.notFound) }
        return (uri, name)
    }
}

/// Names of objects in one calendar, each with the hrefs that ask for it.
private struct Names {
    private(set) var all: [String] = []
    /// By the places of the names in `all`; empty for those that are done.
    private var hrefsByPlace: [[String]] = []
    private var places: [ByteKey: Int] = [:]

    mutating func add(_ name: String, href: String) {
        let key = ByteKey(bytes: Array(name.utf8))
        if let place = places[key] {
            hrefsByPlace[place].append(href)
        } else {
            places[key] = all.count
            all.append(name)
            hrefsByPlace.append([href])
        }
    }

    /// The hrefs of a name, which are then done.
    mutating func take(_ name: UnsafeRawBufferPointer) -> [String] {
        guard let place = places[ByteKey(bytes: Array(name))] else { return [] }
        let hrefs = hrefsByPlace[place]
        hrefsByPlace[place] = []
        return hrefs
    }

    /// What is left, in the order of the request.
    var hrefs: [String] { hrefsByPlace.flatMap { $0 } }
}
