import CRMStore
package import CalDAV
import ICalendar
import Outgoing

/// Why a turn did not come to its end.
package enum TurnFailure: Error {
    case remote(RemoteError)
    case storage(StorageError)
    /// Somebody has to look: the pair is stopped.
    case stopped(String)
    /// Another process has its turn.
    case held
}

/// What a turn did.
package struct TurnReport: Sendable {
    package var pulled = 0
    package var pushed = 0
    package var deletedHere = 0
    package var deletedThere = 0
    package var conflicts = 0
    package var requests = 0
    /// Objects that could not be moved, with the reason.
    package var failures: [(object: String, reason: String)] = []
    /// Objects that were changed while we looked, and are looked at again.
    package var postponed = 0

    package init() {}

    package var moved: Bool { pulled + pushed + deletedHere + deletedThere > 0 }
}

/// Makes the two calendars of a pair equal, once.
///
/// Safe to be killed at any moment: a turn begins by looking at both sides, every write has its
/// condition, an object's row is written when both sides have it, and the cursors move when all is
/// done. Whatever was not noted is found again, found to be the same on both sides, and noted.
final class Turn {
    let store: Store
    let client: CalDAVClient
    let pair: RemoteRecord
    let calendar: WebAddress
    let policy: ConflictPolicy
    let local: LocalCalendar
    var report = TurnReport()
    /// Objects in a row that failed for a reason that may be the server's.
    var failuresInARow = 0
    /// Called before each piece of work; throws when the turn is no longer ours.
    let keepTurn: () throws(TurnFailure) -> Void

    /// Objects that are moved between two looks at whether the turn is still ours.
    static let pieceSize = 50
    /// Seconds after which all ETags are compared, whatever the server says has changed.
    static let comparisonInterval: Int64 = 86_400

    init(
        _ pair: RemoteRecord, of store: Store, with client: CalDAVClient,
        keepTurn: @escaping () throws(TurnFailure) -> Void
    ) throws(TurnFailure) {
        self.pair = pair
        self.store = store
        self.client = client
        self.keepTurn = keepTurn
        guard let calendar = WebAddress(pair.address) else {
            throw .stopped("\(pair.address) is no address")
        }
        guard let owner = pair.owner, let uri = pair.uri else {
            throw .stopped("our calendar is gone")
        }
        self.calendar = calendar
        policy = ConflictPolicy(rawValue: pair.policy) ?? .newest
        do throws(StorageError) {
            local = try LocalCalendar(store, owner: owner, uri: uri)
        } catch .notFound {
            throw .stopped("our calendar is gone")
        } catch {
            throw .storage(error)
        }
    }

    var now: Int64 { Clock.now }

    func run() throws(TurnFailure) -> TurnReport {
        let isComparing = pair.compared <= now - Turn.comparisonInterval
        let listing = try remote { () throws(RemoteError) in
            try client.listing(of: calendar, since: pair.cursors, full: isComparing)
        }
        let (changes, isLocalComplete) = try localChanges(full: isComparing)
        let hasRetries = try stored { () throws(StorageError) in
            try store.hasRetries(of: pair.id)
        }
        if !changes.isEmpty || !listing.present.isEmpty || !listing.gone.isEmpty
            || listing.isComplete || isLocalComplete || hasRetries
        {
            let rows = try stored { () throws(StorageError) in
                try store.remoteObjects(of: pair.id)
            }
            var plan = TurnPlan(
                rows: rows, local: changes, isLocalComplete: isLocalComplete, remote: listing,
                now: now)
            try match(&plan)
            plan.leaveWaiting()
            try guardAgainstEmptying(plan)
            try work(through: plan.items)
        }
        report.requests = client.requestCount
        let cursors = RemoteCursors(
            localRevision: local.calendar.revision, syncToken: listing.syncToken,
            ctag: listing.ctag)
        let wasCompared = listing.isComplete && isLocalComplete
        // A turn that changed nothing need not be written down more than now and then.
        if cursors != pair.cursors || report.moved || wasCompared || pair.failures > 0
            || pair.reason != nil || pair.checked < now - 30
        {
            try stored { () throws(StorageError) in
                try store.noteTurn(
                    of: pair.id, cursors, moved: report.moved, compared: wasCompared)
            }
        }
        return report
    }

    private func localChanges(
        full: Bool
    ) throws(TurnFailure) -> (changes: [String: String?], isComplete: Bool) {
        try stored { () throws(StorageError) in
            if !full, let revision = pair.cursors.localRevision, local.calendar.knows(revision) {
                if revision == local.calendar.revision { return ([:], false) }
                return (try local.changes(after: revision), false)
            }
            return (try local.listing().mapValues { .some($0) }, true)
        }
    }

    /// A server that lost its data, or a CRM whose table was emptied, must not empty the other side.
    private func guardAgainstEmptying(_ plan: TurnPlan) throws(TurnFailure) {
        guard !pair.allowsDeletions else { return }
        let paired = plan.pairedCount
        // A calendar that lists nothing, and says of nothing that it was deleted, is no answer.
        let isEmptyThere = plan.missingThere > 0 && plan.missingThere == paired
        for (gone, side, other) in [
            (plan.goneThere, "The remote calendar", "here"),
            (plan.goneHere, "Our calendar", "there"),
        ]
        where gone >= 5 && gone * 2 > paired || gone >= 3 && gone == paired
            || isEmptyThere && gone == plan.goneThere
        {
            throw .stopped(
                "\(side) lacks \(gone) of \(paired) objects. If they are to be deleted \(other) too: "
                    + "crm-caldav remote resume \(pair.id) --allow-deletions. If not, restore them first"
            )
        }
    }

    // MARK: Errors

    func remote<T>(_ body: () throws(RemoteError) -> T) throws(TurnFailure) -> T {
        do throws(RemoteError) {
            return try body()
        } catch .notFound {
            // Deleted, renamed, or no longer shared: nothing of it is taken for a deletion of objects.
            throw .stopped("the remote calendar \(calendar.text) is not there any more")
        } catch {
            throw .remote(error)
        }
    }

    func stored<T>(_ body: () throws(StorageError) -> T) throws(TurnFailure) -> T {
        do throws(StorageError) {
            return try body()
        } catch {
            throw .storage(error)
        }
    }
}
