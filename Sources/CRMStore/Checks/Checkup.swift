package import CalDAV
import MariaDB

/// Looks at everything that can be wrong with an installation, and mends what can be.
package struct Checkup {
    private let store: Store

    package init(context: StoreContext) {
        store = Store(context: context)
    }

    /// Calls `report` with what each check finds, as it is found: at least once a check.
    ///
    /// Without `repairing` nothing is changed.
    /// - Returns: whether no problem is left.
    /// - Throws: `.unavailable` where the database cannot be reached.
    package func run(
        repairing: Bool, report: (_ check: String, CheckFinding) -> Void
    ) throws(StorageError) -> Bool {
        try atTheEdge { () throws(StoreFailure) in
            try database { () throws(DatabaseError) in try store.connection.open() }
            var isClean = true
            var isSchemaComplete = true
            for check in Check.all {
                guard isSchemaComplete || !check.needsSchema else { continue }
                let findings = try findings(of: check, repairing: repairing)
                for finding in findings { report(check.name, finding) }
                if findings.isEmpty, let good = check.good { report(check.name, .good(good)) }
                if findings.contains(where: { $0.level == .problem && !$0.isRepaired }) {
                    isClean = false
                    if check.name == "schema" { isSchemaComplete = false }
                }
            }
            return isClean
        }
    }

    private func findings(
        of check: Check, repairing: Bool
    ) throws(StoreFailure) -> [CheckFinding] {
        var findings = try find(check)
        guard repairing, findings.contains(where: { $0.repair != nil }) else { return findings }
        var repaired: [CheckFinding] = []
        var failures: [CheckFinding] = []
        for var finding in findings {
            guard let repair = finding.repair else { continue }
            do throws(StoreFailure) {
                try repair(store)
                finding.isRepaired = true
                repaired.append(finding)
            } catch {
                try rethrowIfAway(error)
                failures.append(.problem("\(finding.message): \(error.reason)"))
            }
        }
        // What is still found was not mended, whatever the repair thinks.
        findings = try find(check)
        let left = Set(findings.map(\.message))
        return repaired.filter { !left.contains($0.message) }
            + failures.filter { failure in !left.contains { failure.message.hasPrefix($0) } }
            + findings
    }

    private func find(_ check: Check) throws(StoreFailure) -> [CheckFinding] {
        do throws(StoreFailure) {
            return try check.find(store)()
        } catch {
            try rethrowIfAway(error)
            return [.problem("\(check.name) cannot be looked at: \(error.reason)")]
        }
    }

    private func rethrowIfAway(_ failure: StoreFailure) throws(StoreFailure) {
        if failure.databaseError?.isUnavailable == true { throw failure }
    }
}
