import ICalendar
import RemoteSync
import Testing

/// An event with the lines, or a to-do.
private func object(_ lines: String..., kind: String = "VEVENT") throws -> CalendarObject {
    var all = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    if lines.first?.hasPrefix("BEGIN:") == true {
        all += lines.flatMap { $0.split(separator: "|").map(String.init) }
    } else {
        all +=
            ["BEGIN:\(kind)", "UID:u"] + lines.flatMap { $0.split(separator: "|").map(String.init) }
        all += ["END:\(kind)"]
    }
    all += ["END:VCALENDAR", ""]
    return try CalendarObject(parsing: Array(all.joined(separator: "\r\n").utf8))
}

private func common(
    _ local: CalendarObject, _ remote: CalendarObject? = nil
) -> Reconciliation.Common {
    let remote = remote ?? local
    return .init(
        local: local, remote: remote, isIdentical: local.serialized() == remote.serialized())
}

private func lines(_ object: CalendarObject?) -> Set<String> {
    guard let object else { return [] }
    return Set(
        String(decoding: object.serialized(), as: UTF8.self).split(whereSeparator: \.isNewline)
            .map(String.init))
}

extension Verdict {
    fileprivate var name: String {
        switch self {
        case .settled: "settled"
        case .write(let local, let remote, _):
            "write" + (local == nil ? "" : " here") + (remote == nil ? "" : " there")
        case .deleteLocal: "delete here"
        case .deleteRemote: "delete there"
        case .forget: "forget"
        }
    }

    fileprivate var written:
        (local: CalendarObject?, remote: CalendarObject?, loser: CalendarObject?)
    {
        guard case .write(let local, let remote, let loser) = self else { return (nil, nil, nil) }
        return (local, remote, loser)
    }
}

private let time = "DTSTART:20260301T090000Z|DTEND:20260301T100000Z"

@Suite("Two sides and the last common version")
struct ReconciliationTests {
    /// What happened on a side.
    enum Deed: String, CaseIterable {
        case nothing, deletes, retitles, relocates, moves, touches
    }

    private func side(_ deed: Deed, _ base: CalendarObject, _ by: String) throws -> Side {
        switch deed {
        case .nothing: .same
        case .deletes: .absent
        case .retitles: .changed(try object(time, "SUMMARY:of \(by)", "LOCATION:base"))
        case .relocates: .changed(try object(time, "SUMMARY:base", "LOCATION:of \(by)"))
        case .moves:
            .changed(
                try object(
                    by == "crm"
                        ? "DTSTART:20260302T090000Z|DTEND:20260302T100000Z"
                        : "DTSTART:20260303T090000Z|DTEND:20260303T100000Z",
                    "SUMMARY:base", "LOCATION:base"))
        case .touches: .changed(try object(time, "SUMMARY:base", "LOCATION:base", "SEQUENCE:7"))
        }
    }

    /// Rows: what we did; columns: what the other side did.
    static let table: [(Deed, [Deed: String])] = [
        (
            .nothing,
            [
                .nothing: "settled", .deletes: "delete here", .retitles: "write here",
                .relocates: "write here", .moves: "write here", .touches: "settled",
            ]
        ),
        (
            .deletes,
            [
                .nothing: "delete there", .deletes: "forget", .retitles: "write here",
                .relocates: "write here", .moves: "write here", .touches: "delete there",
            ]
        ),
        (
            .retitles,
            [
                .nothing: "write there", .deletes: "write there", .retitles: "conflict",
                .relocates: "write here there", .moves: "write here there",
                .touches: "write there",
            ]
        ),
        (
            .relocates,
            [
                .nothing: "write there", .deletes: "write there", .retitles: "write here there",
                .relocates: "conflict", .moves: "write here there", .touches: "write there",
            ]
        ),
        (
            .moves,
            [
                .nothing: "write there", .deletes: "write there", .retitles: "write here there",
                .relocates: "write here there", .moves: "conflict", .touches: "write there",
            ]
        ),
        (
            .touches,
            [
                .nothing: "settled", .deletes: "delete here", .retitles: "write here",
                .relocates: "write here", .moves: "write here", .touches: "settled",
            ]
        ),
    ]

