import CRMStore
import CalDAV
import ICalendar
import WebDAV

// Objects that one side alone seems to have may be the same: both calendars were filled before they
// became a pair, or a turn was killed between a write and its note. By UID, then by what they say.
extension Turn {
    private struct Identity {
        let uid: String
        /// Kind, title and start: what people would call the same.
        let content: String

        init(_ object: CalendarObject) {
            uid = object.uid
            let component = object.principalComponent
            let start = component.first("DTSTART") ?? component.first("DUE")
            let zones = ZoneTable(calendar: object.calendar, floating: .utc)
            let time = start?.dateTime.map { String(zones.instant(of: $0)) } ?? ""
            let title = component.first("SUMMARY")?.text ?? ""
            content = title.isEmpty ? "" : "\(object.kind.name)\n\(time)\n\(title)"
        }
    }

    func match(_ plan: inout TurnPlan) throws(TurnFailure) {
        let (here, there) = plan.halves
        guard !here.isEmpty, !there.isEmpty else { return }
        let ours = try identitiesHere(here, plan)
        let theirs = try identitiesThere(there, plan)
        var pairs: [(here: Int, there: Int)] = []
        var free = Dictionary(
            ours.map { ($0.value.uid, $0.key) }, uniquingKeysWith: { one, _ in one })
        var rest: [(index: Int, identity: Identity)] = []
        for index in there {
            guard let identity = theirs[index] else { continue }
            if let own = free.removeValue(forKey: identity.uid) {
                pairs.append((own, index))
            } else {
                rest.append((index, identity))
            }
        }
        pairs += sameContent(free.values.compactMap { i in ours[i].map { (i, $0) } }, rest)
        plan.join(pairs)
    }

    /// Only where it is one on each side: of several alike, who could say which is which.
    private func sameContent(
        _ ours: [(index: Int, identity: Identity)], _ theirs: [(index: Int, identity: Identity)]
    ) -> [(here: Int, there: Int)] {
        let here = Dictionary(grouping: ours.filter { !$0.identity.content.isEmpty }) {
            $0.identity.content
        }
        let there = Dictionary(grouping: theirs.filter { !$0.identity.content.isEmpty }) {
            $0.identity.content
        }
        return there.compactMap { content, candidates in
            guard candidates.count == 1, let own = here[content], own.count == 1 else { return nil }
            return (own[0].index, candidates[0].index)
        }
    }

    private func identitiesHere(
        _ indices: [Int], _ plan: TurnPlan
    ) throws(TurnFailure) -> [Int: Identity] {
        var found: [Int: Identity] = [:]
        for piece in indices.pieces(of: 100) {
            let names = piece.compactMap { plan.items[$0].row.name }
            let contents = try stored { () throws(StorageError) in try local.contents(names) }
            for index in piece {
                guard let name = plan.items[index].row.name, let content = contents[name],
                    let object = try? CalendarObject(parsing: content.text)
                else { continue }
                found[index] = Identity(object)
            }
        }
        return found
    }

    private func identitiesThere(
        _ indices: [Int], _ plan: TurnPlan
    ) throws(TurnFailure) -> [Int: Identity] {
        var found: [Int: Identity] = [:]
        for piece in indices.pieces(of: Turn.pieceSize) {
            try keepTurn()
            let fetched = try fetch(piece.map { plan.items[$0] })
            for index in piece {
                guard let href = plan.items[index].row.href,
                    case .present(_, let text) = fetched[TurnPlan.key(href)],
                    let object = try? CalendarObject(parsing: text)
                else { continue }
                found[index] = Identity(object)
            }
        }
        return found
    }
}

extension Array {
    func pieces(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
