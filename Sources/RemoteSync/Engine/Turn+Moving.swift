import CRMStore
import CalDAV
import ICalendar
import Outgoing
import WebDAV
import XML

extension Turn {
    /// What the other side has of an object.
    enum Fetched {
        case absent
        case present(etag: String?, text: [UInt8])
        /// The server says neither.
        case unknown(String)
    }

    func work(through items: [TurnPlan.Item]) throws(TurnFailure) {
        for piece in items.pieces(of: Turn.pieceSize) {
            try keepTurn()
            let ids = piece.map(\.row).filter(\.isPaired).map(\.id)
            let common = try stored { () throws(StorageError) in try store.remoteTexts(of: ids) }
            let here = try stored { () throws(StorageError) in
                try local.contents(piece.compactMap(\.row.name))
            }
            let there = try fetch(piece.filter(\.isDirtyThere))
            var sent: [ObjectNote] = []
            for item in piece {
                let note = try move(
                    item, common[item.row.id], item.row.name.flatMap { here[$0] },
                    item.row.href.flatMap { there[TurnPlan.key($0)] })
                if let note { sent.append(note) }
            }
            try lookAt(sent)
        }
    }

    /// Reads back what the server made of it: what it left out or put in is nobody's edit.
    ///
    /// Only what is seen to be there is noted. What is not, be it that a proxy answered for the server or
    /// that another client deleted it since, the next turn looks at on both sides: the cursors, which
    /// move on, would not bring it back.
    private func lookAt(_ sent: [ObjectNote]) throws(TurnFailure) {
        guard !sent.isEmpty else { return }
        let found = try fetch(sent.compactMap(\.target))
        for var note in sent {
            guard let target = note.target,
                case .present(let etag?, let text) = found[target.comparisonKey],
                note.there.etag != nil || etag != note.replaced
            else {
                report.postponed += 1
                try self.note(note.unseen, "it was not read back as it was sent", retryAt: now)
                continue
            }
            // Of another version than ours what somebody changed since is seen beside what was sent.
            if note.there.etag == nil || note.there.etag == etag { note.there = (etag, text) }
            try save(note)
        }
    }

    func save(_ note: ObjectNote) throws(TurnFailure) {
        try stored { () throws(StorageError) in
            try store.save(
                note.row, hrefKey: note.row.href.map(TurnPlan.key), texts: note.texts, of: pair.id)
        }
    }

    func fetch(_ items: [TurnPlan.Item]) throws(TurnFailure) -> [String: Fetched] {
        var found = try fetch(
            items.filter { !$0.isSaidToBeGone }.compactMap { item in
                item.address ?? item.row.href.flatMap { calendar.resolving($0) }
            })
        for item in items where item.isSaidToBeGone {
            if let href = item.row.href { found[TurnPlan.key(href)] = .absent }
        }
        return found
    }

    /// One request for all of them.
    private func fetch(_ addresses: [WebAddress]) throws(TurnFailure) -> [String: Fetched] {
        guard !addresses.isEmpty else { return [:] }
        var found: [String: Fetched] = [:]
        let answer = try remote { () throws(RemoteError) in
            try client.multiget(addresses, of: calendar)
        }
        for resource in answer.resources {
            let key = resource.address.comparisonKey
            if let text = resource.property(.caldav("calendar-data"))?.text {
                let text = Turn.restored(text)
                found[key] =
                    Turn.isWhole(text)
                    ? .present(etag: resource.etag, text: text) : .unknown("the text is cut short")
            } else if let status = resource.status, status == 404 || status == 410 {
                found[key] = .absent
            } else {
                found[key] = .unknown("status \(resource.status.map(String.init) ?? "unknown")")
            }
        }
        // sabre/dav, and with it Nextcloud, leaves out what is not there (RFC 4791 §7.9 wants a 404).
        // That alone is not taken for a deletion.
        for address in addresses where found[address.comparisonKey] == nil {
            found[address.comparisonKey] = try ask(address)
        }
        return found
    }

    private func ask(_ address: WebAddress) throws(TurnFailure) -> Fetched {
        do throws(RemoteError) {
            guard let content = try client.get(address) else { return .absent }
            return Turn.isWhole(content.text)
                ? .present(etag: content.etag, text: content.text)
                : .unknown("the text is cut short")
        } catch {
            throw .remote(error)
        }
    }