    @Test("every pair of deeds, under every policy", arguments: ConflictPolicy.allCases)
    func table(policy: ConflictPolicy) throws {
        let base = try object(time, "SUMMARY:base", "LOCATION:base")
        for (ours, row) in ReconciliationTests.table {
            for (theirs, expected) in row {
                let verdict = Reconciliation(policy: policy, now: 0).verdict(
                    common: common(base), local: try side(ours, base, "crm"),
                    remote: try side(theirs, base, "remote"))
                // Without LAST-MODIFIED, the newest is ours.
                let winner = policy == .remote ? "write here" : "write there"
                let name = expected == "conflict" ? winner : expected
                #expect(verdict.name == name, "\(ours) and \(theirs), \(policy)")
                if policy != .remote, expected == "conflict" {
                    #expect(verdict.written.loser != nil, "\(ours) and \(theirs)")
                }
            }
        }
    }

    @Test("what each side changed is on both afterwards")
    func bothChanges() throws {
        let base = try object(time, "SUMMARY:base", "LOCATION:base")
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base),
            local: .changed(try object(time, "SUMMARY:ours", "LOCATION:base", "SEQUENCE:3")),
            remote: .changed(try object(time, "SUMMARY:base", "LOCATION:theirs", "SEQUENCE:5")))
        for written in [verdict.written.local, verdict.written.remote] {
            #expect(
                lines(written).isSuperset(of: ["SUMMARY:ours", "LOCATION:theirs", "SEQUENCE:6"]))
        }
        #expect(verdict.written.loser == nil)
    }

    @Test("the later LAST-MODIFIED wins", arguments: [true, false])
    func newest(isOurs: Bool) throws {
        let base = try object(time, "SUMMARY:base")
        let early = "LAST-MODIFIED:20260101T000000Z"
        let late = "LAST-MODIFIED:20260101T000001Z"
        let verdict = Reconciliation(policy: .newest, now: 0).verdict(
            common: common(base),
            local: .changed(try object(time, "SUMMARY:ours", isOurs ? late : early)),
            remote: .changed(try object(time, "SUMMARY:theirs", isOurs ? early : late)))
        let written = isOurs ? verdict.written.remote : verdict.written.local
        #expect(lines(written).contains(isOurs ? "SUMMARY:ours" : "SUMMARY:theirs"))
    }

    @Test("a lost conflict over the time takes start and end of the same side")
    func timesStayTogether() throws {
        let base = try object(time, "SUMMARY:base")
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base),
            local: .changed(
                try object("DTSTART:20260301T090000Z|DTEND:20260301T120000Z", "SUMMARY:base")),
            remote: .changed(
                try object("DTSTART:20260305T090000Z|DTEND:20260305T100000Z", "SUMMARY:base")))
        #expect(verdict.name == "write there")
        let written = lines(verdict.written.remote)
        #expect(written.isSuperset(of: ["DTSTART:20260301T090000Z", "DTEND:20260301T120000Z"]))
    }

    @Test("exceptions of both sides are kept")
    func exceptionsOfBoth() throws {
        let rule = "RRULE:FREQ=DAILY;COUNT=9"
        let base = try object(time, rule)
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base),
            local: .changed(try object(time, rule, "EXDATE:20260302T090000Z")),
            remote: .changed(try object(time, rule, "EXDATE:20260303T090000Z")))
        for written in [verdict.written.local, verdict.written.remote] {
            #expect(
                lines(written).isSuperset(of: [
                    "EXDATE:20260302T090000Z", "EXDATE:20260303T090000Z",
                ]))
        }
    }

    private func series(
        _ title: String?, rule: String = "RRULE:FREQ=DAILY;COUNT=9", extra: String = ""
    )
        throws -> CalendarObject
    {
        var parts = ["BEGIN:VEVENT|UID:u|\(time)|\(rule)\(extra)|SUMMARY:all|END:VEVENT"]
        if let title {
            parts.append(
                "BEGIN:VEVENT|UID:u|RECURRENCE-ID:20260302T090000Z|DTSTART:20260302T110000Z|"
                    + "DTEND:20260302T120000Z|SUMMARY:\(title)|END:VEVENT")
        }
        return parts.count == 1 ? try object(parts[0]) : try object(parts[0], parts[1])
    }

    @Test("changes of different instances are no conflict")
    func instances() throws {
        let base = try series("one")
        var local = base
        local.updateMaster { $0.set(Property("SUMMARY", text: "all ours")) }
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base), local: .changed(local), remote: .changed(try series("theirs")))
        #expect(
            lines(verdict.written.local).isSuperset(of: ["SUMMARY:all ours", "SUMMARY:theirs"]))
        #expect(
            lines(verdict.written.remote).isSuperset(of: ["SUMMARY:all ours", "SUMMARY:theirs"]))
    }

    @Test(
        "an instance that one side deletes and the other changes stays", arguments: [true, false])
    func instanceChangeOutweighsDeletion(deletesHere: Bool) throws {
        let base = try series("one")
        let deleted = try series(nil, extra: "|EXDATE:20260302T090000Z")
        let changed = try series("changed")
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base), local: .changed(deletesHere ? deleted : changed),
            remote: .changed(deletesHere ? changed : deleted))
        let written = lines(deletesHere ? verdict.written.local : verdict.written.remote)
        #expect(written.contains("SUMMARY:changed"))
        let kept = deletesHere ? verdict.written.remote : verdict.written.local
        #expect(!lines(kept).contains("EXDATE:20260302T090000Z"))
    }

    @Test("what the server left out is not deleted here, what it put in stays there")
    func serversOwnVersion() throws {
        let local = try object(time, "SUMMARY:base", "X-CRM-NOTES:secret", "X-CRM-TASK-ID:1")
        let remote = try object(time, "SUMMARY:base", "X-SERVER:put in")
        let pulled = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(local, remote), local: .same,
            remote: .changed(try object(time, "SUMMARY:theirs", "X-SERVER:put in")))
        #expect(
            lines(pulled.written.local).isSuperset(of: ["SUMMARY:theirs", "X-CRM-NOTES:secret"]))
        #expect(!lines(pulled.written.local).contains("X-SERVER:put in"))
        let pushed = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(local, remote),
            local: .changed(
                try object(time, "SUMMARY:ours", "X-CRM-NOTES:secret", "X-CRM-TASK-ID:1")),
            remote: .same)
        #expect(lines(pushed.written.remote).isSuperset(of: ["SUMMARY:ours", "X-SERVER:put in"]))
        #expect(!lines(pushed.written.remote).contains("X-CRM-NOTES:secret"))
    }

    @Test("a program that drops what only we know has not deleted it")
    func droppedProperties() throws {
        let base = try object(time, "SUMMARY:base", "X-CRM-NOTES:n", "X-CRM-TASK-ID:1")
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base), local: .same,
            remote: .changed(try object(time, "SUMMARY:theirs")))
        #expect(
            lines(verdict.written.local)
                .isSuperset(of: ["SUMMARY:theirs", "X-CRM-NOTES:n", "X-CRM-TASK-ID:1"]))
    }

    @Test("an order of properties and parameters is no change")
    func order() throws {
        let base = try object(time, "ATTENDEE;CN=A;ROLE=CHAIR:mailto:a@x", "SUMMARY:s")
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base), local: .same,
            remote: .changed(try object("SUMMARY:s", "ATTENDEE;ROLE=CHAIR;CN=A:mailto:a@x", time)))
        #expect(verdict.name == "settled")
    }
}

