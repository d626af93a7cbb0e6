import CRMStore
import CalDAV
import ICalendar
import Outgoing
import WebDAV

/// What is noted of an object that both sides have.
struct ObjectNote {
    var row: RemoteObjectRecord
    /// The row of the last common version.
    let before: RemoteObjectRecord
    var here: LocalCalendar.Content
    /// The remote version; one that was sent, until it is read back.
    var there: (etag: String?, text: [UInt8]) {
        didSet { row.remoteETag = there.etag }
    }
    /// Where it was sent to; nil where nothing was.
    var target: WebAddress?
    /// The ETag of the remote version that was to be replaced.
    var replaced: String?
    /// The common version that is noted already.
    var known: RemoteTexts?

    /// The row as long as nobody has seen what was sent: its common version and ETags are the old ones.
    var unseen: RemoteObjectRecord {
        var row = before
        (row.name, row.href) = (self.row.name, self.row.href)
        return row
    }

    /// Nil where it stays as it is.
    var texts: RemoteTexts? {
        known?.local == here.text && known?.remote == there.text
            ? nil : RemoteTexts(local: here.text, remote: there.text)
    }
}

/// Carries out what was decided for one object: first here, then there, then the note. Killed in
/// between, the next turn sees the same change on both sides.
struct ObjectMove {
    private let turn: Turn
    private var row: RemoteObjectRecord
    private let before: RemoteObjectRecord
    private let address: WebAddress?
    private let texts: RemoteTexts?
    /// What each side has now.
    private var here: LocalCalendar.Content?
    private var there: (etag: String?, text: [UInt8])?
    private var target: WebAddress?
    private var replaced: String?

    init(
        _ turn: Turn, _ item: TurnPlan.Item, _ texts: RemoteTexts?, _ here: LocalCalendar.Content?,
        _ there: Turn.Fetched?
    ) {
        self.turn = turn
        row = item.row
        before = item.row
        address = item.address ?? item.row.href.flatMap { turn.calendar.resolving($0) }
        self.texts = texts
        self.here = here
        switch there {
        case .present(let etag, let text): self.there = (etag, text)
        case nil where item.row.href != nil:
            self.there = texts.map { (item.row.remoteETag, $0.remote) }
        default: self.there = nil
        }
    }

    /// - Returns: what is to be noted; nil where neither side has it any more.
    mutating func carryOut(_ verdict: Verdict) throws(ObjectFailure) -> ObjectNote? {
        switch verdict {
        case .settled: return note()
        case .forget: try forget()
        case .deleteLocal:
            if let name = row.name, let here {
                try stored { () throws(StorageError) in
                    try turn.local.delete(name, ifStill: here.etag)
                }
                turn.report.deletedHere += 1
            }
            try forget()
        case .deleteRemote:
            guard let address, let etag = there?.etag ?? row.remoteETag else {
                throw .object("the server gives no ETag", isServers: false)
            }
            _ = try remote { () throws(RemoteError) in
                try turn.client.delete(address, if: .matching(etag: etag))
            }
            turn.report.deletedThere += 1
            log(.delete, row.name ?? "")
            try forget()
        case .write(let local, let remote, let loser):
            if let loser {
                turn.report.conflicts += 1
                try stored { () throws(StorageError) in
                    try turn.local.keep(
                        loser, name: row.name ?? loser.uid, from: turn.calendar.host)
                }
            }
            if let local { try writeHere(local) }
            if let remote { try writeThere(remote) }
            return note()
        }
        return nil
    }

    // MARK: Writing

    private mutating func writeHere(_ object: CalendarObject) throws(ObjectFailure) {
        let text = object.serialized()
        let name: String
        let etag: String
        if let here, let known = row.name {
            name = known
            etag = try stored { () throws(StorageError) in
                try turn.local.put(object, text: text, name: known, replacing: here.etag)
            }
        } else {
            (name, etag) = try create(object, text)
        }
        row.name = name
        here = .init(etag: etag, text: text)
        turn.report.pulled += 1
    }

    private func create(
        _ object: CalendarObject, _ text: [UInt8]
    ) throws(ObjectFailure) -> (name: String, etag: String) {
        let names =
            [row.name, address?.lastSegment].compactMap(\.self)
            .filter { $0.utf8.count <= 255 } + [ObjectMove.derivedName(object.uid)]
        var refusal: ObjectFailure = .postponed
        for name in names {
            do throws(StorageError) {
                let etag = try turn.local.put(object, text: text, name: name, replacing: nil)
                return (name, etag)
            } catch .preconditionFailed {
                refusal = .postponed
            } catch {
                throw ObjectFailure(error)
            }
        }
        throw refusal
    }

    /// A name that nobody else has chosen.
    private static func derivedName(_ uid: String) -> String {
        Digest.hex(Digest.sha256(uid).prefix(16)) + ".ics"
    }

    private mutating func writeThere(_ object: CalendarObject) throws(ObjectFailure) {
        let text = object.serialized()
        let isNew = there == nil
        let target: WebAddress
        var etag: String?
        if let there, let address {
            guard let known = there.etag else {
                throw .object("the server gives no ETag", isServers: false)
            }
            target = address
            etag = try remote { () throws(RemoteError) in
                try turn.client.put(text, at: address, if: .matching(etag: known))
            }
        } else {
            (target, etag) = try createThere(object, text)
        }
        row.href = target.path
        replaced = self.there?.etag
        self.there = (etag, text)
        self.target = target
        turn.report.pushed += 1
        log(isNew ? .create : .update, object.uid)
    }

    private func createThere(
        _ object: CalendarObject, _ text: [UInt8]
    ) throws(ObjectFailure) -> (address: WebAddress, etag: String?) {
        var name = row.name ?? ""
        if !name.lowercased().hasSuffix(".ics") { name += ".ics" }
        for name in [name, ObjectMove.derivedName(object.uid)] {
            let target = turn.calendar.member(name)
            do throws(RemoteError) {
                return (target, try turn.client.put(text, at: target, if: .isNew))
            } catch .preconditionFailed {
                // Ours of a turn that was killed, or another's: the former is matched next time.
                let present = try remote { () throws(RemoteError) in try turn.client.get(target) }
                let other = present.flatMap { try? CalendarObject(parsing: $0.text) }
                if other == nil || other?.uid == object.uid { throw .postponed }
            } catch {
                throw ObjectFailure(error)
            }
        }
        throw .postponed
    }

    // MARK: Notes

    private func note() -> ObjectNote? {
        guard let here, let there else { return nil }
        var row = row
        row.etag = here.etag
        row.remoteETag = there.etag
        row.failures = 0
        row.retryAt = 0
        row.reason = nil
        return ObjectNote(
            row: row, before: before, here: here, there: there, target: target,
            replaced: replaced, known: texts)
    }

    private func forget() throws(ObjectFailure) {
        guard row.id != 0 else { return }
        try stored { () throws(StorageError) in
            try turn.store.forget(row.id, of: turn.pair.id)
        }
    }

    private func log(_ action: Store.RemoteAction, _ uid: String) {
        // The record is for people; what it is about is done.
        try? turn.store.logTransfer(action, uid: uid, failure: nil)
    }

    private func remote<T>(_ body: () throws(RemoteError) -> T) throws(ObjectFailure) -> T {
        do throws(RemoteError) {
            return try body()
        } catch {
            throw ObjectFailure(error)
        }
    }

    private func stored<T>(_ body: () throws(StorageError) -> T) throws(ObjectFailure) -> T {
        do throws(StorageError) {
            return try body()
        } catch {
            throw ObjectFailure(error)
        }
    }
}
