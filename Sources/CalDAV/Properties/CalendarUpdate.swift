import WebDAV
import XML

/// Instructions of PROPPATCH, MKCALENDAR or MKCOL, judged one by one.
///
/// All are done or none: one refusal makes the others fail as its dependants (RFC 4918 §9.2).
struct CalendarUpdate {
    struct Verdict {
        let name: XMLName
        /// Nil where the instruction could be done.
        let refusal: RequestError?
    }

    private(set) var verdicts: [Verdict] = []
    private(set) var changes: [CalendarChange] = []

    var isRefused: Bool { verdicts.contains { $0.refusal != nil } }

    /// - Parameters:
    ///   - kind: of the resource.
    ///   - calendar: nil while it is being made.
    init(_ updates: [PropertyUpdate], on kind: ResourceKinds, calendar: CalendarRecord?) {
        for update in updates {
            do {
                changes += try CalendarUpdate.changes(for: update, on: kind, calendar)
                verdicts.append(Verdict(name: update.name, refusal: nil))
            } catch {
                verdicts.append(Verdict(name: update.name, refusal: error))
            }
        }
    }

    private static func changes(
        for update: PropertyUpdate, on kind: ResourceKinds, _ calendar: CalendarRecord?
    ) throws(RequestError) -> [CalendarChange] {
        let name = update.name
        guard let definition = PropertyTable.definition(of: name) else {
            guard kind == .calendar else {
                throw RequestError(.forbidden, "Only calendars keep properties.")
            }
            return [stored(update)]
        }
        guard let change = definition.change, !definition.on.isDisjoint(with: kind),
            kind == .calendar, calendar == nil || !definition.isFixedAtCreation
        else {
            throw RequestError(.cannotModifyProtectedProperty)
        }
        switch update {
        case .set(let element, _): return try change(element, calendar)
        case .remove: return try change(nil, calendar)
        }
    }

    /// A property of which we know nothing, kept as it is.
    private static func stored(_ update: PropertyUpdate) -> CalendarChange {
        switch update {
        case .set(let element, let language):
            .store(
                namespace: element.name.namespace, name: element.name.local,
                xml: element.serialized(language: language))
        case .remove(let name): .remove(namespace: name.namespace, name: name.local)
        }
    }
}

extension CalendarUpdate {
    /// The propstats: names alone, by the status that each one has.
    func writePropstats(to writer: XMLWriter) {
        let done: Status = isRefused ? .failedDependency : .ok
        var groups: [(status: Status, refusal: RequestError?, names: [XMLName])] = []
        for verdict in verdicts {
            let status = verdict.refusal?.status ?? done
            let index = groups.firstIndex {
                $0.status == status
                    && $0.refusal?.precondition == verdict.refusal?.precondition
            }
            if let index {
                if !groups[index].names.contains(verdict.name) {
                    groups[index].names.append(verdict.name)
                }
            } else {
                groups.append((status, verdict.refusal, [verdict.name]))
            }
        }
        for group in groups {
            writer.element(.dav("propstat")) {
                writer.element(.dav("prop")) { group.names.forEach(writer.empty) }
                writer.element(.dav("status"), Multistatus.line(group.status))
                if let refusal = group.refusal, refusal.precondition != nil {
                    writer.element(.dav("error")) { refusal.writeContent(to: writer) }
                }
            }
        }
    }
}