@Suite("Two calendars that were filled before")
struct FirstPairingTests {
    @Test("the same object on both sides is left alone")
    func same() throws {
        let verdict = Reconciliation(policy: .newest, now: 0).verdict(
            common: nil, local: .changed(try object(time, "SUMMARY:s", "SEQUENCE:1")),
            remote: .changed(try object("SUMMARY:s", time)))
        #expect(verdict.name == "settled")
    }

    @Test("what only one side says is added to the other")
    func union() throws {
        let verdict = Reconciliation(policy: .newest, now: 0).verdict(
            common: nil, local: .changed(try object(time, "SUMMARY:s", "LOCATION:here")),
            remote: .changed(try object(time, "SUMMARY:s", "DESCRIPTION:there")))
        #expect(
            lines(verdict.written.local).isSuperset(of: ["LOCATION:here", "DESCRIPTION:there"]))
        #expect(
            lines(verdict.written.remote).isSuperset(of: ["LOCATION:here", "DESCRIPTION:there"]))
        #expect(verdict.written.loser == nil)
    }

    @Test("what both say differently is decided by the policy", arguments: ConflictPolicy.allCases)
    func policies(policy: ConflictPolicy) throws {
        let verdict = Reconciliation(policy: policy, now: 0).verdict(
            common: nil, local: .changed(try object(time, "SUMMARY:ours")),
            remote: .changed(try object(time, "SUMMARY:theirs")))
        let winner = policy == .remote ? "SUMMARY:theirs" : "SUMMARY:ours"
        let written = policy == .remote ? verdict.written.local : verdict.written.remote
        #expect(lines(written).contains(winner))
    }
}