    /// XML makes one line feed of CR LF (XML 1.0 §2.11).
    private static func restored(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 64)
        var previous: UInt8 = 0
        for byte in text.utf8 {
            if byte == 10, previous != 13 { bytes.append(13) }
            bytes.append(byte)
            previous = byte
        }
        return bytes
    }

    /// Half a text is not to be taken for one from which somebody has deleted the rest.
    private static func isWhole(_ text: [UInt8]) -> Bool {
        let end = text.lastIndex { $0 > 32 }.map { text[...$0] } ?? []
        return end.suffix(13).elementsEqual("END:VCALENDAR".utf8)
    }

    // MARK: One object

    /// - Returns: what is to be noted when the server's version of it was read back.
    private func move(
        _ item: TurnPlan.Item, _ texts: RemoteTexts?, _ here: LocalCalendar.Content?,
        _ there: Fetched?
    ) throws(TurnFailure) -> ObjectNote? {
        let done: ObjectNote?
        do throws(ObjectFailure) {
            done = try settle(item, texts, here, there)
            failuresInARow = 0
        } catch {
            switch error {
            case .turn(let failure): throw failure
            case .postponed:
                report.postponed += 1
                try note(item.row, "it was changed meanwhile", retryAt: now)
            case .object(let reason, let isServers):
                try giveUp(on: item, reason, isServers: isServers)
            }
            return nil
        }
        guard let done, done.target == nil else { return done }
        try save(done)
        return nil
    }

    /// For now: one object never stops the others.
    private func giveUp(
        on item: TurnPlan.Item, _ reason: String, isServers: Bool
    ) throws(TurnFailure) {
        let name = item.row.name ?? item.row.href ?? ""
        report.failures.append((name, reason))
        let seconds = Int64(60) << min(item.row.failures, 8)
        try note(item.row, reason, retryAt: now + seconds + .random(in: 0...seconds / 4))
        try stored { () throws(StorageError) in
            try store.logTransfer(.update, uid: name, failure: reason)
        }
        // Whatever it is, it is not this one object.
        if isServers { failuresInARow += 1 }
        if failuresInARow >= 5 { throw .remote(.unintelligible(reason)) }
    }

    private func note(
        _ row: RemoteObjectRecord, _ reason: String, retryAt: Int64
    ) throws(TurnFailure) {
        var row = row
        row.failures = min(row.failures + 1, 1000)
        row.retryAt = retryAt
        row.reason = String(reason.prefix(500))
        try stored { () throws(StorageError) in
            try store.save(row, hrefKey: row.href.map(TurnPlan.key), texts: nil, of: pair.id)
        }
    }

    private func settle(
        _ item: TurnPlan.Item, _ texts: RemoteTexts?, _ here: LocalCalendar.Content?,
        _ there: Fetched?
    ) throws(ObjectFailure) -> ObjectNote? {
        let common = texts.flatMap(Turn.common)
        let localSide = try side(
            isAbsent: here == nil, isSame: common != nil && here?.etag == item.row.etag,
            here?.text ?? [], "here")
        let remoteSide: Side
        switch there {
        case nil where item.row.href == nil: remoteSide = .absent
        case nil: remoteSide = .same
        case .absent: remoteSide = .absent
        case .unknown(let reason): throw .object("there: \(reason)", isServers: false)
        case .present(let etag, let text):
            remoteSide = try side(
                isAbsent: false,
                isSame: common != nil && etag != nil && etag == item.row.remoteETag, text, "there")
        }
        // A calendar of events takes no to-dos: they stay here (RFC 4791 §5.2.3).
        if common == nil, case .absent = remoteSide, case .changed(let object) = localSide,
            pair.components?.contains(object.kind.name) == false
        {
            return nil
        }
        let verdict = Reconciliation(policy: policy, now: now).verdict(
            common: common, local: localSide, remote: remoteSide)
        var move = ObjectMove(self, item, texts, here, there)
        return try move.carryOut(verdict)
    }

    private static func common(_ texts: RemoteTexts) -> Reconciliation.Common? {
        guard let local = try? CalendarObject(parsing: texts.local),
            let remote = try? CalendarObject(parsing: texts.remote)
        else { return nil }
        return .init(local: local, remote: remote, isIdentical: texts.local == texts.remote)
    }

    private func side(
        isAbsent: Bool, isSame: Bool, _ text: [UInt8], _ place: String
    ) throws(ObjectFailure) -> Side {
        if isAbsent { return .absent }
        if isSame { return .same }
        do throws(ICalendarError) {
            return .changed(try CalendarObject(parsing: text))
        } catch {
            throw .object("cannot be read \(place): \(error)", isServers: false)
        }
    }
}

/// Why one object was not moved.
enum ObjectFailure: Error {
    /// Nothing further can be moved in this turn.
    case turn(TurnFailure)
    /// Somebody was first: the next turn looks again.
    case postponed
    /// - Parameter isServers: whether others may fail for the same reason.
    case object(String, isServers: Bool)

    init(_ error: RemoteError) {
        switch error {
        case .preconditionFailed: self = .postponed
        case .transport(let transport) where transport.kind == .interrupted:
            self = .object(transport.reason, isServers: true)
        case .transport(let transport) where transport.kind == .tooLarge:
            self = .object(transport.reason, isServers: false)
        case .busy(let status, nil) where status == 423 || status >= 500 && status != 503:
            self = .object("\(error)", isServers: true)
        case .unauthorized, .transport, .busy: self = .turn(.remote(error))
        case .forbidden, .refused, .uidConflict: self = .object("\(error)", isServers: false)
        case .notFound, .invalidSyncToken, .unintelligible:
            self = .object("\(error)", isServers: true)
        }
    }

    init(_ error: StorageError) {
        switch error {
        case .preconditionFailed: self = .postponed
        case .refused(let reason): self = .object(reason, isServers: false)
        case .quotaExceeded(let excess): self = .object(excess.reason, isServers: false)
        case .uidInUse(let name):
            self = .object("another object here, \(name), has its UID", isServers: false)
        case .failed(let reason): self = .object(reason, isServers: true)
        case .notFound: self = .postponed
        default: self = .turn(.storage(error))
        }
    }
}
