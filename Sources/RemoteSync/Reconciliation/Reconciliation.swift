package import ICalendar

/// Who wins where both sides changed the same thing differently.
package enum ConflictPolicy: String, Sendable, CaseIterable {
    case crm, remote
    /// Whose LAST-MODIFIED is later; ours where nothing tells.
    case newest
}

/// One object on one side, compared with the last common version.
package enum Side {
    case absent
    case same
    case changed(CalendarObject)
}

/// What is to be done about one object: decided without looking anywhere.
package enum Verdict {
    /// Both sides say the same.
    case settled
    /// nil: that side stays as it is. An absent side is made.
    ///
    /// `loser` is a version of the remote side of which something is lost; what is lost of ours, the
    /// store keeps by itself.
    case write(local: CalendarObject?, remote: CalendarObject?, loser: CalendarObject?)
    case deleteLocal
    case deleteRemote
    /// Neither side has it any more.
    case forget
}

/// The rules by which two calendars are made equal, for one object at a time.
///
/// Three-way: what each side changed since the last common version goes to the other side. The
/// common version is kept as each side has it, so what a server leaves out or puts in for itself is
/// never taken for an edit.
package struct Reconciliation {
    /// The last common version.
    package struct Common {
        package let local: CalendarObject
        package let remote: CalendarObject
        /// Whether both texts are the same bytes: a version may then be taken over whole.
        package let isIdentical: Bool

        package init(local: CalendarObject, remote: CalendarObject, isIdentical: Bool) {
            self.local = local
            self.remote = remote
            self.isIdentical = isIdentical
        }
    }

    let policy: ConflictPolicy
    /// Seconds since 1970.
    let now: Int64

    package init(policy: ConflictPolicy, now: Int64) {
        self.policy = policy
        self.now = now
    }

    /// - Parameter common: nil where the sides have never agreed on the object.
    package func verdict(common: Common?, local: Side, remote: Side) -> Verdict {
        guard let common else { return verdict(local, remote) }
        switch (local, remote) {
        case (.same, .same): return .settled
        case (.absent, .absent): return .forget
        case (.absent, .same): return .deleteRemote
        case (.same, .absent): return .deleteLocal
        case (.changed(let local), .same): return push(local, common)
        case (.same, .changed(let remote)): return pull(remote, common)
        case (.absent, .changed(let remote)):
            if theirs(common.remote, remote).isEmpty { return .deleteRemote }
            return .write(local: remote, remote: nil, loser: nil)
        case (.changed(let local), .absent):
            if ObjectChanges(from: common.local, to: local).isEmpty { return .deleteLocal }
            return .write(
                local: nil, remote: PushedObject.protected(local, keeping: nil), loser: nil)
        case (.changed(let local), .changed(let remote)):
            return merge(
                local, ObjectChanges(from: common.local, to: local),
                remote, theirs(common.remote, remote))
        }
    }

    // MARK: Without a common version

    private func verdict(_ local: Side, _ remote: Side) -> Verdict {
        switch (local, remote) {
        case (.changed(let local), .changed(let remote)):
            if local.means(remote) { return .settled }
            // What both have is what they agree on; each has added the rest.
            guard let shared = local.shared(with: remote) else {
                return isLocalWinner(local, remote)
                    ? .write(
                        local: nil, remote: PushedObject.protected(local, keeping: remote),
                        loser: remote)
                    : .write(local: remote, remote: nil, loser: nil)
            }
            return merge(
                local, ObjectChanges(from: shared, to: local),
                remote, ObjectChanges(from: shared, to: remote))
        case (.changed(let local), _):
            return .write(
                local: nil, remote: PushedObject.protected(local, keeping: nil), loser: nil)
        case (_, .changed(let remote)):
            return .write(local: remote, remote: nil, loser: nil)
        default: return .forget
        }
    }

    // MARK: One side changed

    private func push(_ local: CalendarObject, _ common: Common) -> Verdict {
        let own = ObjectChanges(from: common.local, to: local)
        if own.isEmpty { return .settled }
        let target =
            common.isIdentical
            ? local : stamped(own.applied(to: common.remote), local, isMerged: false)
        return .write(
            local: nil, remote: PushedObject.protected(target, keeping: common.remote), loser: nil)
    }

    private func pull(_ remote: CalendarObject, _ common: Common) -> Verdict {
        let theirs = theirs(common.remote, remote)
        if theirs.isEmpty { return .settled }
        if common.isIdentical, !hasDroppedOurs(common.remote, remote) {
            return .write(local: remote, remote: nil, loser: nil)
        }
        return .write(
            local: stamped(theirs.applied(to: common.local), remote, isMerged: false), remote: nil,
            loser: nil)
    }

    /// What the other side changed. A program that writes an object without what only we know has not
    /// deleted it.
    private func theirs(_ before: CalendarObject, _ after: CalendarObject) -> ObjectChanges {
        let changes = ObjectChanges(from: before, to: after)
        guard hasDroppedOurs(before, after) else { return changes }
        return changes.ignoring { name, isRemoval in isRemoval && name.hasPrefix("X-") }
    }

    private func hasDroppedOurs(_ before: CalendarObject, _ after: CalendarObject) -> Bool {
        before.principalComponent.has("X-CRM-TASK-ID")
            && !after.principalComponent.has("X-CRM-TASK-ID")
    }

    // MARK: Both changed

    private func merge(
        _ local: CalendarObject, _ own: ObjectChanges, _ remote: CalendarObject,
        _ theirs: ObjectChanges
    ) -> Verdict {
        var (own, theirs) = (own.yieldingRemovals(to: theirs), theirs.yieldingRemovals(to: own))
        let conflicts = own.conflicts(with: theirs)
        let isLocalWinner = isLocalWinner(local, remote)
        if isLocalWinner {
            theirs = theirs.dropping(conflicts)
            own = own.imposing(conflicts)
        } else {
            own = own.dropping(conflicts)
            theirs = theirs.imposing(conflicts)
        }
        let newLocal = theirs.applied(to: local)
        let newRemote = own.applied(to: remote)
        let (writesLocal, writesRemote) = (!newLocal.means(local), !newRemote.means(remote))
        guard writesLocal || writesRemote else { return .settled }
        return .write(
            local: writesLocal ? stamped(newLocal, remote, isMerged: true) : nil,
            remote: writesRemote
                ? PushedObject.protected(
                    stamped(newRemote, local, isMerged: true), keeping: remote) : nil,
            loser: isLocalWinner && !conflicts.isEmpty ? remote : nil)
    }

    private func isLocalWinner(_ local: CalendarObject, _ remote: CalendarObject) -> Bool {
        switch policy {
        case .crm: true
        case .remote: false
        case .newest: (local.lastChange ?? .max) >= (remote.lastChange ?? .min)
        }
    }

    /// SEQUENCE never goes back, and rises where a version is new to both; so do the stamps.
    private func stamped(
        _ object: CalendarObject, _ other: CalendarObject, isMerged: Bool
    ) -> CalendarObject {
        var result = object
        let (own, theirs) = (object.principalComponent, other.principalComponent)
        let highest = max(own.sequence, theirs.sequence)
        let raised = isMerged && highest < Int(Int32.max) ? highest + 1 : highest
        let time = DateTimeValue.utc(Zone.utc.civil(at: now))
        result.updateMaster { component in
            if raised != component.sequence {
                component.set(Property("SEQUENCE", raw: String(raised)))
            }
            for name in ["DTSTAMP", "LAST-MODIFIED"] {
                if isMerged {
                    component.set(time.property(named: name))
                } else if let stamp = theirs.first(name) {
                    component.set(stamp)
                }
            }
        }
        return result
    }
}
