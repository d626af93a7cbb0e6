/// What some clients write against the RFC: a refusal would keep a whole calendar of theirs from
/// syncing, and nobody who uses them could mend it.
struct ClientHabits: OptionSet {
    let rawValue: Int

    /// A backslash in a text is written as it is (RFC 5545 §3.3.11).
    static let bareBackslashes = ClientHabits(rawValue: 1 << 0)
    /// Overrides of instances that a series does not have any more go with it into another calendar.
    static let strayOverrides = ClientHabits(rawValue: 1 << 1)

    /// By the beginning of User-Agent, in lower case.
    private static let all: [(agent: String, habits: ClientHabits)] = [
        // Its iCalendar library (DDay.iCal) escapes everything but backslashes.
        ("caldavsynchronizer", .bareBackslashes),
        // Android keeps the exceptions of a series whose times change.
        ("davx5", .strayOverrides),
    ]
}

extension ClientHabits {
    init(userAgent: String) {
        let agent = userAgent.lowercased()
        self = ClientHabits.all.first { agent.hasPrefix($0.agent) }?.habits ?? []
    }
}