@Suite("No invitation because of us, RFC 6638 §7.1")
struct OutgoingTests {
    private let meeting = "ORGANIZER:mailto:o@x|ATTENDEE;CN=A;SCHEDULE-AGENT=NONE:mailto:a@x"

    @Test("whom we bring is the client's to invite")
    func broughtByUs() throws {
        let verdict = Reconciliation(policy: .crm, now: 0).verdict(
            common: nil, local: .changed(try object(time, meeting)), remote: .absent)
        #expect(
            lines(verdict.written.remote).isSuperset(of: [
                "ORGANIZER;SCHEDULE-AGENT=CLIENT:mailto:o@x",
                "ATTENDEE;CN=A;SCHEDULE-AGENT=CLIENT:mailto:a@x",
            ]))
    }

    @Test("that is no edit when it comes back, and comes into no version of ours")
    func notAnEdit() throws {
        let local = try object(time, "SUMMARY:s", meeting)
        let remote = try #require(
            Reconciliation(policy: .crm, now: 0).verdict(
                common: nil, local: .changed(local), remote: .absent
            ).written.remote)
        let rule = Reconciliation(policy: .crm, now: 0)
        #expect(
            rule.verdict(common: common(local, remote), local: .same, remote: .changed(remote)).name
                == "settled")
        var edited = remote
        edited.updateMaster { component in
            component.set(Property("SUMMARY", text: "theirs"))
            component.mapProperties { property in
                guard property.isNamed("ATTENDEE") else { return property }
                var property = property
                property.setParameter("PARTSTAT", to: "ACCEPTED")
                return property
            }
        }
        let pulled = rule.verdict(
            common: common(local, remote), local: .same, remote: .changed(edited)
        ).written.local
        #expect(
            lines(pulled).isSuperset(of: [
                "SUMMARY:theirs", "ORGANIZER:mailto:o@x",
                "ATTENDEE;CN=A;SCHEDULE-AGENT=NONE;PARTSTAT=ACCEPTED:mailto:a@x",
            ])
                || lines(pulled).isSuperset(of: [
                    "SUMMARY:theirs", "ORGANIZER:mailto:o@x",
                    "ATTENDEE;CN=A;PARTSTAT=ACCEPTED;SCHEDULE-AGENT=NONE:mailto:a@x",
                ]))
    }

    @Test(
        "whom the server invites itself stays the server's: they would be told they are not wanted")
    func serversOwnMeeting() throws {
        let base = try object(time, "SUMMARY:s", "ORGANIZER:mailto:o@x", "ATTENDEE:mailto:a@x")
        let pushed = Reconciliation(policy: .crm, now: 0).verdict(
            common: common(base),
            local: .changed(
                try object(
                    time, "SUMMARY:ours", "ORGANIZER:mailto:o@x", "ATTENDEE:mailto:a@x",
                    "ATTENDEE:mailto:b@x")),
            remote: .same
        ).written.remote
        #expect(
            lines(pushed).isSuperset(of: [
                "ORGANIZER:mailto:o@x", "ATTENDEE:mailto:a@x",
                "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:b@x",
            ]))
    }
}
