/// What reacts to changes of calendars after they happened, and never costs the write anything.
///
/// A follower is a sync client of our own: it has a cursor for each calendar that it watches, and a pass
/// decides what the changes after it call for, usually messages (`enqueue`), and moves the cursor, all in
/// one transaction. Wherever it is killed, it misses nothing and decides nothing twice.
///
/// Followers themselves are rows of `caldav_followers`; this says what those of a kind do.
struct FollowerKind: Sendable {
    /// As `caldav_followers.kind` has it.
    let name: String
    /// Whether there is one for the whole installation, which is made by itself and watches all calendars.
    let isSingle: Bool
    /// Changes that come one after the other, with less than `quiet` milliseconds between them, are seen as
    /// one; but none waits for longer than `patience`.
    var quiet: Int64 = 2_000
    var patience: Int64 = 15_000
    /// Decides what the changes of one calendar call for.
    ///
    /// Answers the revision up to which it has seen everything: that of the lag, or a lower one where it
    /// took a part of many changes, after which it is called again. A reset is taken whole.
    let follow: @Sendable (_ follower: Int64, FollowerLag, Store) throws(StoreFailure) -> Int64

    /// Adding one is adding it here.
    static let all: [FollowerKind] = [.federation]

    static func named(_ name: String) -> FollowerKind? { all.first { $0.name == name } }
}

/// What a follower has not seen yet of one calendar. One that was deleted has removed objects to show, and no
/// others.
struct FollowerLag: Sendable, Equatable {
    enum Cause: Sendable, Equatable {
        /// Objects changed after a revision.
        case changed(after: Int64)
        /// What changed since cannot be known (RFC 6578 §3.2's invalid token, seen from the other side):
        /// a new epoch, or removals that are forgotten. Everything is to be looked at afresh; that does not
        /// make it new to anybody.
        case reset
    }

    /// `caldav_calendars.id`
    var calendar: Int64
    /// The calendar's latest.
    var revision: Int64
    /// Nil for a calendar that was made since the follower began.
    var cursor: Int64?
    var cause: Cause
}
