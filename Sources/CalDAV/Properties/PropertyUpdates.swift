import WebDAV
import XML

/// Instructions of PROPPATCH, MKCALENDAR or MKCOL, judged one by one.
///
/// All are done or none: one refusal makes the others fail as its dependants (RFC 4918 §9.2).
struct PropertyUpdates {
    struct Verdict {
        let name: XMLName
        /// Nil where the instruction could be done.
        let refusal: RequestError?
    }

    private(set) var verdicts: [Verdict] = []
    private(set) var changes: [CalendarChange] = []

    var isRefused: Bool { verdicts.contains { $0.refusal != nil } }

    /// Says of what was to be stored that there is no room for it (RFC 4918 §9.2.1, RFC 4331 §6).
    mutating func refuseToStore(_ reason: String) {
        let names = changes.compactMap { change -> XMLName? in
            guard case .store(let namespace, let name, _, _) = change else { return nil }
            return XMLName(namespace: namespace, local: name)
        }
        let refusal = RequestError(.quotaNotExceeded, reason)
        verdicts = verdicts.map { verdict in
            names.contains(verdict.name)
                ? Verdict(name: verdict.name, refusal: refusal) : verdict
        }
    }

    init(_ updates: [PropertyUpdate], of owner: PropertyOwner) {
        for update in updates {
            do {
                changes += try PropertyUpdates.changes(for: update, of: owner)
                verdicts.append(Verdict(name: update.name, refusal: nil))
            } catch {
                verdicts.append(Verdict(name: update.name, refusal: error))
            }
        }
    }

    private static func changes(
        for update: PropertyUpdate, of owner: PropertyOwner
    ) throws(RequestError) -> [CalendarChange] {
        let definition = PropertyTable.definition(of: update.name)
        // Of a calendar each viewer has values of their own; those of a home are its owner's.
        let isViewers = owner.kind == .calendar && definition?.isViewers == true
        guard owner.privileges.contains(.writeProperties) || isViewers else {
            throw .needPrivileges(.dav("write-properties"), on: owner.href)
        }
        guard let definition else {
            guard !owner.kind.isDisjoint(with: .keepers) else {
                throw RequestError(.forbidden, "No properties can be kept here.")
            }
            return [stored(update)]
        }
        guard let change = definition.change, !definition.on.isDisjoint(with: owner.kind),
            !definition.changeableOn.isDisjoint(with: owner.kind),
            owner.calendar == nil || !definition.isFixedAtCreation
        else {
            throw RequestError(.cannotModifyProtectedProperty)
        }
        switch update {
        case .set(let element, _): return try change(element, owner)
        case .remove: return try change(nil, owner)
        }
    }

    /// A property of which we know nothing, kept as it is.
    private static func stored(_ update: PropertyUpdate) -> CalendarChange {
        switch update {
        case .set(let element, let language):
            .store(element, language: language, isViewers: false)
        case .remove(let name): .remove(name, isViewers: false)
        }
    }
}

extension PropertyUpdates {
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
