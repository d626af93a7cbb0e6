import WebDAV

/// What a sync report of a home tells, apart from the objects themselves, and the token that it ends
/// with.
struct HomeSyncPlan {
    /// Changes of one calendar's objects, and where they are shown.
    struct Span {
        let span: ChangeSpan
        /// The calendar at whose address they are shown.
        let shownIn: CalendarRecord
        /// Index of its entry in `token`.
        let entry: Int
        /// Whether they are the names of a calendar whose address `shownIn` has taken.
        let isOfReplaced: Bool

        /// Whether a part of the changes may end at a revision: the token has to be valid later.
        func mayEnd(after revision: Int64) -> Bool {
            isOfReplaced || span.objectsAfter != 0 || revision == 0 || revision >= shownIn.floor
        }
    }

    /// Addresses where no calendar is any more.
    private(set) var gone: [String] = []
    /// What is to be reported itself.
    private(set) var changed: [HomeMember] = []
    /// By ascending calendar id.
    private(set) var spans: [Span] = []
    /// With nothing of `spans` in it.
    private(set) var token = HomeToken([])
    /// Whether the limit was reached before the objects.
    private(set) var isCut = false
    let limit: Int?

    var count: Int { gone.count + changed.count }

    /// - Parameters:
    ///   - known: the token that the client brings; nil where it has seen nothing.
    ///   - members: of the home, by ascending id.
    /// - Throws: `valid-sync-token`.
    init(
        _ sync: SyncRequest, after known: HomeToken?, _ members: [HomeMember]
    ) throws(RequestError) {
        limit = sync.limit
        try compare(known?.entries ?? [], members, isInfinite: sync.isInfinite)
        guard sync.isInfinite, !isCut else { return }
        try findSpans(members.compactMap(\.calendar))
    }

    private var isFull: Bool { limit.map { count >= $0 } ?? false }

    private mutating func compare(
        _ known: [HomeToken.Entry], _ members: [HomeMember], isInfinite: Bool
    ) throws(RequestError) {
        for entry in known where !members.contains(where: { $0.uri.hasSameBytes(as: entry.uri) }) {
            // Once, where it was taken over from an older calendar and then went too.
            if gone.contains(where: { $0.hasSameBytes(as: entry.uri) }) { continue }
            if isFull {
                isCut = true
                token.entries.append(entry)
            } else {
                gone.append(entry.uri)
            }
        }
        for member in members {
            let entry = known.first { $0.isOf(member) }
            if let entry, isInfinite, entry.known > 0, let calendar = member.calendar,
                !calendar.knows(entry.known)
            {
                throw SyncRequest.invalidToken
            }
            let isRead = !isInfinite || member.calendar == nil
            let now = HomeToken.Entry(
                member, known: isRead ? member.revision : entry?.known ?? 0)
            if let entry, entry.seen == now.seen, entry.digest == now.digest {
                token.entries.append(now)
            } else if isFull {
                isCut = true
                if let entry { token.entries.append(entry) }
            } else {
                changed.append(member)
                token.entries.append(now)
            }
        }
        guard isInfinite else { return }
        // Calendars whose address another one has: their objects have yet to be taken away.
        for entry in known where !members.contains(where: entry.isOf) {
            guard members.contains(where: { $0.uri.hasSameBytes(as: entry.uri) }),
                entry.known > 0
            else { continue }
            token.entries.append(entry)
        }
    }

    private mutating func findSpans(_ calendars: [CalendarRecord]) throws(RequestError) {
        for (index, entry) in token.entries.enumerated() {
            guard let shown = calendars.first(where: { $0.uri.hasSameBytes(as: entry.uri) })
            else { continue }
            let isReplaced = entry.id != shown.id
            // Two calendars that changed places: what of theirs is gone is not told by any number.
            if isReplaced, calendars.contains(where: { $0.id == entry.id }) {
                throw SyncRequest.invalidToken
            }
            guard isReplaced || entry.known < shown.revision else { continue }
            let fetch = limit.map { $0 - count + 1 }
            let span =
                isReplaced
                ? ChangeSpan(
                    calendar: entry.id, objectsAfter: nil, removedAfter: entry.known,
                    unlessIn: shown.id, limit: fetch)
                : ChangeSpan(
                    calendar: entry.id, objectsAfter: entry.known,
                    removedAfter: entry.known > 0 ? entry.known : nil, unlessIn: nil,
                    limit: entry.known == 0 && shown.floor > 1 ? nil : fetch)
            spans.append(
                Span(span: span, shownIn: shown, entry: index, isOfReplaced: isReplaced))
        }
        spans.sort { $0.span.calendar < $1.span.calendar }
    }
}
